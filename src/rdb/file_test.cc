// Whole files: those in testdata/ were written by the Redis whose version they name.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "rdb/file_reader.h"
#include "rdb/file_writer.h"
#include "rdb/test_rdb.h"
#include "rdb/value_reader.h"

namespace kvorum {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream file(std::string(RDB_TESTDATA) + "/" + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  CHECK(!text.str().empty());
  return text.str();
}

struct Loaded {
  std::map<std::string, std::string> keys;  // "DB KEY" -> "DEADLINE ENCODING VALUE"
  std::map<std::string, std::string> aux;
  std::vector<std::string> functions;
  std::vector<OwnedEntry> entries;
  std::vector<int> databases;  // of the entries
  RdbError error;
  int version = 0;
};

Loaded Load(std::string_view bytes, size_t piece) {
  Loaded loaded;
  const KeyspaceSettings settings;
  PieceSource source(bytes, piece);
  RdbFileReader file(source);
  RdbValueReader values(file.in(), settings);
  RdbPart part;
  while (file.Next(&part)) {
    if (part.kind == RdbPart::Kind::kAux) loaded.aux[std::string(part.name)] = part.text;
    if (part.kind == RdbPart::Kind::kFunctions) loaded.functions.emplace_back(part.text);
    if (part.kind != RdbPart::Kind::kKey) continue;
    const std::string key(part.key);
    RdbValue value;
    if (!values.Read(part.type, &value)) break;
    Entry* entry = value.object != nullptr ? Entry::NewObject(key, std::move(value.object), part.deadline_ms)
                                           : Entry::NewString(key, value.text, part.deadline_ms);
    loaded.entries.emplace_back(entry);
    loaded.databases.push_back(part.db);
    if (!entry->is_string()) entry->object()->Validate();
    std::string text = TextOf(*entry);
    if (text.size() > 200) text = std::to_string(entry->object()->size()) + " elements";
    loaded.keys[std::to_string(part.db) + " " + key] =
        std::to_string(entry->deadline_ms()) + " " + std::string(entry->encoding_name()) + " " + text;
  }
  loaded.error = file.in().error();
  loaded.version = file.version();
  return loaded;
}

void ExpectGolden(const Loaded& loaded) {
  EXPECT_EQ(loaded.error.text, "");
  const std::map<std::string, std::string> expected = {
      {"0 string", "-1 embstr string hello"},
      {"0 number", "-1 embstr string -12345"},
      {"0 large number", "-1 embstr string 9007199254740993"},
      {"0 expires", "4102444800123 embstr string soon"},
      {"0 list", "-1 listpack list 1:a 1:1 6:-70000 0:"},
      {"0 long list", "-1 quicklist 600 elements"},
      {"0 integers", "-1 intset set 1:1 1:2 5:70000"},
      {"0 set", "-1 listpack set 2:10 1:x 1:y"},
      {"0 large set", "-1 hashtable 200 elements"},
      {"0 hash", "-1 listpack hash 1:n 1:1 5:field 5:value"},
      {"0 large hash", "-1 hashtable 600 elements"},
      {"0 sorted set", "-1 listpack zset -inf:1:c 1:1:a 2.5:1:b"},
      {"0 large sorted set", "-1 skiplist 200 elements"},
      {"3 elsewhere", "4102444800000 listpack hash 1:a 1:b"},
  };
  for (const auto& [key, text] : expected) EXPECT_EQ(loaded.keys.count(key) ? loaded.keys.at(key) : "", text) << key;
  EXPECT_EQ(loaded.keys.count("0 repeated"), 1u);
  EXPECT_EQ(loaded.keys.size(), expected.size() + 1);
  ASSERT_EQ(loaded.functions.size(), 1u);
  EXPECT_EQ(loaded.functions[0], "#!lua name=lib\nredis.register_function(\"f\", function() return 1 end)");
}

TEST(RdbFile, WrittenByRedis) {
  for (const auto& [name, redis, version] :
       {std::tuple("redis_7_2_4.rdb", "7.2.4", 11), std::tuple("redis_7_0_15.rdb", "7.0.15", 10)}) {
    const std::string bytes = ReadFile(name);
    for (size_t piece : {size_t{1}, size_t{7}, size_t{1} << 20}) {
      const Loaded loaded = Load(bytes, piece);
      ExpectGolden(loaded);
      EXPECT_EQ(loaded.aux.at("redis-ver"), redis);
      EXPECT_EQ(loaded.version, version);
    }
  }
}

TEST(RdbFile, WrittenAndReadAgain) {
  const Loaded first = Load(ReadFile("redis_7_2_4.rdb"), 1000);
  StringSink sink;
  RdbFileWriter writer(RdbWriter::Options{}, sink);
  writer.Aux("redis-ver", first.aux.at("redis-ver"));
  writer.Functions(first.functions[0]);
  int db = -1;
  for (size_t i = 0; i < first.entries.size(); ++i) {
    if (first.databases[i] != db) {
      db = first.databases[i];
      writer.SelectDb(db);
      writer.Sizes(first.entries.size(), 1);
    }
    writer.Key(*first.entries[i]);
  }
  ASSERT_TRUE(writer.Finish());
  EXPECT_EQ(sink.text.substr(0, 9), "REDIS0011");
  const Loaded second = Load(sink.text, 1000);
  ExpectGolden(second);
  EXPECT_EQ(second.keys, first.keys);
}

TEST(RdbFile, EveryDamageIsSeen) {
  const std::string bytes = ReadFile("redis_7_2_4.rdb");
  for (size_t size = 0; size < bytes.size(); size += 13) {
    EXPECT_NE(Load(std::string_view(bytes).substr(0, size), 5000).error.text, "") << size;
  }
  for (size_t i = 0; i < bytes.size(); i += 7) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
    EXPECT_NE(Load(changed, 5000).error.text, "") << i;
  }
}

TEST(RdbFile, OldFilesHaveNoChecksum) {
  // Version 3: SELECTDB 0, a deadline in seconds, a string.
  const Loaded loaded = Load(FromHex("5245444953303030"
                                     "33fe00fd00e1f505"
                                     "00016b0176ff"),
                             100);
  EXPECT_EQ(loaded.error.text, "");
  EXPECT_EQ(loaded.keys.at("0 k"), "100000000000 embstr string v");
}

TEST(RdbFile, NotOurs) {
  EXPECT_EQ(Load("PNG......", 100).error.text, "this is no RDB file: it does not begin with REDIS");
  EXPECT_EQ(Load("REDIS0099", 100).error.text, "RDB version 99: this program reads 1 to 11");
  EXPECT_EQ(Load("REDIS00x1", 100).error.text, "this is no RDB file: its version is no number");
  const Loaded damaged = Load("REDIS0011\xf0", 100);
  EXPECT_EQ(damaged.error.text, "byte 240 begins nothing that is known");
  EXPECT_EQ(damaged.error.offset, 10u);
}

// XADD s 1-1 a b, XGROUP CREATE s g 0, XREADGROUP of it; by Redis 7.2.4.
TEST(RdbFile, StreamsAreSkippedOrRefused) {
  const std::string value =
      "1501100000000000000001000000000000000133330000001300010101010101816102000103010001000181620204010001010100010201"
      "8161028162028163028164020801ff010201020101010201016702010201000000000000000200000000000000013430b504a20100000101"
      "05616c6963653430b504a20100003430b504a201000001000000000000000200000000000000010b0032ada91b0f3d8f70";
  const std::string bytes = FromHex(value);
  const std::string_view body = std::string_view(bytes).substr(1, bytes.size() - 1 - kPayloadFooterBytes);
  RdbReader reader(body);
  EXPECT_TRUE(SkipRdbValue(static_cast<uint8_t>(bytes[0]), reader)) << reader.error().text;
  EXPECT_EQ(reader.offset(), body.size());
}

}  // namespace
}  // namespace kvorum
