#include "server/info_writer.h"

#include <gtest/gtest.h>

namespace kvorum {
namespace {

TEST(InfoWriter, SectionsAndLines) {
  std::string text;
  InfoWriter info(text);
  info.Section("Server");
  info.Line("name", "value");
  info.Line("unsigned", UINT64_MAX);
  info.Line("signed", INT64_MIN);
  info.Line("int", -1);
  info.Section("Memory");
  info.Fraction("ratio", 1.005, 1);
  info.Fraction("percent", 99.999, 2, "%");
  EXPECT_EQ(text,
            "# Server\r\nname:value\r\nunsigned:18446744073709551615\r\nsigned:-9223372036854775808\r\nint:-1\r\n"
            "\r\n# Memory\r\nratio:1.0\r\npercent:100.00%\r\n");
}

}  // namespace
}  // namespace kvorum
