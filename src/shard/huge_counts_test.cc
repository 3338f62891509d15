// Counts at the ends of what fits into 64 bits: those that are refused, and those that are allowed although nothing could hold
// what they ask for.
#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

constexpr std::string_view kLowest = "-9223372036854775808";
constexpr std::string_view kHighest = "9223372036854775807";

class HugeCounts : public testing::Test {
 protected:
  HugeCounts() {
    Run("SADD s 1 2 3");
    Run("HSET h a 1 b 2");
    Run("ZADD z 1 a 2 b");
    Run("RPUSH l a b c");
  }
  std::string Run(std::string_view line) { return shard_.Run(line); }
  // With {} in the place of the count.
  static std::string With(std::string_view line, std::string_view count) {
    std::string text(line);
    return text.replace(text.find("{}"), 2, count);
  }

  TestShard shard_;
};

TEST_F(HugeCounts, OneIsOutOfRange) {
  for (const char* line : {"SRANDMEMBER s {}", "HRANDFIELD h {}", "ZRANDMEMBER z {}", "SRANDMEMBER none {}",
                           "HRANDFIELD h {} WITHVALUES", "ZRANDMEMBER none {} WITHSCORES"}) {
    EXPECT_EQ(Run(With(line, kLowest)),
              "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
        << line;
    EXPECT_EQ(Run(With(line, "9223372036854775808")), "-ERR value is not an integer or out of range") << line;
  }
}

// With values or scores each counts twice.
TEST_F(HugeCounts, PairsHalveTheRange) {
  for (const char* line :
       {"HRANDFIELD h {} WITHVALUES", "ZRANDMEMBER z {} WITHSCORES", "HRANDFIELD none {} WITHVALUES"}) {
    for (std::string_view count :
         {kHighest, std::string_view("4611686018427387904"), std::string_view("-4611686018427387904"),
          std::string_view("-9223372036854775807")}) {
      EXPECT_EQ(Run(With(line, count)), "-ERR value is out of range") << line << " " << count;
    }
  }
  EXPECT_EQ(Run("HRANDFIELD none 4611686018427387903 WITHVALUES"), "[]");
}

TEST_F(HugeCounts, MoreThanThereAreIsAll) {
  EXPECT_EQ(Run(With("SRANDMEMBER s {}", kHighest)), "[1, 2, 3]");
  EXPECT_EQ(Run(With("HRANDFIELD h {}", kHighest)), "[a, b]");
  EXPECT_EQ(Run(With("ZRANDMEMBER z {}", kHighest)), "[a, b]");
  EXPECT_EQ(Run("SRANDMEMBER none -9223372036854775807"), "[]");
  EXPECT_EQ(Run(With("LREM l {} a", kLowest)), "1");
  EXPECT_EQ(Run(With("LPOP l {}", kHighest)), "[b, c]");
  EXPECT_EQ(Run(With("ZPOPMIN z {}", kHighest)), "[a, 1, b, 2]");
  EXPECT_EQ(Run(With("SPOP s {}", kHighest)), "[1, 2, 3]");
  EXPECT_EQ(Run("EXISTS l z s"), "0");
}

TEST_F(HugeCounts, NegativePopsAreRefused) {
  for (const char* line : {"LPOP l {}", "RPOP none {}", "SPOP s {}", "ZPOPMIN z {}", "ZPOPMAX none {}"}) {
    EXPECT_EQ(Run(With(line, kLowest)), "-ERR value is out of range, must be positive") << line;
    EXPECT_EQ(Run(With(line, "-1")), "-ERR value is out of range, must be positive") << line;
  }
}

// Negative counts repeat members, so such a reply has no end: it is given up once its session has to be closed for it.
TEST_F(HugeCounts, RepliesWithoutEndEndTheirSession) {
  shard_.settings().normal_output_limit.hard_bytes = 1 << 20;
  for (const char* line :
       {"SRANDMEMBER s -9223372036854775807", "HRANDFIELD h -9223372036854775807", "ZRANDMEMBER z -9223372036854775807",
        "HRANDFIELD h -4611686018427387903 WITHVALUES", "ZRANDMEMBER z -4611686018427387903 WITHSCORES"}) {
    TestSession& session = shard_.NewSession();
    shard_.Start(session, line);
    EXPECT_TRUE(session.close_now) << line;
    EXPECT_EQ(session.TakeRaw(), "") << line;
    EXPECT_LT(session.output.memory_bytes(), size_t{1} << 20) << line;
  }
  EXPECT_EQ(Run("PING"), "PONG");
}

}  // namespace
}  // namespace kvorum
