// Any commands by any sessions: each gets a well-formed reply or waits, the structures stay valid, and the effects make the same
// values on a second shard.
//
// The input is lines. "1 SET a 1": session 1 says that, with redis-cli's quoting; there are four sessions. "+250": that many
// milliseconds pass. "~": from now on collections leave their packed forms early.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "shard/test_harness.h"

using namespace kvorum;

namespace {

constexpr size_t kSessions = 4;
constexpr int64_t kLongestStringBytes = 1 << 16;
// A random member so often that the reply outgrows the fuzzer's memory is what was asked for.
constexpr int64_t kMostRandomMembers = 1000;

class Driver {
 public:
  Driver() {
    shard_.keyspace_settings().proto_max_bulk_len = kLongestStringBytes;
    shard_.settings().notify_keyspace_events = 0;
    sessions_[0] = &shard_.session();
    for (size_t i = 1; i < kSessions; ++i) sessions_[i] = &shard_.NewSession();
  }

  void Line(std::string_view line) {
    if (line.starts_with('+')) {
      int64_t ms;
      if (ParseInt64(line.substr(1), &ms) && ms >= 0 && ms <= int64_t{1} << 40) shard_.Advance(ms);
    } else if (line.starts_with('~')) {
      SetSmallLimits();
    } else if (!line.empty()) {
      std::vector<std::string> words;
      if (!SplitArguments(line.substr(1), &words) || words.empty() || AsksForTooMuch(words)) return;
      Say(*sessions_[static_cast<unsigned char>(line[0]) % kSessions], words);
    }
    // Throws out what is not protocol.
    for (TestSession* session : sessions_) (void)session->Take();
  }

 private:
  void SetSmallLimits() {
    KeyspaceSettings& settings = shard_.keyspace_settings();
    settings.hash_max_listpack_entries = 3;
    settings.hash_max_listpack_value = 8;
    settings.set_max_intset_entries = 3;
    settings.set_max_listpack_entries = 4;
    settings.set_max_listpack_value = 8;
    settings.zset_max_listpack_entries = 3;
    settings.zset_max_listpack_value = 8;
    settings.list_max_listpack_size = 3;
  }

  static bool AsksForTooMuch(const std::vector<std::string>& words) {
    int64_t count;
    return words.size() >= 3 && words[0].size() > 8 && ParseInt64(words[2], &count) && count < -kMostRandomMembers;
  }

  // As the server does it with a request.
  void Say(TestSession& session, const std::vector<std::string>& words) {
    if (session.blocked != BlockReason::kNone || session.close_now || session.close_after_reply) return;
    Shard& shard = shard_.shard();
    const std::vector<std::string_view> args(words.begin(), words.end());
    const Command* command = shard.commands().Find(args);
    uint64_t key_hash = 0;
    shard.BeginTurn();
    if (command != nullptr && command->first_key != 0 && command->first_key < args.size()) {
      key_hash = HashBytes(args[command->first_key]);
      shard.PrefetchBucket(session, key_hash);
      shard.PrefetchEntry(session, key_hash);
      if (command->warm_up != nullptr) shard.StartWarmup(session, *command, args, key_hash);
      shard.RunWarmups();
    }
    shard.Execute(session, command, args, key_hash);
    shard.RunTimers();
    shard.EndTurn();
  }

  TestShard shard_;
  std::array<TestSession*, kSessions> sessions_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // What the harness expects and does not find is a crash.
  GTEST_FLAG_SET(break_on_failure, true);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Driver driver;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    driver.Line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
