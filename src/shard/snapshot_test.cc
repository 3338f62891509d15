#include "shard/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "journal/names.h"
#include "os/clock.h"
#include "os/fake_disk.h"
#include "os/worker.h"
#include "shard/snapshot_load.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

using State = std::vector<std::map<std::string, std::string>>;

// All that a snapshot must keep, but for the entries' clocks; all that effects must make, if encodings are left out: a SETBIT that changes
// no bit makes a string raw, a LINSERT that finds no pivot a list large, and they have no effect, as in Redis. A list is packed by loading
// where it fits, as in Redis too.
State StateOf(Keyspace& keyspace, bool with_encodings = true) {
  State state;
  for (int i = 0; i < keyspace.size(); ++i) {
    std::map<std::string, std::string>& contents = state.emplace_back();
    keyspace.database(i).Validate();
    keyspace.database(i).ForEach([&](const Entry* entry) {
      char digits[kIntegerTextBytes];
      const bool with_encoding = with_encodings && entry->type() != ObjectType::kList;
      std::string text(with_encoding ? entry->encoding_name() : TypeName(entry->type()));
      text += ' ';
      text += entry->is_string() ? std::string(entry->Text(digits)) : entry->object()->CanonicalText();
      text += " deadline " + std::to_string(entry->deadline_ms());
      contents[std::string(entry->key())] = text;
    });
  }
  return state;
}

// What differs, short enough to read.
void ExpectSame(const State& expected, const State& found) {
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    for (const auto& [key, text] : expected[i]) {
      const auto other = found[i].find(key);
      ASSERT_TRUE(other != found[i].end()) << "db " << i << " lacks " << key;
      ASSERT_EQ(text.substr(0, 300), other->second.substr(0, 300)) << "db " << i << " key " << key;
      ASSERT_TRUE(text == other->second) << "db " << i << " key " << key;
    }
    for (const auto& [key, text] : found[i]) {
      ASSERT_TRUE(expected[i].contains(key)) << "db " << i << " has " << key << ": " << text.substr(0, 300);
    }
  }
}

// A shard with a snapshot that is written to a disk in memory, by a worker that works when told.
class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    (void)disk_.CreateFolder("data");
    parts_.keyspace = &test_.shard().keyspace();
    parts_.clock = &test_.clock();
    parts_.files = &disk_;
    parts_.worker = &worker_;
    parts_.run_worker = [this] {
      if (!worker_.RunOne()) ADD_FAILURE() << "waits for a worker that has nothing to do";
    };
  }

  void Begin(Snapshot& snapshot) {
    FileError error = snapshot.Begin("data", {.index = ++index_, .databases = 16});
    ASSERT_FALSE(error) << error.text();
  }
  std::string Path() const { return JoinPath("data", SnapshotName(index_)); }
  void ExpectLoads(const State& expected) {
    KeyspaceSettings settings;
    Keyspace keyspace(16, &settings);
    SnapshotLoadProgress progress;
    StorageError error = LoadSnapshot(disk_, Path(), nullptr, keyspace, {}, &progress);
    ASSERT_FALSE(error) << error.text();
    EXPECT_EQ(progress.keys, progress.announced_keys);
    ExpectSame(expected, StateOf(keyspace));
  }
  void ExpectGood(Snapshot& snapshot) {
    ASSERT_TRUE(snapshot.idle());
    const std::optional<SnapshotOutcome> outcome = snapshot.TakeOutcome();
    ASSERT_TRUE(outcome.has_value());
    ASSERT_TRUE(outcome->good) << outcome->error;
    EXPECT_EQ(outcome->path, Path());
  }
  Keyspace& keyspace() { return test_.shard().keyspace(); }

  TestShard test_;
  FakeDisk disk_{1};
  ManualWorker worker_;
  Snapshot::Parts parts_{};
  uint64_t index_ = 0;
};

TEST_F(SnapshotTest, KeepsEveryTypeAndForm) {
  TestShard& t = test_;
  t.Run("SET inline hello");
  t.Run("SET empty ''");
  t.Run("SET integer -12345");
  t.Run("SET " + std::string(254, 'k') + " short");
  t.Run("SET " + std::string(255, 'k') + " long");
  t.Run("SET " + std::string(70000, 'k') + " 17 PX 100000");
  t.Run("APPEND raw 12");
  t.Run("SET big " + std::string(300000, 'b'));
  t.Run("SETRANGE sparse 1000000 x");
  t.Run("SET dead x PX 1000");
  t.Run("SET '' key");
  t.Run("RPUSH list a 1 b -70000");
  t.Run("SADD ints 1 2 3");
  t.Run("SADD ints32 1 100000 -5");
  t.Run("SADD ints64 1 10000000000 -5");
  t.Run("SADD packed a b 3");
  t.Run("HSET hash f v g 12");
  t.Run("ZADD zset 1 a 1.5 b -inf c inf d");
  for (int i = 0; i < 3000; ++i) {
    const std::string n = std::to_string(i);
    t.Run("RPUSH longlist element" + n + " " + n);
    t.Run("SADD table member" + n);
    t.Run("HSET fields field" + n + " value" + n);
    t.Run("ZADD scores " + std::to_string((i * 7919) % 3000 / 3.0) + " member" + n);
  }
  t.Run({"JSON.SET", "scalar", "$", "-0.0"});
  t.Run({"JSON.SET", "json", "$",
         "{\"a\":[1,-9223372036854775808,0.1,0.30000000000000004,null,true,false,[],{}],\"\":{}}"});
  t.Run({"JSON.SET", "longjson", "$",
         "{\"" + std::string(40000, 'n') + "\":\"" + std::string(300000, 'j') + "\",\"s\":\"" +
             std::string(20000, 's') + "\"}"});
  t.Run("JSON.SET manyjson $ [{}]");
  for (int i = 0; i < 3000; ++i) {
    t.Run({"JSON.SET", "manyjson", "$[0].member" + std::to_string(i),
           "{\"a\":" + std::to_string(i) + ",\"text\":\"of some length\"}"});
  }
  t.Run("HSET hugefield f " + std::string(400000, 'f') + " " + std::string(300000, 'g') + " h");
  t.Run("DEBUG QUICKLIST-PACKED-THRESHOLD 200b");
  t.keyspace_settings().list_plain_threshold = 100;
  t.Run("RPUSH plain a " + std::string(500, 'p') + " b " + std::string(200000, 'q'));
  t.Run("EXPIRE fields 500");
  t.Run("SELECT 9");
  t.Run("SET other db PX 5000");
  const State state = StateOf(keyspace());
  Snapshot snapshot(parts_);
  Begin(snapshot);
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(state);
  ExpectSame(state, StateOf(keyspace()));
}

TEST_F(SnapshotTest, AnEmptyKeyspace) {
  Snapshot snapshot(parts_);
  Begin(snapshot);
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(State(16));
}

TEST_F(SnapshotTest, ClocksAreKept) {
  test_.Run("SET a 1");
  test_.Run("RPUSH l 1");
  test_.Advance(100000);
  Snapshot snapshot(parts_);
  Begin(snapshot);
  snapshot.RunToEnd();
  KeyspaceSettings settings;
  Keyspace loaded(16, &settings);
  SnapshotLoadProgress progress;
  ASSERT_FALSE(LoadSnapshot(disk_, Path(), nullptr, loaded, {}, &progress));
  for (const char* key : {"a", "l"}) {
    EXPECT_EQ(loaded.database(0).Find(key)->clock(), keyspace().database(0).Find(key)->clock());
  }
}

// Values that are not begun, or of which a part is written, and what commands may do to them.
TEST_F(SnapshotTest, LargeValuesThatChangeMeanwhile) {
  constexpr size_t kPiece = 100;  // so little work makes one step, here a piece
  const std::vector<std::string> changes = {
      "DEL big list zset",
      "UNLINK big list zset hash set",
      "FLUSHALL",
      "FLUSHALL ASYNC",
      "FLUSHDB",
      "SWAPDB 0 1",
      "RENAME list other",
      "RENAME big list",
      "MOVE hash 3",
      "COPY zset copy",
      "COPY zset set REPLACE",
      "EXPIRE zset 1000",
      "PERSIST set",
      "PEXPIRE set 1",
      "APPEND big x",
      "SETRANGE big 100000 x",
      "SET big short",
      "SET list short",
      "RPUSH list x",
      "LPOP list",
      "SPOP set",
      "SUNIONSTORE set hash set",
      "ZADD zset 3 x",
      "ZREMRANGEBYRANK zset 0 -1",
      "HDEL hash field1",
      "SORT list BY nosort ALPHA STORE list",
  };
  for (int steps = 0; steps < 12; ++steps) {
    for (const std::string& change : changes) {
      SCOPED_TRACE(change + " after " + std::to_string(steps) + " steps");
      TestShard& t = test_;
      t.Run("FLUSHALL");
      t.Run("SET big " + std::string(150000, 'b'));
      std::string list = "RPUSH list", set = "SADD set", hash = "HSET hash", zset = "ZADD zset";
      for (int i = 0; i < 1500; ++i) {
        const std::string n = std::to_string(i);
        list += " element" + n + std::string(60, 'x');
        set += " member" + n;
        hash += " field" + n + " value" + n;
        zset += " " + n + ".5 member" + n;
      }
      t.Run(list), t.Run(set), t.Run(hash), t.Run(zset);
      t.Run("PEXPIRE set 100000");
      const State state = StateOf(keyspace());
      Snapshot snapshot(parts_);
      Begin(snapshot);
      for (int i = 0; i < steps; ++i) (void)snapshot.StepWork(kPiece);
      t.Run(change);
      (void)snapshot.StepWork(kPiece);
      t.Run("EXPIRE other 77");
      t.Run("RENAME other list");
      t.Run("RENAME copy other");
      t.Run("LPUSH list again");
      const State now = StateOf(keyspace());
      snapshot.RunToEnd();
      ExpectGood(snapshot);
      ExpectLoads(state);
      ExpectSame(now, StateOf(keyspace()));
      if (HasFatalFailure()) return;
    }
  }
}

// --- Random commands, snapshots and slices --------------------------------------------------------------------------------------

class Player {
 public:
  Player(TestShard& test, uint64_t seed) : test_(test), random_(seed) {}

  size_t Below(size_t n) { return random_.Below(n); }
  std::string Key() { return "key" + std::to_string(Below(60)); }
  std::string Text() {
    if (Below(200) == 0) return std::string(Below(80000), 'z');
    if (Below(3) == 0) return std::to_string(Below(100000));
    return std::string(Below(90), static_cast<char>('a' + Below(26)));
  }
  std::string Words(size_t most, bool pairs, bool scores) {
    std::string words;
    const size_t count = Below(40) == 0 ? 1 + Below(1500) : 1 + Below(most);
    for (size_t i = 0; i < count; ++i) {
      if (scores) words += " " + std::to_string(static_cast<double>(Below(2000)) / 4 - 100);
      words += " e" + std::to_string(Below(3000));
      if (pairs) words += " '" + Text() + "'";
    }
    return words;
  }

  void Play() {
    std::string line = Line();
    if (Below(4) == 0) test_.Run("SELECT " + std::to_string(Below(3)));
    if (Below(15) == 0) {
      test_.Run("MULTI");
      test_.Run(line);
      test_.Run(Line());
      test_.Run("EXEC");
      return;
    }
    test_.Run(line);
    if (Below(10) == 0) test_.Advance(static_cast<int64_t>(Below(50)));
  }

 private:
  std::string Line() {
    const std::string key = Key();
    const std::string ms = std::to_string(Below(400));
    const size_t kind = Below(46);
    return kind < 12   ? StringLine(kind, key, ms)
           : kind < 20 ? ListLine(kind, key)
           : kind < 38 ? CollectionLine(kind, key, ms)
                       : KeyLine(kind, key, ms);
  }

  std::string StringLine(size_t kind, const std::string& key, const std::string& ms) {
    switch (kind) {
      case 0:
      case 1:
        return "SET " + key + " '" + Text() + "'";
      case 2:
        return "SET " + key + " '" + Text() + "' PX " + ms + "1";
      case 3:
        return "SET " + key + " '" + Text() + "' KEEPTTL GET";
      case 4:
        return "APPEND " + key + " '" + Text() + "'";
      case 5:
        return "INCRBY " + key + " " + ms;
      case 6:
        return "INCRBYFLOAT " + key + " 1.5";
      case 7:
        return "SETRANGE " + key + " " + std::to_string(Below(3000)) + " x";
      case 8:
        return "SETBIT " + key + " " + ms + " 1";
      case 9:
        return "GETDEL " + key;
      case 10:
        return "GETEX " + key + " PX " + ms;
      default:
        return "MSET " + key + " 1 " + Key() + " '" + Text() + "'";
    }
  }

  std::string ListLine(size_t kind, const std::string& key) {
    switch (kind) {
      case 12:
      case 13:
        return "RPUSH " + key + Words(20, false, false);
      case 14:
        return "LPUSH " + key + " '" + Text() + "'";
      case 15:
        return "LPOP " + key + " " + std::to_string(Below(30));
      case 16:
        return "LMOVE " + key + " " + Key() + " LEFT RIGHT";
      case 17:
        return "LSET " + key + " 0 '" + Text() + "'";
      case 18:
        return "LTRIM " + key + " " + std::to_string(Below(10)) + " -2";
      default:
        return "LINSERT " + key + " BEFORE e1 '" + Text() + "'";
    }
  }

  std::string CollectionLine(size_t kind, const std::string& key, const std::string& ms) {
    switch (kind) {
      case 20:
      case 21:
        return "SADD " + key + Words(20, false, false);
      case 22:
        return "SADD " + key + " " + std::to_string(Below(1000)) + " -70000 " + ms;
      case 23:
        return "SREM " + key + Words(20, false, false);
      case 24:
        return "SPOP " + key + " " + std::to_string(Below(20));
      case 25:
        return "SMOVE " + key + " " + Key() + " e1";
      case 26:
        return "SUNIONSTORE " + key + " " + Key() + " " + Key();
      case 27:
      case 28:
        return "HSET " + key + Words(20, true, false);
      case 29:
        return "HDEL " + key + Words(20, false, false);
      case 30:
        return "HINCRBY " + key + " n 3";
      case 31:
      case 32:
        return "ZADD " + key + Words(20, false, true);
      case 33:
        return "ZREM " + key + Words(20, false, false);
      case 34:
        return "ZINCRBY " + key + " 1.25 e1";
      case 35:
        return "ZPOPMIN " + key + " " + std::to_string(Below(20));
      case 36:
        return "ZUNIONSTORE " + key + " 2 " + Key() + " " + Key();
      default:
        return "ZRANGESTORE " + key + " " + Key() + " 5 -5";
    }
  }

  std::string KeyLine(size_t kind, const std::string& key, const std::string& ms) {
    switch (kind) {
      case 38:
        return Below(2) == 0 ? "DEL " + key + " " + Key() : "UNLINK " + key + " " + Key();
      case 39:
        return "RENAME " + key + " " + Key();
      case 40:
        return "COPY " + key + " " + Key() + " DB " + std::to_string(Below(3)) + " REPLACE";
      case 41:
        return "MOVE " + key + " " + std::to_string(Below(3));
      case 42:
        return "PEXPIRE " + key + " " + ms;
      case 43:
        return "PERSIST " + key;
      case 44:
        if (Below(8) == 0) return std::string(Below(2) == 0 ? "FLUSHALL" : "FLUSHDB") + (Below(2) == 0 ? " ASYNC" : "");
        if (Below(3) == 0) return "SWAPDB " + std::to_string(Below(3)) + " " + std::to_string(Below(3));
        return "SORT " + key + " ALPHA STORE " + Key();
      default:
        return "BITOP NOT " + key + " " + Key();
    }
  }

  TestShard& test_;
  Random random_;
};

// The snapshot, and behind it all that the commands after its begin have stated: the state of now, as after a restart. The clock there is
// not now's, so nothing expires but what is said to.
void ExpectRecovers(FileSystem& disk, const std::string& path, TestShard& test, size_t first_effect) {
  CommandTable table;
  RegisterShardCommands(table);
  ManualClock clock(0);
  Shard shard({.commands = &table,
               .keyspace_settings = &test.keyspace_settings(),
               .settings = &test.settings(),
               .clock = &clock,
               .random_seed = 1});
  SnapshotLoadProgress progress;
  StorageError error = LoadSnapshot(disk, path, nullptr, shard.keyspace(), {}, &progress);
  ASSERT_FALSE(error) << error.text();
  test.shard().EndTurn();
  const std::vector<RecordedEffect>& effects = test.log().effects();
  for (size_t i = first_effect; i < effects.size(); ++i) {
    const std::vector<std::string_view> words(effects[i].words.begin(), effects[i].words.end());
    ASSERT_EQ(shard.Replay(effects[i].db, words, effects[i].unix_ms), "");
  }
  ExpectSame(StateOf(test.shard().keyspace(), false), StateOf(shard.keyspace(), false));
}

TEST_F(SnapshotTest, RandomCommandsAndSlices) {
  const char* given = std::getenv("KVORUM_SEED");
  const uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : SystemEntropy();
  const char* rounds_text = std::getenv("KVORUM_SNAPSHOT_ROUNDS");
  const int rounds = rounds_text != nullptr ? std::atoi(rounds_text) : 60;
  Snapshot snapshot(parts_);
  for (int round = 0; round < rounds; ++round) {
    const uint64_t seed = first + static_cast<uint64_t>(round);
    SCOPED_TRACE("KVORUM_SEED=" + std::to_string(seed));
    Player player(test_, seed);
    test_.keyspace_settings().lazyfree_lazy_server_del = player.Below(2) == 0;
    test_.keyspace_settings().lazyfree_lazy_user_flush = player.Below(2) == 0;
    test_.keyspace_settings().lazyfree_lazy_expire = player.Below(2) == 0;
    for (size_t i = player.Below(200); i > 0; --i) player.Play();
    const State state = StateOf(keyspace());
    const size_t effects = test_.log().effects().size();
    Begin(snapshot);
    if (HasFatalFailure()) return;
    const bool gives_up = player.Below(5) == 0;
    const size_t work = size_t{1} << player.Below(18);
    for (int turns = 0; snapshot.state() == Snapshot::State::kWalking && turns < 2000; ++turns) {
      for (size_t i = player.Below(8); i > 0; --i) player.Play();
      (void)snapshot.StepWork(work);
      if (player.Below(3) == 0) worker_.RunOne();
      if (gives_up && player.Below(30) == 0) snapshot.Abort();
    }
    const State now = StateOf(keyspace());
    if (gives_up && player.Below(2) == 0) snapshot.Abort();
    if (snapshot.state() == Snapshot::State::kMarking && player.Below(2) == 0) {
      // The next one begins where this has not marked all.
      worker_.RunAll();
      (void)snapshot.TakeOutcome();
      continue;
    }
    snapshot.RunToEnd();
    worker_.RunAll();
    ExpectSame(now, StateOf(keyspace()));
    const std::optional<SnapshotOutcome> outcome = snapshot.TakeOutcome();
    ASSERT_TRUE(outcome.has_value());
    ASSERT_TRUE(outcome->good || gives_up) << outcome->error;
    if (outcome->good) ExpectLoads(state);
    if (outcome->good) ExpectRecovers(disk_, Path(), test_, effects);
    if (HasFatalFailure()) return;
  }
}

// --- Trouble with the disk ----------------------------------------------------------------------------------------------------

TEST_F(SnapshotTest, ADiskThatFailsAndTheNextSnapshot) {
  for (int i = 0; i < 5000; ++i) test_.Run("SET key" + std::to_string(i) + " " + std::string(600, 'v'));
  const State state = StateOf(keyspace());
  Snapshot snapshot(parts_);
  Begin(snapshot);
  disk_.SetCapacity(500000);
  while (snapshot.state() == Snapshot::State::kWalking) {
    (void)snapshot.StepWork(10000);
    worker_.RunAll();
  }
  ASSERT_EQ(snapshot.state(), Snapshot::State::kMarking);
  const std::optional<SnapshotOutcome> outcome = snapshot.TakeOutcome();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->good);
  EXPECT_NE(outcome->error, "");
  test_.Run("SET key1 changed");
  disk_.SetCapacity(UINT64_MAX);
  test_.Run("SET key1 " + std::string(600, 'v'));
  Begin(snapshot);
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(state);
}

TEST_F(SnapshotTest, CommandsWaitForTheDiskRatherThanFillMemory) {
  for (int i = 0; i < 100; ++i) test_.Run("SET key" + std::to_string(i) + " " + std::string(200000, 'v'));
  const State state = StateOf(keyspace());
  Snapshot::Options options;
  options.queue_bytes = 1 << 20;
  options.waiting_bytes = 3 << 20;
  Snapshot snapshot(parts_, options);
  Begin(snapshot);
  uint64_t most = 0;
  for (int i = 0; i < 100; ++i) {
    test_.Run("APPEND key" + std::to_string(i) + " x");
    most = std::max(most, snapshot.buffered_bytes());
  }
  EXPECT_LE(most, options.queue_bytes + options.waiting_bytes + 3 * SnapshotWalk::kBlockCapacity);
  // The walk does not go on while there is no room.
  const uint64_t written = snapshot.written_keys();
  EXPECT_FALSE(snapshot.StepWork(SIZE_MAX));
  EXPECT_EQ(snapshot.written_keys(), written);
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(state);
}

TEST_F(SnapshotTest, TurnsWithAThreadThatWrites) {
  for (int i = 0; i < 20000; ++i) test_.Run("SET key" + std::to_string(i) + " " + std::string(200, 'v'));
  const State state = StateOf(keyspace());
  ThreadWorker thread("snapshot");
  SystemClock clock;
  std::atomic<uint32_t> woken{0};
  parts_.worker = &thread;
  parts_.clock = &clock;
  parts_.run_worker = {};
  parts_.wake = [&woken] {
    ++woken;
    woken.notify_one();
  };
  Snapshot::Options options;
  options.queue_bytes = 1 << 20;
  Snapshot snapshot(parts_, options);
  for (const bool idle : {true, false, true}) {
    Begin(snapshot);
    for (int i = 0; !snapshot.idle(); ++i) {
      const uint32_t seen = woken;
      if (i % 10 == 0) test_.Run("APPEND key" + std::to_string(i % 20000) + " x");
      // As a server sleeps that has nothing to do.
      if (!snapshot.Turn(idle) && !snapshot.idle()) woken.wait(seen);
    }
    ExpectGood(snapshot);
    if (index_ == 1) ExpectLoads(state);
  }
  Begin(snapshot);
  snapshot.Abort();
  snapshot.RunToEnd();
  const std::optional<SnapshotOutcome> outcome = snapshot.TakeOutcome();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error, "aborted");
}

// SAVE while BGSAVE runs and nothing was written in between: both files have the same name until they are done.
TEST_F(SnapshotTest, OneThatWasGivenUpDoesNotTakeTheNextOnesFileAway) {
  for (int i = 0; i < 1000; ++i) test_.Run("SET key" + std::to_string(i) + " v");
  const State state = StateOf(keyspace());
  Snapshot snapshot(parts_);
  Begin(snapshot);
  (void)snapshot.StepWork(100);
  snapshot.Abort();
  EXPECT_FALSE(snapshot.TakeOutcome()->good);
  --index_;
  Begin(snapshot);
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(state);
}

TEST_F(SnapshotTest, MemoryOfWhatWasDeletedMeanwhileIsHeldAndThenGivenBack) {
  for (int i = 0; i < 20000; ++i) test_.Run("SADD set member" + std::to_string(i));
  for (int i = 0; i < 100; ++i) test_.Run("SET key" + std::to_string(i) + " v");
  const size_t set_bytes = keyspace().database(0).Find("set")->MemoryBytes(0);
  const State state = StateOf(keyspace());
  Snapshot snapshot(parts_);
  Begin(snapshot);
  const uint64_t before = snapshot.buffered_bytes();
  test_.Run("DEL set");
  EXPECT_GE(snapshot.buffered_bytes(), before + set_bytes / 2);
  test_.Run("FLUSHALL");
  EXPECT_GT(snapshot.buffered_bytes(), before + set_bytes / 2);
  snapshot.RunToEnd();
  EXPECT_EQ(snapshot.buffered_bytes(), 0u);
  ExpectGood(snapshot);
  ExpectLoads(state);
}

TEST_F(SnapshotTest, AnUnfinishedOneIsGivenUpWithItsOwner) {
  for (int i = 0; i < 1000; ++i) test_.Run("SET key" + std::to_string(i) + " v");
  {
    Snapshot snapshot(parts_);
    Begin(snapshot);
    (void)snapshot.StepWork(10000);
  }
  worker_.RunAll();
  for (int i = 0; i < 1000; i += 3) test_.Run("APPEND key" + std::to_string(i) + " w");
  const State state = StateOf(keyspace());
  Snapshot snapshot(parts_);
  Begin(snapshot);
  (void)snapshot.StepWork(10000);
  test_.Run("FLUSHALL");
  snapshot.RunToEnd();
  ExpectGood(snapshot);
  ExpectLoads(state);
}

}  // namespace
}  // namespace kvorum
