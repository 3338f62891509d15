#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "keyspace/snapshot_walk.h"
#include "shard/snapshot_decoder.h"
#include "shard/test_harness.h"
#include "shard/vector_pool.h"

namespace kvorum {
namespace {

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
using Lines = std::vector<std::string>;

std::string Blob(const std::vector<float>& vector) {
  return {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)};
}

TEST(VectorSetCommands, ElementsComeAndGo) {
  TestShard shard;
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 east"), "1");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 0 2 north SETATTR '{\"n\": 1}'"), "1");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 -3 0 west CAS EF 300 M 16"), "1");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 5 0 east"), "0");
  EXPECT_EQ(shard.Run({"VADD", "v", "FP32", Blob({0, -1}), "south", "Q8"}), "1");
  EXPECT_EQ(shard.Run("VCARD v"), "4");
  EXPECT_EQ(shard.Run("VDIM v"), "2");
  EXPECT_EQ(shard.Run("TYPE v"), "vectorset");
  EXPECT_EQ(shard.Run("OBJECT ENCODING v"), "raw");
  EXPECT_EQ(shard.Run("VISMEMBER v east"), "1");
  EXPECT_EQ(shard.Run("VISMEMBER v up"), "0");
  EXPECT_EQ(shard.Run("VEMB v east"), "[5, 0]");
  EXPECT_EQ(shard.Run("VEMB v up"), "nil");
  EXPECT_EQ(shard.Run("VSIM v ELE east"), "[east, north, south, west]");
  EXPECT_EQ(shard.Run("VSIM v VALUES 2 1 0.1 COUNT 2 WITHSCORES NOTHREAD"),
            "[east, 0.9975185990333557, north, 0.549751877784729]");
  EXPECT_EQ(shard.Run("VREM v east"), "1");
  EXPECT_EQ(shard.Run("VREM v east"), "0");
  EXPECT_EQ(shard.Run("VRANGE v - +"), "[north, south, west]");
  EXPECT_EQ(shard.Run("VREM v north"), "1");
  EXPECT_EQ(shard.Run("VREM v south"), "1");
  EXPECT_EQ(shard.Run("VREM v west"), "1");
  EXPECT_EQ(shard.Run("EXISTS v"), "0");
}

TEST(VectorSetCommands, Attributes) {
  TestShard shard;
  shard.Run("VADD v VALUES 2 1 0 a SETATTR '{\"year\": 1984}'");
  shard.Run("VADD v VALUES 2 1 1 b");
  EXPECT_EQ(shard.Run("VGETATTR v a"), "{\"year\": 1984}");
  EXPECT_EQ(shard.Run("VGETATTR v b"), "nil");
  EXPECT_EQ(shard.Run("VGETATTR v c"), "nil");
  EXPECT_EQ(shard.Run("VGETATTR w a"), "nil");
  EXPECT_EQ(shard.Run("VSIM v ELE a WITHATTRIBS"), "[a, {\"year\": 1984}, b, nil]");
  EXPECT_EQ(shard.Run("VSIM v ELE a FILTER '.year > 1980'"), "[a]");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 0 1 a"), "0");
  EXPECT_EQ(shard.Run("VGETATTR v a"), "{\"year\": 1984}") << "another vector leaves them";
  EXPECT_EQ(shard.Run("VSETATTR v b '{\"year\": 1990}'"), "1");
  EXPECT_EQ(shard.Run("VSETATTR v a ''"), "1");
  EXPECT_EQ(shard.Run("VSETATTR v c '{}'"), "0");
  EXPECT_EQ(shard.Run("VSETATTR w c '{}'"), "0");
  EXPECT_EQ(shard.Run("VSETATTR v b nonsense"), "-ERR attributes are not valid JSON");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 1 c SETATTR {"), "-ERR attributes are not valid JSON");
  EXPECT_EQ(shard.Run("VSIM v ELE a WITHSCORES WITHATTRIBS FILTER .year FILTER-EF 0"),
            "[b, 0.8535534143447876, {\"year\": 1990}]");
  EXPECT_EQ(shard.Run("VSIM v ELE a FILTER '.year >'"), "-ERR syntax error in FILTER expression near: ");
  EXPECT_EQ(shard.Run("VSIM v ELE a FILTER '.year = 5'"), "-ERR syntax error in FILTER expression near: = 5");
}

TEST(VectorSetCommands, WithResp3RepliesHaveTypes) {
  TestShard shard;
  shard.Run("VADD v VALUES 2 1 0 a SETATTR '{}'");
  shard.Run("HELLO 3");
  EXPECT_EQ(shard.Raw("VADD v VALUES 2 1 0 b"), "#t\r\n");
  EXPECT_EQ(shard.Raw("VADD v VALUES 2 1 0 b"), "#f\r\n");
  EXPECT_EQ(shard.Raw("VISMEMBER v b"), "#t\r\n");
  EXPECT_EQ(shard.Raw("VEMB v a"), "*2\r\n,1\r\n,0\r\n");
  EXPECT_EQ(shard.Raw("VSIM v ELE a COUNT 1"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(shard.Raw("VSIM v ELE a COUNT 1 WITHSCORES"), "%1\r\n$1\r\na\r\n,1\r\n");
  EXPECT_EQ(shard.Raw("VSIM v ELE a WITHATTRIBS"), "%2\r\n$1\r\na\r\n$2\r\n{}\r\n$1\r\nb\r\n_\r\n");
  EXPECT_EQ(shard.Raw("VSIM v ELE a COUNT 1 WITHSCORES WITHATTRIBS"), "%1\r\n$1\r\na\r\n*2\r\n,1\r\n$2\r\n{}\r\n");
  EXPECT_EQ(shard.Raw("VLINKS v a WITHSCORES"), "*1\r\n%1\r\n$1\r\nb\r\n,1\r\n");
  EXPECT_EQ(shard.Raw("VINFO w"), "_\r\n");
  EXPECT_EQ(shard.Raw("VREM v a"), "#t\r\n");
}

TEST(VectorSetCommands, WhatIsNotThere) {
  TestShard shard;
  EXPECT_EQ(shard.Run("VCARD v"), "0");
  EXPECT_EQ(shard.Run("VDIM v"), "-ERR key does not exist");
  EXPECT_EQ(shard.Run("VEMB v a"), "nil");
  EXPECT_EQ(shard.Run("VINFO v"), "nil");
  EXPECT_EQ(shard.Run("VLINKS v a"), "nil");
  EXPECT_EQ(shard.Run("VSIM v ELE a"), "[]");
  EXPECT_EQ(shard.Run("VSIM v VALUES x nonsense"), "[]");
  EXPECT_EQ(shard.Run("VRANDMEMBER v"), "nil");
  EXPECT_EQ(shard.Run("VRANDMEMBER v 3"), "[]");
  EXPECT_EQ(shard.Run("VRANGE v - +"), "[]");
  EXPECT_EQ(shard.Run("VREM v a"), "0");
  shard.Run("SET t 1");
  for (const char* line :
       {"VADD t VALUES 1 1 a", "VSIM t ELE a", "VREM t a", "VCARD t", "VDIM t", "VEMB t a", "VINFO t", "VLINKS t a",
        "VRANDMEMBER t", "VSETATTR t a {}", "VGETATTR t a", "VISMEMBER t a", "VRANGE t - +"}) {
    EXPECT_EQ(shard.Run(line), kWrongType) << line;
  }
  shard.Run("VADD v VALUES 1 1 a");
  EXPECT_EQ(shard.Run("VSIM v ELE b"), "-ERR element not found in set");
  EXPECT_EQ(shard.Run("GET v"), kWrongType);
}

TEST(VectorSetCommands, MistakesGetErrors) {
  TestShard shard;
  const std::string bad = "-ERR invalid vector specification";
  shard.Run("VADD v VALUES 2 1 0 a");
  shard.Run("VADD r REDUCE 2 VALUES 4 1 0 0 0 a NOQUANT M 8");
  for (const std::string words :
       {"VALUES 2 0 0 a", "VALUES 2 nan 0 a", "VALUES 2 inf 0 a", "VALUES 2 1e300 0 a", "VALUES 0 a b", "VALUES -1 1 a",
        "VALUES 99999999 1 a", "VALUES 3 1 a x", "FP32 12345 a", "FP32 '' a", "JUNK 1 1 a", "REDUCE 0 VALUES 2 1 0 a",
        "REDUCE -4 VALUES 2 1 0 a", "REDUCE 3 VALUES 2 1 0 a", "VALUES 9223372036854775807 1 a"}) {
    EXPECT_EQ(shard.Run("VADD v " + words), bad) << words;
    EXPECT_EQ(shard.Run("VADD new " + words), bad) << words;
  }
  EXPECT_EQ(shard.Run({"VADD", "v", "FP32", Blob({1, NAN}), "a"}), bad);
  EXPECT_EQ(shard.Run({"VSIM", "v", "FP32", Blob({1, INFINITY})}), bad);
  EXPECT_EQ(shard.Run("EXISTS new"), "0");
  EXPECT_EQ(shard.Run("VADD v VALUES 3 1 0 0 a"), "-ERR Vector dimension mismatch - got 3 but set has 2");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 a NOQUANT"), "-ERR asked quantization mismatch with existing vector set");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 a M 32"), "-ERR asked M value mismatch with existing vector set");
  EXPECT_EQ(shard.Run("VADD v REDUCE 1 VALUES 2 1 0 a"),
            "-ERR cannot add projection to existing set without projection");
  EXPECT_EQ(shard.Run("VADD r VALUES 2 1 0 b NOQUANT M 8"), "-ERR Vector dimension mismatch - got 2 but set has 2");
  EXPECT_EQ(shard.Run("VADD r REDUCE 2 VALUES 3 1 0 0 b NOQUANT M 8"),
            "-ERR Input dimension mismatch for projection - got 3 but projection expects 4");
  EXPECT_EQ(shard.Run("VSIM r VALUES 2 1 0"),
            "-ERR Input dimension mismatch for projection - got 2 but projection expects 4");
  EXPECT_EQ(shard.Run("VSIM v VALUES 3 1 0 0"), "-ERR Vector dimension mismatch - got 3 but set has 2");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 a JUNK"), "-ERR invalid option after element");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 a EF 0"), "-ERR invalid EF");
  EXPECT_EQ(shard.Run("VADD v VALUES 2 1 0 a M 3"), "-ERR invalid M");
  EXPECT_EQ(shard.Run("VSIM v ELE a COUNT 0"), "-ERR invalid COUNT");
  EXPECT_EQ(shard.Run("VSIM v ELE a EF x"), "-ERR invalid EF");
  EXPECT_EQ(shard.Run("VSIM v ELE a EPSILON 0"), "-ERR invalid EPSILON");
  EXPECT_EQ(shard.Run("VSIM v ELE a JUNK"), "-ERR syntax error in VSIM command");
  EXPECT_EQ(shard.Run("VRANGE v + -"), "-ERR '-' can only be used as first argument, '+' only as second");
  EXPECT_EQ(shard.Run("VRANGE v a +"), "-ERR invalid start or end: it must be -, + or a name behind [ or (");
  EXPECT_EQ(shard.Run("VCARD v"), "1");
}

TEST(VectorSetCommands, ReducedAndRawForms) {
  TestShard shard;
  EXPECT_EQ(shard.Run("VADD r REDUCE 2 VALUES 4 1 2 3 4 a"), "1");
  EXPECT_EQ(shard.Run("VDIM r"), "2");
  EXPECT_EQ(shard.Run("VSIM r VALUES 4 1 2 3 4 WITHSCORES"), "[a, 1]");
  EXPECT_TRUE(shard.Run("VINFO r").starts_with(
      "[quant-type, int8, hnsw-m, 16, vector-dim, 2, projection-input-dim, 4, size, 1, max-level, "));
  shard.Run("VADD f VALUES 2 3 4 a NOQUANT");
  EXPECT_EQ(shard.Raw("VEMB f a RAW"), "*3\r\n+f32\r\n$8\r\n" + Blob({0.6F, 0.8F}) + "\r\n$1\r\n5\r\n");
  shard.Run("VADD b VALUES 3 3 -4 1 a BIN");
  EXPECT_TRUE(shard.Raw("VEMB b a RAW").starts_with(std::string("*3\r\n+bin\r\n$8\r\n\x05", 16)))
      << shard.Raw("VEMB b a RAW");
  shard.Run("VADD q VALUES 2 0 -4 a Q8");
  EXPECT_EQ(shard.Raw("VEMB q a RAW"), std::string("*4\r\n+int8\r\n$2\r\n\0\x81\r\n$1\r\n4\r\n$1\r\n1\r\n", 33));
}

TEST(VectorSetCommands, RangesAndRandomMembers) {
  TestShard shard;
  for (const char* name : {"banana", "apple", "cherry", "date"}) shard.Run(std::string("VADD v VALUES 1 1 ") + name);
  EXPECT_EQ(shard.Run("VRANGE v - + 2"), "[apple, banana]");
  EXPECT_EQ(shard.Run("VRANGE v (banana + -1"), "[cherry, date]");
  EXPECT_EQ(shard.Run("VRANGE v [banana [cherry"), "[banana, cherry]");
  EXPECT_EQ(shard.Run("VRANGE v (b (cherry"), "[banana]");
  EXPECT_EQ(shard.Run("VRANGE v [z +"), "[]");
  EXPECT_EQ(shard.Run("VRANGE v - + 0"), "[]");
  EXPECT_EQ(shard.Run("VRANDMEMBER v 9"), "[apple, banana, cherry, date]");
  EXPECT_EQ(shard.Run("VRANDMEMBER v 0"), "[]");
  EXPECT_EQ(shard.Raw("VRANDMEMBER v -9").substr(0, 4), "*9\r\n");
  EXPECT_EQ(shard.Raw("VRANDMEMBER v").substr(0, 1), "$");
  EXPECT_TRUE(shard.Run("VRANDMEMBER v x").starts_with("-ERR"));
}

TEST(VectorSetCommands, EffectsAreShortAndTheSame) {
  TestShard shard;
  shard.Run("VADD v REDUCE 1 VALUES 2 1 0.5 a CAS SETATTR {} EF 50");
  EXPECT_EQ(shard.TakeEffects(), (Lines{"0 VADD v REDUCE 1 FP32 " + Blob({1, 0.5F}) + " a EF 50 SETATTR {} M 16"}));
  const std::string blob = Blob({3, 4});
  shard.Run({"VADD", "w", "FP32", blob, "a"});
  shard.Run("VREM w nope");
  shard.Run("VREM w a");
  EXPECT_EQ(shard.TakeEffects(), (Lines{"0 VADD w FP32 " + blob + " a", "0 VREM w a"}));
}

TEST(VectorSetCommands, IsAValueLikeOthers) {
  TestShard shard;
  Random random(9);
  for (int i = 0; i < 1500; ++i) {
    std::vector<float> vector(8);
    for (float& x : vector) x = static_cast<float>(random.Fraction() - 0.5);
    ASSERT_EQ(shard.Run({"VADD", "v", "FP32", Blob(vector), "e" + std::to_string(i), "SETATTR",
                         "{\"n\": " + std::to_string(i) + "}"}),
              "1");
  }
  const std::string near = shard.Run("VSIM v ELE e7 COUNT 5 TRUTH WITHATTRIBS");
  EXPECT_EQ(shard.Run("COPY v w"), "1");
  EXPECT_EQ(shard.Run("RENAME w x"), "OK");
  EXPECT_EQ(shard.Run("VSIM x ELE e7 COUNT 5 TRUTH WITHATTRIBS"), near);
  EXPECT_EQ(shard.Run("VREM x e7"), "1");
  EXPECT_EQ(shard.Run("VCARD v"), "1500");
  EXPECT_EQ(shard.Run("MOVE x 1"), "1");
  EXPECT_EQ(shard.Run("EXPIRE v 100"), "1");
  const std::string payload = shard.Raw("DUMP v");
  const size_t head = payload.find('\n') + 1;
  const std::string dump = payload.substr(head, payload.size() - head - 2);
  EXPECT_EQ(shard.Run({"RESTORE", "y", "0", dump}), "OK");
  EXPECT_EQ(shard.Run("VSIM y ELE e7 COUNT 5 TRUTH WITHATTRIBS"), near);
  EXPECT_EQ(shard.Run("SORT v"), kWrongType);
  EXPECT_EQ(shard.Run("UNLINK y"), "1");
  EXPECT_EQ(shard.Run("DEL v"), "1");
}

// Takes blocks as a file would.
class Blocks final : public SnapshotSink {
 public:
  void TakeBlock(Buffer* block, uint32_t records) override {
    blocks.emplace_back(block->view(), records);
    block->Clear();
  }
  std::vector<std::pair<std::string, uint32_t>> blocks;
};

TEST(VectorSetCommands, SnapshotsHoldTheGraph) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  TestShard shard;
  Random random(kSeed);
  const auto add = [&](const std::string& key, int number, size_t dimensions) {
    std::vector<float> vector(dimensions);
    for (float& x : vector) x = static_cast<float>(random.Fraction() - 0.5);
    return shard.Run({"VADD", key, "FP32", Blob(vector), "e" + std::to_string(number), "SETATTR", "{}"});
  };
  for (int i = 0; i < 1600; ++i) add("large", i, 600);
  for (int i = 0; i < 3; ++i) add("small", i, 4);
  shard.Run("VREM large e1000");
  Keyspace& keyspace = shard.shard().keyspace();
  Blocks sink;
  SnapshotWalk walk(keyspace, sink);
  for (int step = 0; walk.Step(10000); ++step) {
    // What is changed meanwhile is written first.
    if (step == 7) add("large", 5000, 600);
  }
  ASSERT_GT(sink.blocks.size(), 1U);
  KeyspaceSettings settings;
  Keyspace loaded(16, &settings);
  SnapshotDecoder decoder(loaded, 1 << 30);
  for (const auto& [bytes, records] : sink.blocks) ASSERT_TRUE(decoder.Block(bytes, records)) << decoder.error();
  ASSERT_TRUE(decoder.Finish()) << decoder.error();
  shard.Run("VREM large e5000");
  for (const char* key : {"large", "small"}) {
    const Object& copy = *loaded.database(0).Find(key)->object();
    copy.Validate();
    EXPECT_EQ(copy.CanonicalText(), keyspace.database(0).Find(key)->object()->CanonicalText());
  }
}

TEST(VectorSetCommands, TransactionsWatchIt) {
  TestShard shard;
  TestSession& other = shard.NewSession();
  shard.Run("VADD v VALUES 1 1 a");
  shard.Run("WATCH v");
  shard.Run(other, "VADD v VALUES 1 1 b");
  shard.Run("MULTI");
  EXPECT_EQ(shard.Run("VCARD v"), "QUEUED");
  EXPECT_EQ(shard.Run("EXEC"), "nil");
  shard.Run("MULTI");
  shard.Run("VADD v VALUES 1 1 c");
  shard.Run("VSIM v ELE c COUNT 1");
  EXPECT_EQ(shard.Run("EXEC").substr(0, 4), "[1, ");
}

// Sets large enough for threads, and threads that work when they are told.
class VectorSetWork : public testing::Test {
 protected:
  VectorSetWork() {
    Random random(10);
    for (int i = 0; i < 600; ++i) {
      std::vector<float> vector = {1, static_cast<float>(i) / 600, static_cast<float>(random.Fraction())};
      shard_.Run({"VADD", "v", "FP32", Blob(vector), "e" + std::to_string(i), "NOQUANT"});
    }
    shard_.shard().vector_pool().SetManual();
  }
  void Work() {
    while (shard_.shard().vector_pool().RunOne()) {
    }
    shard_.Advance(0);
  }

  TestShard shard_;
  TestSession& other_ = shard_.NewSession();
};

TEST_F(VectorSetWork, RepliesComeWhenTheWorkIsDone) {
  shard_.Start(other_, "VADD v VALUES 3 1 1 5 x NOQUANT");
  EXPECT_EQ(other_.Take(), "");
  EXPECT_EQ(shard_.Run("VISMEMBER v x"), "0") << "others go on";
  Work();
  EXPECT_EQ(other_.Take(), "1");
  shard_.Start(other_, "VSIM v VALUES 3 1 1 5 COUNT 1");
  EXPECT_EQ(other_.Take(), "");
  Work();
  EXPECT_EQ(other_.Take(), "[x]");
  EXPECT_EQ(shard_.Run("VSIM v VALUES 3 1 1 5 COUNT 1 NOTHREAD"), "[x]");
  shard_.Run("MULTI");
  shard_.Run("VADD v VALUES 3 1 1 5 x NOQUANT");
  shard_.Run("VSIM v ELE x COUNT 1");
  EXPECT_EQ(shard_.Run("EXEC"), "[0, [x]]");
}

TEST_F(VectorSetWork, WhatHappensMeanwhileCounts) {
  // Gone.
  shard_.Start(other_, "VADD v VALUES 3 1 1 5 x NOQUANT");
  shard_.Run("RENAME v w");
  Work();
  EXPECT_EQ(other_.Take(), "1");
  EXPECT_EQ(shard_.Run("VRANGE v - +"), "[x]");
  EXPECT_EQ(shard_.Run("VCARD w"), "600");
  // Something else.
  shard_.Start(other_, "VADD w VALUES 3 1 1 5 x NOQUANT");
  shard_.Run("SET w 1");
  Work();
  EXPECT_EQ(other_.Take(), kWrongType);
}

TEST_F(VectorSetWork, AnotherSetOfOtherDimensions) {
  shard_.Start(other_, "VADD v VALUES 3 1 1 5 x NOQUANT");
  shard_.Run("DEL v");
  shard_.Run("VADD v VALUES 2 1 1 y NOQUANT");
  Work();
  EXPECT_EQ(other_.Take(), "-ERR Vector dimension mismatch - got 3 but set has 2");
  EXPECT_EQ(shard_.Run("VCARD v"), "1");
}

TEST_F(VectorSetWork, TheSameElementFromTwoSides) {
  TestSession& third = shard_.NewSession();
  shard_.Start(other_, "VADD v VALUES 3 1 1 5 x NOQUANT SETATTR '{\"by\": 1}'");
  shard_.Start(third, "VADD v VALUES 3 1 5 5 x NOQUANT");
  Work();
  EXPECT_EQ(other_.Take() + third.Take(), "10");
  EXPECT_EQ(shard_.Run("VGETATTR v x"), "{\"by\": 1}");
  EXPECT_EQ(shard_.Run("VCARD v"), "601");
}

TEST_F(VectorSetWork, ASearchOutlivesItsKey) {
  shard_.Start(other_, "VSIM v ELE e7 COUNT 1");
  shard_.Run("FLUSHALL");
  Work();
  EXPECT_EQ(other_.Take(), "[e7]");
  shard_.Start(other_, "VSIM v ELE e7");
  EXPECT_EQ(other_.Take(), "[]");
}

}  // namespace
}  // namespace kvorum
