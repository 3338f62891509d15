#include "server/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace kvorum {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    char name[] = "/tmp/kvorum-log-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~LogTest() override {
    std::string error;
    EXPECT_TRUE(SetLog(LogLevel::kNotice, "", &error)) << error;
    std::filesystem::remove_all(folder_);
  }
  void LogTo(const std::string& name, LogLevel level) {
    std::string error;
    ASSERT_TRUE(SetLog(level, folder_ + "/" + name, &error)) << error;
  }
  std::vector<std::string> Lines(const std::string& name) {
    std::ifstream file(folder_ + "/" + name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  std::string folder_;
};

TEST_F(LogTest, LinesLookAsInRedis) {
  LogTo("log", LogLevel::kDebug);
  Log(LogLevel::kDebug, "a");
  Log(LogLevel::kVerbose, "b");
  Log(LogLevel::kNotice, "c");
  Log(LogLevel::kWarning, "d");
  Log(LogLevel::kNothing, "never");
  LogRaw("as it is\n");
  const std::vector<std::string> lines = Lines("log");
  ASSERT_EQ(lines.size(), 5u);
  const std::string head = std::to_string(getpid()) + ":M [0-9]+ [A-Za-z.]+ [0-9]+ [0-9]+:[0-9]+:[0-9]+\\.[0-9]+ ";
  EXPECT_THAT(lines[0], MatchesRegex(head + "\\. a"));
  EXPECT_THAT(lines[1], MatchesRegex(head + "- b"));
  EXPECT_THAT(lines[2], MatchesRegex(head + "\\* c"));
  EXPECT_THAT(lines[3], MatchesRegex(head + "# d"));
  EXPECT_EQ(lines[4], "as it is");
}

TEST_F(LogTest, BelowTheLevelNothingIsWritten) {
  LogTo("log", LogLevel::kNotice);
  Log(LogLevel::kVerbose, "no");
  EXPECT_FALSE(Logs(LogLevel::kVerbose));
  SetLogLevel(LogLevel::kVerbose);
  Log(LogLevel::kVerbose, "yes");
  SetLogLevel(LogLevel::kNothing);
  Log(LogLevel::kWarning, "no");
  ASSERT_EQ(Lines("log").size(), 1u);
}

TEST_F(LogTest, TheFileMayBeMovedAway) {
  LogTo("log", LogLevel::kNotice);
  Log(LogLevel::kNotice, "first");
  std::filesystem::rename(folder_ + "/log", folder_ + "/log.1");
  Log(LogLevel::kNotice, "second");
  ASSERT_EQ(Lines("log.1").size(), 1u);
  ASSERT_EQ(Lines("log").size(), 1u);
  EXPECT_THAT(Lines("log")[0], HasSubstr("second"));
}

TEST_F(LogTest, AFileThatCannotBeOpened) {
  std::string error;
  EXPECT_FALSE(SetLog(LogLevel::kNotice, folder_ + "/none/log", &error));
  EXPECT_EQ(error, "Can't open the log file: No such file or directory");
  // If it goes later, the server goes on.
  LogTo("log", LogLevel::kNotice);
  std::filesystem::remove_all(folder_);
  Log(LogLevel::kWarning, "to nobody");
}

TEST_F(LogTest, LinesOfSeveralThreadsStayWhole) {
  constexpr int kLines = 200;
  LogTo("log", LogLevel::kNotice);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int line = 0; line < kLines; ++line) Log(LogLevel::kNotice, std::string(300, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = Lines("log");
  ASSERT_EQ(lines.size(), 4u * kLines);
  for (const std::string& line : lines) EXPECT_THAT(line, ::testing::EndsWith(" * " + std::string(300, 'x')));
}

}  // namespace
}  // namespace kvorum
