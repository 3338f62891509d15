// Indexes on JSON: how they follow it, and what they find and show.
#include <gtest/gtest.h>

#include "shard/test_harness.h"

namespace kvorum {
namespace {

class JsonSearch : public testing::Test {
 protected:
  std::string Set(const std::string& key, const std::string& json, const std::string& path = "$") {
    return shard.Run({"JSON.SET", key, path, json});
  }
  // The keys that a query finds, by key.
  std::string Keys(const std::string& query) {
    return shard.Run({"FT.SEARCH", "i", query, "NOCONTENT", "DIALECT", "2", "SORTBY", "order"});
  }
  void Create() {
    EXPECT_EQ(
        shard.Run(
            "FT.CREATE i ON JSON PREFIX 1 p: SCHEMA $.name AS name TEXT $.tags AS tags TAG $.price AS price NUMERIC "
            "$.sizes[*] AS size NUMERIC $.where AS where GEO $..note AS note TEXT $.ok AS ok TAG $.order AS order "
            "NUMERIC SORTABLE"),
        "OK");
  }

  TestShard shard;
};

TEST_F(JsonSearch, FollowsWrites) {
  Set("p:1",
      "{\"order\":1,\"name\":\"red "
      "apples\",\"tags\":[\"fruit\",\"red\"],\"price\":3,\"sizes\":[1,2],\"where\":\"2.35,48.86\",\"ok\":true}");
  Create();
  EXPECT_EQ(Keys("apple"), "[1, p:1]") << "what was there before";
  Set("p:2",
      "{\"order\":2,\"name\":\"pears\",\"tags\":\"fruit\",\"price\":5.5,\"sizes\":[7],\"in\":{\"note\":\"green\"},"
      "\"ok\":false}");
  Set("q:3", "{\"name\":\"apples\"}");
  EXPECT_EQ(Keys("@tags:{fruit}"), "[2, p:1, p:2]");
  EXPECT_EQ(Keys("@tags:{red}"), "[1, p:1]");
  EXPECT_EQ(Keys("@price:[4 6]"), "[1, p:2]");
  EXPECT_EQ(Keys("@size:[2 2]"), "[1, p:1]");
  EXPECT_EQ(Keys("@size:[0 10]"), "[2, p:1, p:2]");
  EXPECT_EQ(Keys("@where:[2.35 48.86 1 km]"), "[1, p:1]");
  EXPECT_EQ(Keys("@note:green"), "[1, p:2]");
  EXPECT_EQ(Keys("@ok:{true}"), "[1, p:1]");
  shard.Run("JSON.NUMINCRBY p:1 $.price 2");
  EXPECT_EQ(Keys("@price:[4 6]"), "[2, p:1, p:2]");
  Set("p:1", "\"cherries\"", "$.name");
  EXPECT_EQ(Keys("apple"), "[0]");
  EXPECT_EQ(Keys("cherry"), "[1, p:1]");
  shard.Run({"JSON.ARRAPPEND", "p:2", "$.tags", "\"x\""});
  shard.Run({"JSON.MERGE", "p:2", "$", "{\"tags\":[\"new\",\"fruit\"]}"});
  EXPECT_EQ(Keys("@tags:{new}"), "[1, p:2]");
  shard.Run("RENAME q:3 p:3");
  shard.Run("COPY p:3 p:4");
  EXPECT_EQ(Keys("apple"), "[2, p:3, p:4]");
  shard.Run("DEL p:3");
  shard.Run("JSON.DEL p:4");
  EXPECT_EQ(Keys("apple"), "[0]");
  shard.Run("SET p:2 x");
  shard.Run("HSET p:1 name cherry");
  EXPECT_EQ(Keys("*"), "[1, p:1]") << "p:1 is JSON still";
  shard.Run("DEL p:1");
  shard.Run("HSET p:1 name cherry");
  EXPECT_EQ(Keys("*"), "[0]") << "a hash is not JSON";
}

TEST_F(JsonSearch, ShowsDocumentsAndPaths) {
  Create();
  Set("p:1", "{\"order\":1,\"name\":\"one\",\"price\":3.0,\"tags\":[\"a\",\"b\"],\"in\":{\"x\":null}}");
  EXPECT_EQ(shard.Run("FT.SEARCH i one"),
            "[1, p:1, [$, {\"order\":1,\"name\":\"one\",\"price\":3.0,\"tags\":[\"a\",\"b\"],\"in\":{\"x\":null}}]]");
  EXPECT_EQ(shard.Run("FT.SEARCH i one RETURN 3 name price tags"),
            "[1, p:1, [name, one, price, 3.0, tags, [\"a\",\"b\"]]]");
  EXPECT_EQ(shard.Run("FT.SEARCH i one RETURN 4 $.in.x AS x $.none"), "[1, p:1, [x, null]]");
  EXPECT_EQ(shard.Run("FT.AGGREGATE i * LOAD 3 $.price AS p APPLY @p*2 AS twice"), "[1, [p, 3.0, twice, 6]]");
}

TEST_F(JsonSearch, WhatDoesNotFitIsAFailure) {
  Create();
  Set("p:1", "{\"order\":1,\"name\":3}");
  Set("p:2", "{\"order\":2,\"price\":\"3\"}");
  Set("p:3", "{\"order\":3,\"tags\":[{}]}");
  Set("p:4", "{\"order\":4,\"where\":\"x\"}");
  Set("p:5", "{\"order\":5,\"name\":null,\"tags\":[],\"price\":null}");
  Set("p:6", "[1]");
  EXPECT_EQ(Keys("*"), "[2, p:5, p:6]");
  EXPECT_NE(shard.Run("FT.INFO i").find("hash_indexing_failures, 4"), std::string::npos);
}

TEST_F(JsonSearch, RefusesPathsThatAreNone) {
  for (const char* path : {"$[", "$.a]", "$.a[?(@.b==]", "$..", "$.a[1:2:0x]"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(shard.Run({"FT.CREATE", "j", "ON", "JSON", "SCHEMA", path, "AS", "far", "NUMERIC"}),
              std::string("-ERR Invalid JSONPath '") + path + "' in attribute 'far'");
  }
  EXPECT_EQ(shard.Run("FT._LIST"), "[]");
  for (const char* path : {"$.some-text", "$['a b']", "$..a[*]", "y", "a.b", "$.a[?(@.b==1)].c"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(shard.Run({"FT.CREATE", "j", "ON", "JSON", "SCHEMA", path, "AS", "far", "TAG"}), "OK");
    EXPECT_EQ(shard.Run({"FT.ALTER", "j", "SCHEMA", "ADD", "$.a[", "AS", "more", "TAG"}),
              "-ERR Invalid JSONPath '$.a[' in attribute 'more'");
    EXPECT_EQ(shard.Run("FT.DROPINDEX j"), "OK");
  }
  // Of a hash it is a name.
  EXPECT_EQ(shard.Run({"FT.CREATE", "h", "SCHEMA", "$.a[", "AS", "far", "NUMERIC"}), "OK");
}

}  // namespace
}  // namespace kvorum
