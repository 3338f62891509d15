#include "server/digest.h"

#include <gtest/gtest.h>

#include "os/clock.h"
#include "protocol/request.h"
#include "server/config.h"
#include "server/server.h"

namespace kvorum {
namespace {

class SilentSession final : public Session {
 public:
  void Wake() override {}
};

std::string DigestAfter(const std::vector<std::string_view>& lines, const KeyspaceSettings& keyspace_settings = {}) {
  Settings settings;
  settings.keyspace = keyspace_settings;
  ManualClock clock(1700000000000000);
  Server server(settings.server, settings.shard, settings.keyspace, clock);
  Shard& shard = server.shard();
  SilentSession session;
  shard.Add(session);
  for (std::string_view line : lines) {
    std::vector<std::string> words;
    EXPECT_TRUE(SplitArguments(line, &words));
    const std::vector<std::string_view> args(words.begin(), words.end());
    shard.BeginTurn();
    shard.Execute(session, shard.commands().Find(args), args, 0);
    shard.EndTurn();
  }
  shard.Remove(session);
  return DigestOf(shard.keyspace()).Text();
}

TEST(Digest, OfNothing) { EXPECT_EQ(DigestAfter({}), std::string(40, '0')); }

TEST(Digest, IsOfTheDataAlone) {
  const std::string expected =
      DigestAfter({"SET s 12", "RPUSH l a b", "SADD m 1 2 x", "HSET h f v g w", "ZADD z 1 a 2 b"});
  EXPECT_EQ(expected.size(), 40u);
  EXPECT_EQ(DigestAfter({"ZADD z 2 b", "ZADD z 1 a", "HSET h g w", "HSET h f v", "SADD m x 2", "SADD m 1", "RPUSH l b",
                         "LPUSH l a", "SET s 1", "APPEND s 2", "SET gone 1", "DEL gone"}),
            expected)
      << "not of the order in which it came";
  KeyspaceSettings small;
  small.hash_max_listpack_entries = small.set_max_intset_entries = small.set_max_listpack_entries = 0;
  small.zset_max_listpack_entries = 0;
  small.list_max_listpack_size = 1;
  EXPECT_EQ(DigestAfter({"SET s 12", "RPUSH l a b", "SADD m 1 2 x", "HSET h f v g w", "ZADD z 1 a 2 b"}, small),
            expected)
      << "nor of the form in which it is held";
}

TEST(Digest, TellsWhatDiffers) {
  const std::string_view lines[][2] = {{"SET k v", "SET k w"},
                                       {"SET k v", "SET l v"},
                                       {"SET k v", "SET k v PXAT 1767225700000"},
                                       {"RPUSH k a b", "RPUSH k b a"},
                                       {"RPUSH k a b", "RPUSH k ab"},
                                       {"SADD k a", "RPUSH k a"},
                                       {"ZADD k 1 a", "ZADD k 2 a"},
                                       {"HSET k f v", "HSET k fv ''"},
                                       {"SET k ''", "SET '' k"},
                                       {"SET k v PX 5000", "SET k v PX 5001"}};
  for (const auto& [one, other] : lines) EXPECT_NE(DigestAfter({one}), DigestAfter({other})) << one << " / " << other;
  EXPECT_NE(DigestAfter({"SET k v"}), DigestAfter({"SELECT 1", "SET k v"}));
  EXPECT_NE(DigestAfter({"SET k v"}), DigestAfter({"SET k v", "SELECT 1", "SET k v"}));
}

}  // namespace
}  // namespace kvorum
