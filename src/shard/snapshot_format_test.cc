// The bytes of a snapshot's records, and what becomes of damaged ones.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "keyspace/snapshot_walk.h"
#include "shard/snapshot_decoder.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

class Collector final : public SnapshotSink {
 public:
  void TakeBlock(Buffer* block, uint32_t block_records) override {
    bytes += block->view();
    records += block_records;
    ++blocks;
    block->Clear();
  }
  std::string bytes;
  uint32_t records = 0;
  int blocks = 0;
};

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[static_cast<uint8_t>(byte) >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string Unhex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return bytes;
}

// "error at offset", or the keys.
std::string Load(std::string_view bytes, uint32_t records, Keyspace& keyspace) {
  SnapshotDecoder decoder(keyspace, bytes.size());
  if (!decoder.Block(bytes, records)) return decoder.error() + " at " + std::to_string(decoder.error_offset());
  if (!decoder.Finish()) return decoder.error();
  return std::to_string(decoder.keys()) + " keys";
}
std::string Load(std::string_view bytes, uint32_t records) {
  KeyspaceSettings settings;
  Keyspace keyspace(2, &settings);
  return Load(bytes, records, keyspace);
}

// The state after these commands, in one block.
class Written {
 public:
  explicit Written(const std::vector<std::string>& commands) {
    for (const std::string& command : commands) test.Run(command);
    SnapshotWalk walk(test.shard().keyspace(), out);
    while (walk.Step(1000)) {
    }
    EXPECT_EQ(out.blocks, 1);
  }
  TestShard test;
  Collector out;
};

// The clock of TestShard gives entries this one.
const std::string kClock = "00b955";
const std::string kSizes = "0000001f000000000100000000000000";
const std::string kOneKey = kSizes + "00000000000000000000000f00000000";

TEST(SnapshotFormatTest, GoldenBytes) {
  const struct {
    const char* what;
    std::vector<std::string> commands;
    std::string bytes;
  } cases[] = {
      {"inline", {"SET k hello"}, kOneKey + "CLOCK00000105006b68656c6c6f"},
      {"raw", {"APPEND k 0", "APPEND k 1"}, kOneKey + "CLOCK00040102006b3031"},
      {"integer", {"SET k -2"}, kOneKey + "CLOCK1000010000feffffffffffffff6b"},
      {"deadline",
       {"SET k 2 PXAT 1800000000000"},
       kSizes + "01000000000000000000000f00000000"
                "CLOCK100101000000505c18a301000002000000000000006b"},
      {"list", {"RPUSH k a 1"}, kOneKey + "CLOCK310001000007000000000000006b02050161028101"},
      {"set of integers", {"SADD k 1 -2"}, kOneKey + "CLOCK420001000006000000000000006b0202feff0100"},
      {"set", {"SADD k a"}, kOneKey + "CLOCK320001000005000000000000006b0103016102"},
      {"sorted set", {"ZADD k 2 a"}, kOneKey + "CLOCK330001000007000000000000006b02050161028201"},
      {"hash", {"HSET k f v"}, kOneKey + "CLOCK340001000008000000000000006b0206016602017602"},
      {"large set",
       {"SADD k " + std::string(65, 'm')},
       kOneKey + "CLOCK520001000043000000000000006b0141" + Hex(std::string(65, 'm'))},
      {"large hash",
       {"HSET k f " + std::string(65, 'm')},
       kOneKey + "CLOCK540001000045000000000000006b01014166" + Hex(std::string(65, 'm'))},
      {"large sorted set",
       {"ZADD k 1.5 " + std::string(65, 'm')},
       kOneKey + "CLOCK53000100004b000000000000006b01000000000000f83f41" + Hex(std::string(65, 'm'))},
      {"second database",
       {"SELECT 1", "SET k 1"},
       "0000001f01000000010000000000000000000000000000000000000f01000000"
       "CLOCK100001000001000000000000006b"},
  };
  for (const auto& test_case : cases) {
    SCOPED_TRACE(test_case.what);
    const Written written(test_case.commands);
    std::string expected = test_case.bytes;
    expected.replace(expected.find("CLOCK"), 5, kClock);
    EXPECT_EQ(Hex(written.out.bytes), expected);
    EXPECT_EQ(Load(Unhex(expected), 3), "1 keys");
  }
}

TEST(SnapshotFormatTest, GoldenEffects) {
  // FT._LIST in database 0, as an effect; it may stand behind keys as well.
  const std::string effect = "0000003f0b00000000010846542e5f4c495354";
  std::string wrong = effect;
  wrong[19] = '2';  // two words
  const std::string key = "00000000000101006b76";
  EXPECT_EQ(Load(Unhex(effect), 1), "0 keys");
  EXPECT_EQ(Load(Unhex(kOneKey + key + effect), 4), "1 keys");
  EXPECT_EQ(Load(Unhex(effect.substr(0, effect.size() - 2)), 1), "a record is cut off at 0");
  EXPECT_EQ(Load(Unhex("01" + effect.substr(2)), 1), "the record of an effect is damaged at 0");
  EXPECT_EQ(Load(Unhex(wrong), 1), "an effect is not one command at 0");
  EXPECT_EQ(Load(Unhex("0000003f00000000"), 1), "an effect is not one command at 0");
}

TEST(SnapshotFormatTest, GoldenPieces) {
  const std::string big(40000, 'b');
  const Written written({"SET k " + big});
  const std::string& bytes = written.out.bytes;
  // The value's length is c0b802; the first 32 KiB, length included, go with the key.
  const std::string expected = kOneKey + kClock + "201001000000800000010000006bc0b802";
  EXPECT_EQ(Hex(bytes.substr(0, expected.size() / 2)), expected);
  const size_t piece_at = expected.size() / 2 + 32768 - 3;
  EXPECT_EQ(Hex(bytes.substr(piece_at, 13)), "0100002f01000000431c000062");
  EXPECT_EQ(bytes.size(), piece_at + 12 + 40000 - (32768 - 3));
  EXPECT_EQ(written.out.records, 4u);
  EXPECT_EQ(Load(bytes, 4), "1 keys");
}

TEST(SnapshotFormatTest, DamageIsToldWithItsOffset) {
  const std::string key = "00000000000101006b76";
  const std::string good = kOneKey + key;
  EXPECT_EQ(Load(Unhex(good), 3), "1 keys");
  EXPECT_EQ(Load(Unhex(good), 4), "a block has 3 records and says 4 at 32");
  EXPECT_EQ(Load(Unhex(good.substr(0, good.size() - 2)), 3), "a record is cut off at 32");
  EXPECT_EQ(Load(Unhex(good + key), 4), "a key is there twice at 42");
  EXPECT_EQ(Load(Unhex(kOneKey), 2), "database 0 has 0 keys, 0 of them with a deadline, and it was to have 1 and 0");
  EXPECT_EQ(Load(Unhex(key), 1), "there is a key without a database at 0");
  EXPECT_EQ(Load(Unhex("0000000f02000000"), 1),
            "it has keys in database 2, and there are 2 databases (the setting `databases`) at 0");
  EXPECT_EQ(Load(Unhex("0000001f00000000ffffffffffffffff0000000000000000"), 1),
            "it says that a database has 18446744073709551615 keys, which are more than the file has room for at 0");
  EXPECT_EQ(Load(Unhex(kSizes + "0000000000000000" + kSizes + "0000000000000000"), 2),
            "the size of a database is told twice at 24");
  EXPECT_EQ(Load(Unhex("0000002f01000000"), 1), "a record is cut off at 0");
  EXPECT_EQ(Load(Unhex("0100002f0100000000000000"), 1),
            "there is a piece of a value that has not begun or has ended at 0");
  const std::string head = kOneKey + "000000";
  EXPECT_EQ(Load(Unhex(head + "00200100006b"), 3), "the head of a key is damaged at 32");
  EXPECT_EQ(Load(Unhex(head + "500001000001000000000000006b01"), 3),
            "there is no value of this type in this form at 32");
  // A string that says that it is longer than the file; collections with an element twice, or none; a score that is none.
  EXPECT_EQ(Load(Unhex(head + "200001000005000000000000006bffffffff0f"), 3), "a string is longer than the file at 32");
  EXPECT_EQ(Load(Unhex(head + "320001000008000000000000006b0206016102016102"), 3),
            "a collection has an element twice at 32");
  EXPECT_EQ(Load(Unhex(head + "520001000005000000000000006b0201610161"), 3), "a collection has an element twice at 32");
  EXPECT_EQ(Load(Unhex(head + "520001000001000000000000006b00"), 3), "a collection is empty at 32");
  EXPECT_EQ(Load(Unhex(head + "53000100000b000000000000006b01000000000000f87f0161"), 3),
            "a score is not a number at 32");
  EXPECT_EQ(Load(Unhex(head + "33000100000c000000000000006b040a01610282010162028101"), 3),
            "a packed collection is damaged at 32");
  EXPECT_EQ(Load(Unhex(head + "420001000006000000000000006b02020100feff"), 3),
            "the integers of a set are not in order at 32");
  EXPECT_EQ(Load(Unhex(head + "520001000003000000000000006b020161"), 3), "the end of a value is missing at 32");
}

// Any byte changed, or any byte's bits: it loads as something sound, or is refused.
TEST(SnapshotFormatTest, FlippedBitsNeverDoHarm) {
  const Written written({"SET a hello PX 100", "SET b 17", "RPUSH l a b 3", "SADD s 1 2 3", "SADD t a b", "HSET h f v",
                         "ZADD z 1 a 2 b", "SADD big " + std::string(70, 'x') + " y",
                         "ZADD tree 1 " + std::string(70, 'x') + " 2 y", "SET text " + std::string(1100, 't')});
  for (size_t i = 0; i < written.out.bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = written.out.bytes;
      bytes[i] = static_cast<char>(bytes[i] ^ 1 << bit);
      KeyspaceSettings settings;
      Keyspace keyspace(2, &settings);
      const std::string result = Load(bytes, written.out.records, keyspace);
      if (!result.ends_with(" keys")) continue;
      keyspace.database(0).Validate();
    }
  }
}

}  // namespace
}  // namespace kvorum
