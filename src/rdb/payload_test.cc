// Payloads as real servers gave them, and what becomes of them here.
#include "rdb/payload.h"

#include <gtest/gtest.h>

#include "rdb/test_rdb.h"
#include "rdb/writer.h"

namespace kvorum {
namespace {

constexpr std::string_view kLong = "the quick brown fox jumps over the lazy dog; 0123456789 ABCDEFGHIJKLMN";
const std::string kLongHex = ToHex(kLong);

OwnedEntry Restore(std::string_view payload, const KeyspaceSettings& settings, RdbError* error = nullptr) {
  if (!IsIntactPayload(payload)) return nullptr;
  PayloadReader reader(payload, settings);
  RdbValue value;
  if (!reader.Read(&value)) {
    if (error != nullptr) *error = reader.error();
    return nullptr;
  }
  if (value.object != nullptr) {
    value.object->Validate();
    return OwnedEntry(Entry::NewObject("k", std::move(value.object), Entry::kNoDeadline));
  }
  return OwnedEntry(Entry::NewString("k", value.text, Entry::kNoDeadline));
}

struct Sample {
  std::string text;      // as TextOf gives it
  std::string encoding;  // "": a string's
  std::string hex;
};

// By Redis 7.2.4, DUMP of what the commands made.
std::vector<Sample> RedisSamples() {
  return {
      {"string ", "", "00000b003444e133f2e04b53"},
      {"string 0", "", "00c0000b00f19f1a0b05cfea81"},
      {"string -1", "", "00c0ff0b00654cc3577897744c"},
      {"string 127", "", "00c07f0b00646a5642afcb2c9d"},
      {"string 128", "", "00c180000b0082a50ec6ed50a2ec"},
      {"string -129", "", "00c17fff0b007ebf3f5ba91f6d09"},
      {"string 32768", "", "00c2008000000b002c07939e28224099"},
      {"string 2147483647", "", "00c2ffffff7f0b0045ab58ed1db14428"},
      {"string 2147483648", "", "000a323134373438333634380b008e6e94d0b1829f67"},
      {"string -9223372036854775808", "", "00142d393232333337323033363835343737353830380b00843d042516ef7708"},
      {"string 007", "", "00033030370b001b875f08b1f65350"},
      {"string hello", "", "000568656c6c6f0b000aad620598abc983"},
      {"string " + std::string(kLong), "", "004046" + kLongHex + "0b000bed7c6a22b5ade5"},
      // RPUSH k a b 1 -5000 "" 300
      {"list 1:a 1:b 1:1 5:-5000 0: 3:300", "listpack",
       "120102181800000006008161028162020101f178ec038001c12c02ff0b00b41c6ee3cbc45c38"},
      // SADD k 1 -2 300; k 1 100000; k 1 -5000000000
      {"set 2:-2 1:1 3:300", "intset", "0b0e0200000003000000feff01002c010b0032d515110a0b8983"},
      {"set 1:1 6:100000", "intset", "0b10040000000200000001000000a08601000b00be6af5b3fae68c9c"},
      {"set 11:-5000000000 1:1", "intset", "0b180800000002000000000efad5feffffff01000000000000000b00f5cc237417aa4af7"},
      // SADD k b a 1; k LONG
      {"set 1:1 1:a 1:b", "listpack", "140f0f00000003008162028161020101ff0b0007d3cc00bf510018"},
      {"set 70:" + std::string(kLong), "hashtable",
       "0201404"
       "6" +
           kLongHex + "0b009821348029138583"},
      // HSET k f v n 42; k f LONG
      {"hash 1:f 1:v 1:n 2:42", "listpack", "1012120000000400816602817602816e022a01ff0b0096ef550c8ffd3018"},
      {"hash 1:f 70:" + std::string(kLong), "hashtable", "040101664046" + kLongHex + "0b00a97fb2b6a22eb469"},
      // ZADD k 1 a 1.5 b inf c -inf d; k 0.1 LONG
      {"zset -inf:1:d 1:1:a 1.5:1:b inf:1:c", "listpack",
       "1125250000000800816402842d696e6605816102010181620283312e350481630283696e6604ff0b00884b2565a5b05f7d"},
      {"zset 0.1:70:" + std::string(kLong), "skiplist", "05014046" + kLongHex + "9a9999999999b93f0b00f820343b57cee3b1"},
  };
}

TEST(Payload, AsRedisWritesIt) {
  const KeyspaceSettings settings;
  RdbWriter writer(RdbWriter::Options{});
  for (const Sample& sample : RedisSamples()) {
    const OwnedEntry entry = Restore(FromHex(sample.hex), settings);
    ASSERT_NE(entry, nullptr) << sample.hex;
    EXPECT_EQ(TextOf(*entry), sample.text);
    if (!sample.encoding.empty()) {
      EXPECT_EQ(entry->encoding_name(), sample.encoding) << sample.text;
    }
    EXPECT_EQ(ToHex(writer.Payload(*entry)), sample.hex) << sample.text;
  }
}

TEST(Payload, CompressedByRedis) {
  const KeyspaceSettings settings;
  const std::string hex = "00c30615016161e00a000b0094d30e1bfaded6e1";
  const OwnedEntry entry = Restore(FromHex(hex), settings);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(TextOf(*entry), "string " + std::string(21, 'a'));
  EXPECT_EQ(ToHex(RdbWriter(RdbWriter::Options{}).Payload(*entry)), hex);
  EXPECT_EQ(ToHex(RdbWriter({.compresses = false}).Payload(*entry)).substr(0, 8), "00156161");
}

TEST(Payload, ListsOfSeveralNodes) {
  KeyspaceSettings settings;
  settings.list_max_listpack_size = 1;
  // RPUSH k a b, list-max-listpack-size 1; RPUSH k a 0123456789x, and quicklist-packed-threshold 10b.
  const std::string packed = "1202020a0a0000000100816102ff020a0a0000000100816202ff0b00c3957cf3a3b6d4a7";
  const std::string plain = "1202020a0a0000000100816102ff010b30313233343536373839780b002804c700db946d0c";
  for (const std::string& hex : {packed, plain}) {
    const OwnedEntry entry = Restore(FromHex(hex), settings);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->encoding_name(), "quicklist");
    EXPECT_EQ(TextOf(*entry), hex == packed ? "list 1:a 1:b" : "list 1:a 11:0123456789x");
    EXPECT_EQ(ToHex(RdbWriter({.plain_bytes = 10}).Payload(*entry)), hex);
  }
}

// Types that Redis before 7.2 wrote: the first three by 7.0.15, the others by hand and tried on 7.2.4.
TEST(Payload, OlderTypes) {
  const KeyspaceSettings settings;
  const Sample samples[] = {
      {"set 1:a 1:b", "listpack", "0202016201610a0075d99d835ef85f65"},
      {"list 1:a 1:b 1:1", "listpack", "1201020f0f00000003008161028162020101ff0a00e01bab4a47ce5922"},
      {"zset 0.1:1:b 1:1:a", "listpack",
       "11c31b240d24000000040081620293302e3130e005000731148161020101ff0a003c737dd9809c7e98"},
      {"list 1:a 1:b 1:5", "listpack", "010301610162c00501006db43e3a53072a03"},
      {"zset -inf:1:c 0.1:1:d 3:1:a inf:1:b", "listpack", "0304016101330162fe0163ff016403302e31020058f2fe17adaafd99"},
      {"hash 1:f 1:v 1:n 2:42", "listpack", "0910020166010076016e0203343278797aff0200111bb638a18c880c"},
      {"zset 1:1:a 1.5:1:b inf:1:c", "listpack",
       "0c20200000001a000000060000016103f20201620303312e350501630303696e66ff06003368f953269b4ec9"},
      {"hash 1:7 0: 1:f 1:v 1:n 2:42", "listpack",
       "0d1b1b00000018000000060000016603017603016e03fe2a03f80200ff060094f6793906fc914d"},
      {"list 1:a 1:1 1:b", "quicklist",
       "0e0210100000000d000000020000016103f2ff0e0e0000000a0000000100000162ff0600f58eb1c0689d1f47"},
      {"list 1:a 1:0 2:12 2:13 2:-1 3:127 4:-129 3:300 6:-40000 7:8388607 10:2147483647 14:-1099511627776 64:" +
           std::string(64, 'x') + " 1:b",
       "quicklist",
       "0a4083830000007f0000000e0000016103f102fd02fe0d03feff03fe7f03c07fff04c02c0104f0c063ff05f0ffff7f05d0ffffff7f06e0"
       "0000000000ffffff0a404078787878787878787878787878787878787878787878787878787878787878787878787878787878787878787"
       "878787878787878787878787878787878787878430162ff0600ce53ce46b36d233b"},
  };
  for (const Sample& sample : samples) {
    const OwnedEntry entry = Restore(FromHex(sample.hex), settings);
    ASSERT_NE(entry, nullptr) << sample.text;
    EXPECT_EQ(TextOf(*entry), sample.text);
    EXPECT_EQ(entry->encoding_name(), sample.encoding) << sample.text;
  }
}

// An intact payload of these bytes.
std::string PayloadOf(std::string_view hex) {
  StringSink sink;
  RdbWriter writer(RdbWriter::Options{}, &sink);
  writer.Raw(FromHex(hex));
  writer.Fixed(static_cast<uint16_t>(kRdbVersion));
  writer.Fixed(writer.Checksum());
  CHECK(writer.Flush());
  return sink.text;
}

TEST(Payload, WhatIsRefused) {
  const KeyspaceSettings settings;
  struct Case {
    const char* hex;
    RdbError::Kind kind;
    const char* text;
  };
  const Case cases[] = {
      {"0200", RdbError::Kind::kEmpty, "a collection without elements"},
      {"1007070000000000ff", RdbError::Kind::kEmpty, "a collection without elements"},
      {"020201610161", RdbError::Kind::kDamaged, "a set has a member twice"},
      {"040201610162016101"
       "63",
       RdbError::Kind::kDamaged, "a hash has a field twice"},
      {"140d0d0000000200816102816102ff", RdbError::Kind::kDamaged, "a set has a member twice"},
      {"100a0a0000000100816102ff", RdbError::Kind::kDamaged, "a damaged packed collection"},
      {"05010161000000000000f87f", RdbError::Kind::kDamaged, "a score that is no number"},
      {"11100d0000000200816102816202ff000000", RdbError::Kind::kDamaged, "a damaged packed collection"},
      {"110d0d0000000200816102816202ff", RdbError::Kind::kDamaged, "a sorted set with a score that is no number"},
      {"0301016100", RdbError::Kind::kDamaged, "a score that is no number"},
      {"0005616263", RdbError::Kind::kEnd, "the bytes end too early"},
      {"00817fffffffffffffff61", RdbError::Kind::kEnd, "the bytes end too early"},
      {"00c301817fffffffffffffff61", RdbError::Kind::kDamaged, "a compressed string with an impossible length"},
      {"00c4", RdbError::Kind::kDamaged, "not a string"},
      {"1500", RdbError::Kind::kUnsupported, "a stream (type 21), which this version does not have"},
      {"0700", RdbError::Kind::kUnsupported, "a module's value (type 7), which this version does not have"},
      {"3000", RdbError::Kind::kUnsupported, "a value of an unknown type (type 48), which this version does not have"},
  };
  for (const Case& refused : cases) {
    RdbError error;
    EXPECT_EQ(Restore(PayloadOf(refused.hex), settings, &error), nullptr) << refused.hex;
    EXPECT_EQ(error.kind, refused.kind) << refused.hex;
    EXPECT_EQ(error.text, refused.text) << refused.hex;
  }
}

TEST(Payload, VersionAndChecksum) {
  std::string payload = PayloadOf("0161");
  EXPECT_TRUE(IsIntactPayload(payload));
  EXPECT_FALSE(IsIntactPayload(""));
  EXPECT_FALSE(IsIntactPayload(payload.substr(1)));
  for (size_t i = 0; i < payload.size(); ++i) {
    std::string changed = payload;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(IsIntactPayload(changed)) << i;
  }
}

}  // namespace
}  // namespace kvorum
