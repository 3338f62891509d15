#include <gtest/gtest.h>

#include "shard/search_service.h"
#include "shard/test_harness.h"

namespace kvorum {
namespace {

class SearchCommands : public ::testing::Test {
 protected:
  std::string Run(std::string_view line) { return shard_.Run(line); }
  void Fill() {
    EXPECT_EQ(
        Run("FT.CREATE idx ON HASH PREFIX 1 doc: SCORE 1.0 SCHEMA title TEXT SORTABLE tag TAG n NUMERIC SORTABLE"),
        "OK");
    Run("HSET doc:1 title 'Hello world' tag a,b n 1");
    Run("HSET doc:2 title 'Goodbye world' tag b n 2");
    Run("HSET other:3 title 'Hello other' tag b n 3");
  }
  TestShard shard_;
};

TEST_F(SearchCommands, CreateAndSearch) {
  Fill();
  EXPECT_EQ(Run("FT.CREATE idx SCHEMA t TEXT"), "-ERR Index already exists");
  EXPECT_EQ(Run("FT._LIST"), "[idx]");
  EXPECT_EQ(Run("FT.SEARCH idx hello"), "[1, doc:1, [title, Hello world, tag, a,b, n, 1]]");
  EXPECT_EQ(Run("FT.SEARCH idx world NOCONTENT SORTBY n DESC"), "[2, doc:2, doc:1]");
  EXPECT_EQ(Run("FT.SEARCH idx '@tag:{a}' RETURN 1 n"), "[1, doc:1, [n, 1]]");
  EXPECT_EQ(Run("FT.SEARCH idx '@n:[2 +inf]' LIMIT 0 0"), "[1]");
  EXPECT_EQ(Run("FT.SEARCH idx * NOCONTENT WITHSORTKEYS SORTBY title"),
            "[2, doc:2, $goodbye world, doc:1, $hello world]");
  EXPECT_EQ(Run("FT.SEARCH idx '('").substr(0, 18), "-ERR Syntax error ");
  EXPECT_EQ(Run("FT.SEARCH nope x"), "-ERR Unknown index name 'nope' (unknown: no such index)");
  EXPECT_EQ(Run("FT.TAGVALS idx tag"), "[a, b]");
  EXPECT_EQ(Run("FT.EXPLAIN idx 'hello -@tag:{a}' DIALECT 2"),
            "INTERSECT {\n  UNION {\n    hello\n    +hello(expanded)\n  }\n  NOT {\n    TAG:@tag {\n      a\n    }\n  "
            "}\n}\n");
}

TEST_F(SearchCommands, FollowsWrites) {
  Run("HSET doc:0 title 'Hello early bird'");
  Fill();
  EXPECT_EQ(Run("FT.SEARCH idx hello NOCONTENT SORTBY n"), "[2, doc:1, doc:0]");
  Run("HSET doc:1 title changed");
  EXPECT_EQ(Run("FT.SEARCH idx hello NOCONTENT"), "[1, doc:0]");
  Run("RENAME doc:2 away");
  EXPECT_EQ(Run("FT.SEARCH idx goodbye NOCONTENT"), "[0]");
  Run("RENAME away doc:9");
  EXPECT_EQ(Run("FT.SEARCH idx goodbye NOCONTENT"), "[1, doc:9]");
  Run("PEXPIRE doc:9 50");
  shard_.Advance(100);
  EXPECT_EQ(Run("FT.SEARCH idx goodbye NOCONTENT"), "[0]");
  Run("HDEL doc:0 title");
  EXPECT_EQ(Run("FT.SEARCH idx hello NOCONTENT"), "[0]");
  Run("SET doc:1 string");
  EXPECT_EQ(Run("FT.SEARCH idx changed NOCONTENT"), "[0]");
  Run("HSET doc:5 title last n x");
  EXPECT_EQ(Run("FT.SEARCH idx last NOCONTENT"), "[0]");  // a failure
  Run("HSET doc:5 n 7");
  EXPECT_EQ(Run("FT.SEARCH idx last NOCONTENT"), "[1, doc:5]");
  Run("COPY doc:5 doc:6");
  EXPECT_EQ(Run("FT.SEARCH idx last LIMIT 0 0"), "[2]");
  Run("FLUSHALL");
  EXPECT_EQ(Run("FT.SEARCH idx *"), "[0]");
  Run("HSET doc:7 title after");
  EXPECT_EQ(Run("FT.SEARCH idx after NOCONTENT"), "[1, doc:7]");
}

TEST_F(SearchCommands, ManyKeysAreReadInSlices) {
  for (int i = 0; i < 3000; ++i) Run("HSET doc:" + std::to_string(i) + " title word n " + std::to_string(i));
  Fill();
  for (int i = 0; i < 40; ++i) shard_.Advance(1);
  EXPECT_EQ(Run("FT.SEARCH idx word LIMIT 0 0"), "[2998]");
}

TEST_F(SearchCommands, Aggregates) {
  Fill();
  EXPECT_EQ(Run("FT.AGGREGATE idx * GROUPBY 1 @tag REDUCE COUNT 0 AS c SORTBY 2 @tag ASC"),
            "[2, [tag, a,b, c, 1], [tag, b, c, 1]]");
  EXPECT_EQ(Run("FT.AGGREGATE idx * LOAD 1 @n APPLY '@n * 10' AS m SORTBY 2 @m DESC"),
            "[2, [n, 2, m, 20], [n, 1, m, 10]]");
  EXPECT_EQ(Run("FT.AGGREGATE idx * LOAD 1 @n WITHCURSOR COUNT 1"), "[[2, [n, 1]], 1]");
  EXPECT_EQ(Run("FT.CURSOR READ idx 1"), "[[0, [n, 2]], 0]");
  EXPECT_EQ(Run("FT.CURSOR READ idx 1"), "-ERR Cursor not found, id: 1");
  Run("FT.AGGREGATE idx * LOAD 1 @n WITHCURSOR COUNT 1 MAXIDLE 100");
  shard_.Advance(1000);
  EXPECT_EQ(Run("FT.CURSOR DEL idx 2"), "-ERR Cursor not found, id: 2");
}

TEST_F(SearchCommands, AltersAliasesDrops) {
  Fill();
  EXPECT_EQ(Run("HSET doc:1 extra special"), "1");
  EXPECT_EQ(Run("FT.ALTER idx SCHEMA ADD extra TEXT"), "OK");
  EXPECT_EQ(Run("FT.SEARCH idx @extra:special NOCONTENT"), "[1, doc:1]");
  EXPECT_EQ(Run("FT.ALIASADD al idx"), "OK");
  EXPECT_EQ(Run("FT.ALIASADD al idx"), "-ERR Alias already exists");
  EXPECT_EQ(Run("FT.SEARCH al hello NOCONTENT"), "[1, doc:1]");
  EXPECT_EQ(Run("FT.ALIASUPDATE al idx"), "OK");
  EXPECT_EQ(Run("FT.ALIASDEL al"), "OK");
  EXPECT_EQ(Run("FT.ALIASDEL al"), "-ERR Alias does not exist");
  EXPECT_EQ(Run("FT.DROPINDEX idx DD"), "OK");
  EXPECT_EQ(Run("FT._LIST"), "[]");
  EXPECT_EQ(Run("EXISTS doc:1 doc:2 other:3"), "1");
  EXPECT_EQ(Run("FT.CONFIG GET default_dialect"), "[[DEFAULT_DIALECT, 1]]");
  EXPECT_EQ(Run("FT.CONFIG SET DEFAULT_DIALECT 2"), "OK");
  EXPECT_EQ(Run("FT.CONFIG GET DEFAULT_DIALECT"), "[[DEFAULT_DIALECT, 2]]");
}

TEST_F(SearchCommands, Resp3AndInfo) {
  Fill();
  const std::string info = Run("FT.INFO idx");
  EXPECT_NE(
      info.find(
          "index_name, idx, index_options, [], index_definition, [key_type, HASH, prefixes, [doc:], default_score, 1], "
          "attributes, [[identifier, title, attribute, title, type, TEXT, WEIGHT, 1, SORTABLE]"),
      std::string::npos)
      << info;
  EXPECT_NE(info.find("num_docs, 2, max_doc_id, 2"), std::string::npos) << info;
  EXPECT_NE(info.find("indexing, 0, percent_indexed, 1"), std::string::npos) << info;
  Run("HELLO 3");
  EXPECT_EQ(Run("FT.SEARCH idx hello RETURN 1 n"),
            "{attributes: [], warning: [], total_results: 1, format: STRING, results: [{id: doc:1, extra_attributes: "
            "{n: 1}, values: []}]}");
  EXPECT_EQ(Run("FT.AGGREGATE idx hello LOAD 1 n"),
            "{attributes: [], warning: [], total_results: 1, format: STRING, results: [{extra_attributes: {n: 1}, "
            "values: []}]}");
}

TEST_F(SearchCommands, TheCommandsThatMakeIndexes) {
  Fill();
  Run("FT.ALTER idx SCHEMA ADD extra TEXT");
  Run("FT.ALIASADD al idx");
  const auto commands = shard_.shard().search().DefinitionCommands();
  ASSERT_EQ(commands.size(), 2u);
  std::string line;
  for (const std::string& word : commands[0]) line += word + " ";
  EXPECT_EQ(line,
            "FT.CREATE idx ON HASH PREFIX 1 doc: SCORE 1.0 SCHEMA title TEXT SORTABLE tag TAG n NUMERIC SORTABLE extra "
            "TEXT ");
  EXPECT_EQ(commands[1], (std::vector<std::string>{"FT.ALIASADD", "al", "idx"}));
}

TEST_F(SearchCommands, GarbageIsSweptOut) {
  Fill();
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 50; ++i) Run("HSET doc:" + std::to_string(i) + " title word" + std::to_string(round));
    shard_.Advance(1);
  }
  for (int i = 0; i < 50; ++i) shard_.Advance(1);
  // At most as much as is not worth a walk.
  EXPECT_LT(shard_.shard().search().indexes().begin()->second.index->text().removed(), 64u);
  EXPECT_EQ(Run("FT.SEARCH idx word29 LIMIT 0 0"), "[50]");
}

TEST_F(SearchCommands, ProfilesAndDrops) {
  Fill();
  EXPECT_EQ(Run("FT.PROFILE idx SEARCH QUERY hello NOCONTENT").substr(0, 16), "[[1, doc:1], [To");
  EXPECT_EQ(Run("FT.PROFILE idx SEARCH hello").substr(0, 4), "-ERR");
  EXPECT_EQ(Run("FT.DROP idx KEEPDOCS"), "OK");
  EXPECT_EQ(Run("EXISTS doc:1"), "1");
}

}  // namespace
}  // namespace kvorum
