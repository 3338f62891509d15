// VECTOR fields on JSON: arrays of numbers, several to a document, and what is no vector.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shard/test_harness.h"
#include "shard/test_vectors.h"

namespace kvorum {
namespace {

class JsonVectorTest : public ::testing::Test {
 protected:
  void Create(const std::string& path, const std::string& algorithm = "HNSW", const std::string& metric = "L2",
              const std::string& type = "FLOAT32") {
    EXPECT_EQ(shard.Run(Words{
                  "FT.CREATE", "i",       "ON", "JSON", "PREFIX", "1",   "d:", "SCHEMA",          path,   "AS",  "v",
                  "VECTOR",    algorithm, "6",  "TYPE", type,     "DIM", "2",  "DISTANCE_METRIC", metric, "$.n", "AS",
                  "n",         "NUMERIC"}),
              "OK");
  }
  std::string Set(const std::string& key, const std::string& json, const std::string& path = "$") {
    return shard.Run(Words{"JSON.SET", key, path, json});
  }
  // The nearest to (0, 0), or to `query`.
  std::string Nearest(const std::string& filter = "*", const std::string& query = Bytes({0, 0})) {
    return shard.Run(Words{"FT.SEARCH", "i", filter + "=>[KNN 10 @v $q AS s]", "RETURN", "1", "s", "SORTBY", "s",
                           "PARAMS", "2", "q", query, "DIALECT", "2"});
  }
  std::string Info(const std::string& name) {
    const std::string info = shard.Run("FT.INFO i");
    const size_t at = info.find(name + ", ");
    return at == std::string::npos
               ? ""
               : info.substr(at + name.size() + 2, info.find(',', at + name.size() + 2) - at - name.size() - 2);
  }

  TestShard shard;
};

TEST_F(JsonVectorTest, FollowsWrites) {
  for (const std::string algorithm : {"FLAT", "HNSW"}) {
    Set("d:before", "{\"v\":[9,0]}");
    Create("$.v", algorithm);
    Set("d:1", "{\"v\":[1,0],\"n\":1}");
    Set("d:2", "{\"v\":[1.5,2e0],\"n\":2,\"x\":[[7]]}");
    EXPECT_EQ(Nearest(), "[3, d:1, [s, 1], d:2, [s, 6.25], d:before, [s, 81]]");
    EXPECT_EQ(Nearest("@n:[2 2]"), "[1, d:2, [s, 6.25]]");
    shard.Run("JSON.NUMINCRBY d:1 $.v[1] 3");
    EXPECT_EQ(Nearest("@n:[1 1]"), "[1, d:1, [s, 10]]");
    // A third number: the document is no longer of the index, until it goes.
    shard.Run("JSON.ARRAPPEND d:1 $.v 4");
    EXPECT_EQ(Nearest(), "[2, d:2, [s, 6.25], d:before, [s, 81]]");
    EXPECT_EQ(Info("hash_indexing_failures"), "1");
    shard.Run("JSON.ARRPOP d:1 $.v");
    EXPECT_EQ(Nearest("@n:[1 1]"), "[1, d:1, [s, 10]]");
    Set("d:1", "[0,0.5]", "$.v");
    EXPECT_EQ(Nearest("@n:[1 1]"), "[1, d:1, [s, 0.25]]");
    shard.Run(Words{"JSON.MERGE", "d:1", "$", "{\"v\":[2,2]}"});
    EXPECT_EQ(Nearest("@n:[1 1]"), "[1, d:1, [s, 8]]");
    // Without the path it is a document without a vector.
    shard.Run("JSON.DEL d:1 $.v");
    EXPECT_EQ(Nearest("@n:[1 1]"), "[0]");
    EXPECT_EQ(shard.Run("FT.SEARCH i @n:[1,1] NOCONTENT"), "[1, d:1]");
    shard.Run("RENAME d:2 d:3");
    shard.Run("DEL d:before");
    EXPECT_EQ(Nearest(), "[1, d:3, [s, 6.25]]");
    shard.Run("FLUSHALL");
    EXPECT_EQ(Nearest(), "[0]");
    EXPECT_EQ(shard.Run("FT.DROPINDEX i"), "OK");
  }
}

TEST_F(JsonVectorTest, WhatIsNoVectorIsAFailure) {
  for (const std::string algorithm : {"FLAT", "HNSW"}) {
    Create("$.v", algorithm);
    int failures = 0;
    for (const char* bad : {"[]",
                            "[1]",
                            "[1,2,3]",
                            "[1,\"2\"]",
                            "[1,\"NaN\"]",
                            "\"NaN\"",
                            "\"\\u0000\\u0000\\u0000\\u0000abcd\"",
                            "[1,null]",
                            "[true,false]",
                            "7",
                            "true",
                            "{}",
                            "{\"0\":1,\"1\":2}",
                            "[1,1e39]",
                            "[-1e39,1]",
                            "[1e308,1e308]",
                            "[[]]",
                            "[[1,2],[3]]",
                            "[[1,2],3]",
                            "[[[1,2]]]",
                            "[1,[2]]"}) {
      EXPECT_EQ(Set("d:bad", std::string("{\"n\":1,\"v\":") + bad + "}"), "OK") << bad;
      EXPECT_EQ(shard.Run("FT.SEARCH i * NOCONTENT"), "[0]") << bad;
      EXPECT_EQ(Info("hash_indexing_failures"), std::to_string(++failures)) << bad;
      EXPECT_EQ(Info("last indexing error key"), "d:bad]") << bad;
    }
    // NaN is no JSON.
    for (const char* bad : {"[1,NaN]", "[1,Infinity]", "[1,nan]", "[1,-inf]", "[1,]"}) {
      EXPECT_EQ(Set("d:nan", std::string("{\"v\":") + bad + "}").substr(0, 1), "-") << bad;
    }
    // None at all, or null, is not wrong.
    for (const char* none : {"{\"n\":1}", "{\"n\":1,\"v\":null}", "{\"n\":1,\"w\":[1]}"}) {
      Set("d:bad", none);
      EXPECT_EQ(shard.Run("FT.SEARCH i * NOCONTENT"), "[1, d:bad]") << none;
      EXPECT_EQ(Nearest(), "[0]") << none;
    }
    EXPECT_EQ(Info("hash_indexing_failures"), std::to_string(failures));
    shard.Run("FLUSHALL");
    shard.Run("FT.DROPINDEX i");
  }
}

TEST_F(JsonVectorTest, NoDirectionUnderCosine) {
  Create("$.v", "HNSW", "COSINE");
  Set("d:1", "{\"v\":[0,0]}");
  Set("d:2", "{\"v\":[0,-0.0]}");
  Set("d:3", "{\"v\":[0,3]}");
  EXPECT_EQ(Nearest("*", Bytes({0, 1})), "[1, d:3, [s, 0]]");
  EXPECT_EQ(Info("hash_indexing_failures"), "2");
}

TEST_F(JsonVectorTest, SeveralVectorsOfADocument) {
  for (const std::string path : {"$.v[*]", "$.v", "$..e"}) {
    for (const std::string algorithm : {"FLAT", "HNSW"}) {
      Create(path, algorithm);
      auto set = [&](const std::string& key, const std::vector<std::string>& vectors) {
        std::string json = path == "$..e" ? "{\"n\":1,\"v\":{\"none\":1" : "{\"n\":1,\"v\":[";
        for (size_t i = 0; i < vectors.size(); ++i) {
          if (path == "$..e") {
            json += ",\"x" + std::to_string(i) + "\":{\"e\":" + vectors[i] + "}";
          } else {
            json += (i > 0 ? "," : "") + vectors[i];
          }
        }
        EXPECT_EQ(Set(key, json + (path == "$..e" ? "}}" : "]}")), "OK");
      };
      set("d:1", {"[3,0]", "[1,0]", "[100,0]"});
      set("d:2", {"[2,0]"});
      set("d:3", {"[0,5]", "[0,5]", "[4,0]"});
      // Each document once, by its nearest.
      EXPECT_EQ(Nearest(), "[3, d:1, [s, 1], d:2, [s, 4], d:3, [s, 16]]") << path;
      EXPECT_EQ(Nearest("*", Bytes({100, 0})), "[3, d:1, [s, 0], d:3, [s, 9216], d:2, [s, 9604]]") << path;
      EXPECT_EQ(shard.Run(Words{"FT.SEARCH", "i", "@v:[VECTOR_RANGE 9 $q]=>{$YIELD_DISTANCE_AS: s}", "RETURN", "1", "s",
                                "SORTBY", "s", "PARAMS", "2", "q", Bytes({0, 3}), "DIALECT", "2"}),
                "[1, d:3, [s, 4]]");
      // K counts documents.
      EXPECT_EQ(shard.Run(Words{"FT.SEARCH", "i", "*=>[KNN 2 @v $q AS s]", "NOCONTENT", "PARAMS", "2", "q",
                                Bytes({100, 0}), "DIALECT", "2"}),
                "[2, d:1, d:3]");
      set("d:1", {"[50,0]"});
      EXPECT_EQ(Nearest(), "[3, d:2, [s, 4], d:3, [s, 16], d:1, [s, 2500]]") << path;
      // One wrong among right ones.
      set("d:2", {"[2,0]", "[2]"});
      EXPECT_EQ(Nearest(), "[2, d:3, [s, 16], d:1, [s, 2500]]") << path;
      EXPECT_EQ(Info("hash_indexing_failures"), "1");
      shard.Run("FLUSHALL");
      shard.Run("FT.DROPINDEX i");
    }
  }
}

// Distances are those of the numbers in the document, not of the index's codes.
TEST_F(JsonVectorTest, DistancesAreExact) {
  Create("$.v[*]");
  for (int i = 0; i < 500; ++i) {
    Set("d:" + std::to_string(i), "{\"v\":[[" + std::to_string(i) + ".03,0],[1000," + std::to_string(i) + ".07]]}");
  }
  const std::string found = Nearest("*", Bytes({100, 0}));
  EXPECT_EQ(found.substr(0, 39), "[10, d:100, [s, 0.000899926759303], d:9") << found;
}

TEST_F(JsonVectorTest, OtherTypesOfElements) {
  for (const std::string type : {"FLOAT64", "FLOAT16", "BFLOAT16", "INT8", "UINT8"}) {
    Create("$.v", "FLAT", "L2", type);
    Set("d:1", "{\"v\":[3,4]}");
    Set("d:2", "{\"v\":[5,6]}");
    const std::string zero(type == "FLOAT64" ? 16 : type.ends_with("INT8") ? 2 : 4, '\0');
    EXPECT_EQ(Nearest("*", zero), "[2, d:1, [s, 25], d:2, [s, 61]]") << type;
    shard.Run("FLUSHALL");
    shard.Run("FT.DROPINDEX i");
  }
}

TEST_F(JsonVectorTest, AReplyHasThePathAsItIs) {
  Create("$.v");
  Set("d:1", "{\"v\":[1,2.50],\"n\":3}");
  EXPECT_EQ(shard.Run("FT.SEARCH i * RETURN 1 v"), "[1, d:1, [v, [1,2.5]]]");
  EXPECT_EQ(shard.Run("FT.SEARCH i *"), "[1, d:1, [$, {\"v\":[1,2.5],\"n\":3}]]");
}

}  // namespace
}  // namespace kvorum
