// VECTOR fields through commands, and searches on other threads.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "shard/test_harness.h"
#include "shard/test_vectors.h"
#include "shard/vector_pool.h"

namespace kvorum {
namespace {

class VectorCommandsTest : public ::testing::Test {
 protected:
  void Create(const std::string& algorithm, const std::string& metric) {
    EXPECT_EQ(shard.Run(Words{"FT.CREATE",       "i",       "PREFIX", "1",       "d:",      "SCHEMA", "v",
                              "VECTOR",          algorithm, "6",      "TYPE",    "FLOAT32", "DIM",    "2",
                              "DISTANCE_METRIC", metric,    "n",      "NUMERIC", "t",       "TAG"}),
              "OK");
  }
  std::string Put(const std::string& key, const std::string& vector, const std::string& number = "0") {
    return shard.Run(Words{"HSET", key, "v", vector, "n", number, "t", "a"});
  }
  static Words Knn(const std::string& k, const std::string& query, const std::string& filter = "*") {
    return {"FT.SEARCH", "i", filter + "=>[KNN " + k + " @v $q AS s]",
            "RETURN",    "1", "s",
            "SORTBY",    "s", "PARAMS",
            "2",         "q", query,
            "DIALECT",   "2"};
  }

  TestShard shard;
};

// One that is walked in several parts (FieldVectors::kMostFilterWalk), with and without a wait between them.
TEST_F(VectorCommandsTest, ALongFilter) {
  Create("FLAT", "L2");
  constexpr int kDocuments = 140000;
  for (int i = 0; i < kDocuments; ++i) {
    ASSERT_EQ(Put("d:" + std::to_string(i), Bytes({static_cast<float>(i), 0}), std::to_string(i % 1000)), "3");
  }
  const std::string found = "[2, d:139999, [s, 0], d:139998, [s, 1]]";
  const Words query = Knn("2", Bytes({139999, 0}), "@n:[0 +inf]");
  EXPECT_EQ(shard.Run(query), found);
  shard.shard().vector_pool().SetManual();
  shard.Start(shard.session(), "PING");
  EXPECT_EQ(shard.session().Take(), "PONG");
  EXPECT_EQ(shard.Run(query), "");
  size_t turns = 0;
  for (std::string reply; reply.empty(); ++turns) {
    ASSERT_TRUE(shard.shard().vector_pool().RunOne());
    // Between two parts others come to their turn.
    EXPECT_EQ(shard.Run(shard.NewSession(), "PING"), "PONG");
    shard.Advance(1);
    reply = shard.session().Take();
    EXPECT_TRUE(reply.empty() || reply == found) << reply;
  }
  EXPECT_EQ(turns, 3U);
}

TEST_F(VectorCommandsTest, FollowsTheKeys) {
  for (const std::string algorithm : {"FLAT", "HNSW"}) {
    Put("d:before", Bytes({9, 9}));
    Create(algorithm, "L2");
    Put("d:1", Bytes({1, 0}), "1");
    Put("d:2", Bytes({2, 0}), "2");
    EXPECT_EQ(shard.Run(Knn("2", Bytes({0, 0}))), "[2, d:1, [s, 1], d:2, [s, 4]]");
    EXPECT_EQ(shard.Run(Knn("5", Bytes({0, 0}), "@n:[2 +inf]")), "[1, d:2, [s, 4]]");
    EXPECT_EQ(shard.Run(Knn("1", Bytes({9, 9}))), "[1, d:before, [s, 0]]");
    // Updates, renames, expiry, deletion, another type.
    Put("d:1", Bytes({5, 0}), "1");
    EXPECT_EQ(shard.Run(Knn("1", Bytes({0, 0}))), "[1, d:2, [s, 4]]");
    shard.Run("RENAME d:2 d:3");
    EXPECT_EQ(shard.Run(Knn("1", Bytes({0, 0}))), "[1, d:3, [s, 4]]");
    shard.Run("PEXPIRE d:3 10");
    shard.Advance(20);
    EXPECT_EQ(shard.Run(Knn("1", Bytes({0, 0}))), "[1, d:1, [s, 25]]");
    shard.Run("HDEL d:1 v");
    EXPECT_EQ(shard.Run(Knn("2", Bytes({0, 0}))), "[1, d:before, [s, 162]]");
    shard.Run("DEL d:before");
    EXPECT_EQ(shard.Run(Knn("2", Bytes({0, 0}))), "[0]");
    shard.Run("FLUSHALL");
    EXPECT_EQ(shard.Run("FT.DROPINDEX i"), "OK");
  }
}

TEST_F(VectorCommandsTest, RangesAndAggregation) {
  Create("HNSW", "COSINE");
  Put("d:1", Bytes({1, 0}));
  Put("d:2", Bytes({0, 1}));
  Put("d:3", Bytes({-1, 0}));
  EXPECT_EQ(shard.Run(Words{"FT.SEARCH", "i", "@v:[VECTOR_RANGE 1.5 $q]=>{$YIELD_DISTANCE_AS: d}", "RETURN", "1", "d",
                            "SORTBY", "d", "PARAMS", "2", "q", Bytes({3, 0}), "DIALECT", "2"}),
            "[2, d:1, [d, 0], d:2, [d, 1]]");
  EXPECT_EQ(shard.Run(Words{"FT.AGGREGATE", "i", "*=>[KNN 2 @v $q AS d]", "LOAD", "1", "@__key", "SORTBY", "2", "@d",
                            "ASC", "PARAMS", "2", "q", Bytes({3, 0}), "DIALECT", "2"}),
            "[2, [d, 0, __key, d:1], [d, 1, __key, d:2]]");
  // Loading the distance leaves it as it is.
  EXPECT_EQ(shard.Run(Words{"FT.AGGREGATE", "i", "*=>[KNN 1 @v $q AS d]", "LOAD", "2", "@__key", "@d", "PARAMS", "2",
                            "q", Bytes({3, 0}), "DIALECT", "2"}),
            "[1, [d, 0, __key, d:1]]");
  EXPECT_EQ(shard.Run(Words{"FT.SEARCH", "i", "(@v:[VECTOR_RANGE 0.5 $q])=>[KNN 3 @v $q AS s]", "RETURN", "1", "s",
                            "PARAMS", "2", "q", Bytes({3, 0}), "DIALECT", "2"}),
            "[1, d:1, [s, 0]]");
}

TEST_F(VectorCommandsTest, HostileVectorsAreErrors) {
  Create("HNSW", "COSINE");
  for (const std::string& bad : {std::string("x"), std::string(), Bytes({1}), Bytes({1, 2, 3}), Bytes({0, 0}),
                                 Bytes({NAN, 1}), Bytes({1, INFINITY})}) {
    Put("d:bad", bad);
    EXPECT_EQ(shard.Run(Knn("2", Bytes({1, 0}))), "[0]");
    EXPECT_EQ(shard.Run(Knn("2", bad)).substr(0, 4), "-ERR");
  }
  EXPECT_NE(shard.Run("FT.INFO i").find("hash_indexing_failures, 7"), std::string::npos);
  for (const char* query : {"*=>[KNN 2 @w $q]", "*=>[KNN 2 @n $q]", "*=>[KNN -1 @v $q]", "*=>[KNN 2 @v]",
                            "*=>[KNN 2 @v $r]", "@v:[VECTOR_RANGE -1 $q]", "@v:[VECTOR_RANGE nan $q]",
                            "*=>[KNN 2 @v $q EF_RUNTIME -1]", "*=>[KNN 99999999999999999999 @v $q]"}) {
    EXPECT_EQ(shard.Run(Words{"FT.SEARCH", "i", query, "PARAMS", "2", "q", Bytes({1, 0}), "DIALECT", "2"}).substr(0, 4),
              "-ERR")
        << query;
  }
}

TEST_F(VectorCommandsTest, SearchesWaitForOtherThreadsAndWritesGoOn) {
  shard.shard().vector_pool().SetManual();
  Create("HNSW", "L2");
  Put("d:1", Bytes({1, 0}));
  Put("d:2", Bytes({2, 0}));
  TestSession& other = shard.NewSession();
  std::string line = "FT.SEARCH i \"*=>[KNN 2 @v $q AS s]\" RETURN 1 s SORTBY s DIALECT 2 PARAMS 2 q \"";
  line += R"(\x00\x00\x00\x00\x00\x00\x00\x00")";
  EXPECT_EQ(shard.Run(other, line), "");
  // It sees what was there when it came, less what has gone.
  Put("d:0", Bytes({0, 0}));
  shard.Run("DEL d:2");
  EXPECT_EQ(shard.Run("GET x"), "nil");
  while (shard.shard().vector_pool().RunOne()) {
  }
  shard.Advance(1);
  EXPECT_EQ(other.Take(), "[1, d:1, [s, 1]]");
  // In a transaction it does not wait.
  shard.Run(other, "MULTI");
  shard.Run(other, line);
  EXPECT_EQ(shard.Run(other, "EXEC"), "[[2, d:0, [s, 0], d:1, [s, 1]]]");
  // The index goes while a search is under way; then another of its name comes.
  EXPECT_EQ(shard.Run(other, line), "");
  shard.Run("FT.DROPINDEX i");
  while (shard.shard().vector_pool().RunOne()) {
  }
  shard.Advance(1);
  EXPECT_EQ(other.Take().substr(0, 30), "-ERR Unknown index name 'i' (u");
  Create("FLAT", "L2");
  EXPECT_EQ(shard.Run(other, line), "");
  shard.Run("FT.DROPINDEX i");
  Create("HNSW", "L2");
  for (int i = 0; i < 4; ++i) {
    while (shard.shard().vector_pool().RunOne()) {
    }
    shard.Advance(1);
  }
  EXPECT_EQ(other.Take(), "[2, d:0, [s, 0], d:1, [s, 1]]");
  // The client goes.
  EXPECT_EQ(shard.Run(other, line), "");
  other.CloseNow();
  while (shard.shard().vector_pool().RunOne()) {
  }
  shard.Advance(1);
  EXPECT_EQ(other.Take(), "");
}

// What an insertion costs is done by jobs: none of them wait when nothing is built again.
TEST_F(VectorCommandsTest, GraphsStayAsTheyAre) {
  VectorPool& pool = shard.shard().vector_pool();
  pool.SetManual();
  Create("HNSW", "L2");
  for (int i = 0; i < 900; ++i) Put("d:" + std::to_string(i), Bytes({static_cast<float>(i), 1}), std::to_string(i));
  EXPECT_EQ(shard.Run("FT.SEARCH i @n:[1,1] NOCONTENT"), "[1, d:1]");
  auto settle = [&] {
    do {
      while (pool.RunOne()) {
      }
      shard.Advance(1);
    } while (pool.waiting() > 0);
  };
  // In a transaction a search waits for no other thread.
  auto nearest = [&](const std::string& filter = "*") {
    shard.Run("MULTI");
    shard.Run(Knn("1", Bytes({7, 1}), filter));
    return shard.Run("EXEC");
  };
  settle();
  // Another field is written: the vector stays where it is.
  shard.Run("HSET d:7 n 1007");
  EXPECT_EQ(shard.Run("FT.SEARCH i @n:[1007,1007] NOCONTENT"), "[1, d:7]");
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_EQ(nearest("@n:[1007 1007]"), "[[1, d:7, [s, 0]]]");
  shard.Run("RENAME d:8 d:x");  // another document
  shard.Run(Words{"HSET", "d:9", "v", Bytes({-9, 0})});
  EXPECT_EQ(shard.Run("FT.SEARCH i @n:[1,1] NOCONTENT"), "[1, d:1]");
  EXPECT_EQ(pool.waiting(), 2U);
  settle();
  // Fields that are added: documents are found all the time, but for a TEXT field.
  shard.Run("HMSET d:7 m 3 w word");
  EXPECT_EQ(shard.Run("FT.ALTER i SCHEMA ADD m NUMERIC SORTABLE g TAG INDEXMISSING"), "OK");
  EXPECT_EQ(shard.Run("FT.SEARCH i * LIMIT 0 0"), "[900]");
  EXPECT_EQ(nearest("@n:[1007 1007]"), "[[1, d:7, [s, 0]]]");
  settle();
  EXPECT_EQ(nearest("@m:[3 3] ismissing(@g)"), "[[1, d:7, [s, 0]]]");
  EXPECT_EQ(shard.Run("FT.SEARCH i ismissing(@g) LIMIT 0 0 DIALECT 2"), "[900]");
  EXPECT_EQ(shard.Run("FT.SEARCH i @n:[0,1100] SORTBY m ASC NOCONTENT LIMIT 0 1"), "[900, d:7]");
  EXPECT_EQ(shard.Run("FT.ALTER i SKIPINITIALSCAN SCHEMA ADD w2 TAG"), "OK");
  EXPECT_EQ(shard.Run("FT.ALTER i SCHEMA ADD w TEXT"), "OK");
  EXPECT_EQ(pool.waiting(), 0U);
  settle();
  EXPECT_EQ(nearest("@w:word"), "[[1, d:7, [s, 0]]]");
  EXPECT_EQ(nearest(), "[[1, d:7, [s, 0]]]");
  EXPECT_EQ(shard.Run("FT.SEARCH i * LIMIT 0 0"), "[900]");
  EXPECT_EQ(pool.waiting(), 0U);
  // Another vector field has vectors of its own.
  EXPECT_EQ(shard.Run("FT.ALTER i SCHEMA ADD v AS v2 VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE"), "OK");
  shard.Advance(1);
  EXPECT_GE(pool.waiting(), 1U);
  settle();
  EXPECT_EQ(nearest(), "[[1, d:7, [s, 0]]]");
}

TEST_F(VectorCommandsTest, FlushedAndSwapped) {
  VectorPool& pool = shard.shard().vector_pool();
  pool.SetManual();
  Create("HNSW", "L2");
  for (const std::string command : {"FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC"}) {
    for (int i = 0; i < 100; ++i) Put("d:" + std::to_string(i), Bytes({static_cast<float>(i), 1}));
    shard.Advance(1);
    if (command == "FLUSHDB") {
      while (pool.RunOne()) {
      }
      shard.Advance(1);
    }
    EXPECT_EQ(shard.Run(command), "OK");
    Put("d:1", Bytes({5, 1}));
    // What was prepared for documents that have gone comes to nothing.
    while (pool.RunOne()) {
    }
    shard.Advance(1);
    shard.Run("MULTI");
    shard.Run(Knn("9", Bytes({7, 1})));
    EXPECT_EQ(shard.Run("EXEC"), "[[1, d:1, [s, 4]]]") << command;
    EXPECT_NE(shard.Run("FT.INFO i").find("num_docs, 1,"), std::string::npos) << command;
    EXPECT_EQ(pool.waiting(), 0U) << command;
  }
  EXPECT_EQ(shard.Run("SWAPDB 0 1"), "OK");
  EXPECT_NE(shard.Run("FT.INFO i").find("num_docs, 0,"), std::string::npos);
  Put("d:2", Bytes({6, 1}));
  EXPECT_EQ(shard.Run("SWAPDB 1 0"), "OK");
  shard.Run("MULTI");
  shard.Run(Knn("9", Bytes({7, 1})));
  EXPECT_EQ(shard.Run("EXEC"), "[[1, d:1, [s, 4]]]");
  EXPECT_EQ(shard.Run("FT.DROPINDEX i"), "OK");
  while (pool.RunOne()) {
  }
  shard.Advance(1);
}

// By words "b" is first and "a" second; by the vector "c" (0), "b" (1), "d" (9), "a" (81).
class HybridTest : public VectorCommandsTest {
 protected:
  HybridTest() {
    EXPECT_EQ(
        shard.Run(
            "FT.CREATE i PREFIX 1 d: SCHEMA t TEXT n NUMERIC v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2"),
        "OK");
    Add("a", "tree", "1", Bytes({9, 0}));
    Add("b", "tree tree", "2", Bytes({1, 0}));
    Add("c", "leaf", "3", Bytes({0, 0}));
    Add("d", "leaf", "4", Bytes({3, 0}));
  }
  void Add(const std::string& name, const std::string& text, const std::string& number, const std::string& vector) {
    EXPECT_EQ(shard.Run(Words{"HSET", "d:" + name, "t", text, "n", number, "v", vector}), "3");
  }
  // The rows of the reply, or the error.
  std::string Hybrid(const std::string& options, const std::string& query = Bytes({0, 0})) {
    Words words{"FT.HYBRID", "i", "SEARCH", "tree", "VSIM", "@v", "$q"};
    std::istringstream more(options);
    for (std::string word; more >> word;) words.push_back(word);
    words.insert(words.end(), {"PARAMS", "2", "q", query});
    const std::string reply = shard.Run(words);
    const size_t begin = reply.find("results, [["), end = reply.find(", warnings");
    return begin == std::string::npos ? reply : reply.substr(begin + 9, end - begin - 9);
  }
};

TEST_F(HybridTest, AddsUpRanks) {
  EXPECT_EQ(
      Hybrid("KNN 2 K 2 COMBINE RRF 4 WINDOW 10 CONSTANT 1"),
      "[[__score, 0.833333333333, __key, d:b], [__score, 0.5, __key, d:c], [__score, 0.333333333333, __key, d:a]]");
  // 1 / 61 + 1 / 62 by default.
  EXPECT_EQ(Hybrid("KNN 2 K 2 LOAD 1 @n LIMIT 0 1"), "[[__score, 0.032522474881, n, 2]]");
  // Only the first of either list counts.
  EXPECT_EQ(Hybrid("KNN 2 K 2 COMBINE RRF 4 WINDOW 1 CONSTANT 1"),
            "[[__score, 0.5, __key, d:b], [__score, 0.5, __key, d:c]]");
}

TEST_F(HybridTest, AddsUpScores) {
  EXPECT_EQ(Hybrid("KNN 2 K 2 COMBINE LINEAR 4 ALPHA 0 BETA 1"),
            "[[__score, 1, __key, d:c], [__score, 0.5, __key, d:b], [__score, 0, __key, d:a]]");
  EXPECT_EQ(Hybrid("KNN 2 K 2 COMBINE LINEAR 6 ALPHA 0 BETA 2 YIELD_SCORE_AS s LOAD 2 @__key @s LIMIT 0 1"),
            "[[s, 2, __key, d:c]]");
  EXPECT_EQ(Hybrid("RANGE 2 RADIUS 1 COMBINE LINEAR 4 ALPHA 0 BETA 1"),
            "[[__score, 1, __key, d:c], [__score, 0.5, __key, d:b], [__score, 0, __key, d:a]]")
      << "\"d\" is outside of the radius";
}

TEST_F(HybridTest, FiltersTheVectorsSideOnly) {
  EXPECT_EQ(Hybrid("KNN 2 K 4 FILTER @n:[4,4] COMBINE LINEAR 4 ALPHA 0 BETA 1"),
            "[[__score, 0.1, __key, d:d], [__score, 0, __key, d:a], [__score, 0, __key, d:b]]");
}

TEST_F(HybridTest, TakesAFieldsNameAsItIs) {
  Words create{"FT.CREATE",       "j",      "PREFIX", "1", "e:",   "SCHEMA",  "t",   "TEXT",
               "my vec-1.x:@",    "VECTOR", "FLAT",   "6", "TYPE", "FLOAT32", "DIM", "2",
               "DISTANCE_METRIC", "L2"};
  EXPECT_EQ(shard.Run(create), "OK");
  EXPECT_EQ(shard.Run(Words{"HSET", "e:1", "t", "leaf", "my vec-1.x:@", Bytes({1, 0})}), "2");
  for (const char* how : {"KNN", "RANGE"}) {
    const std::string reply =
        shard.Run(Words{"FT.HYBRID", "j", "SEARCH", "tree", "VSIM", "@my vec-1.x:@", "$q", how, "2",
                        how[0] == 'K' ? "K" : "RADIUS", "2", "PARAMS", "2", "q", Bytes({0, 0})});
    EXPECT_NE(reply.find("__key, e:1"), reply.npos) << reply;
  }
}

TEST_F(HybridTest, RefusesWhatItCannotDo) {
  for (const char* options :
       {"KNN 2 K 0", "KNN 2 K x", "KNN 1 K", "RANGE 2 RADIUS -1", "COMBINE SUM 0", "COMBINE RRF 1 WINDOW",
        "COMBINE LINEAR 2 ALPHA x", "KNN 2 K 2 FILTER (", "WITHCURSOR", "NOSUCH"}) {
    EXPECT_EQ(Hybrid(options)[0], '-') << options << ": " << Hybrid(options);
  }
  EXPECT_EQ(Hybrid("", Bytes({0}))[0], '-');
  EXPECT_EQ(Hybrid("", Bytes({NAN, 0}))[0], '-');
  EXPECT_EQ(
      shard.Run(Words{"FT.HYBRID", "i", "SEARCH", "tree", "VSIM", "@n", "$q", "PARAMS", "2", "q", Bytes({0, 0})})[0],
      '-');
  EXPECT_EQ(shard.Run("FT.HYBRID i SEARCH")[0], '-');
}

TEST_F(VectorCommandsTest, SearchesOnThreads) {
  shard.shard().vector_pool().SetThreads(2);
  Create("HNSW", "L2");
  for (int i = 0; i < 300; ++i) Put("d:" + std::to_string(i), Bytes({static_cast<float>(i), 1}));
  shard.shard().vector_pool().Settle();
  std::string reply = shard.Run(Knn("3", Bytes({7, 1})));
  shard.shard().vector_pool().Settle();
  reply += shard.session().Take();
  EXPECT_EQ(reply, "[3, d:7, [s, 0], d:6, [s, 1], d:8, [s, 1]]");
}

}  // namespace
}  // namespace kvorum
