#include "search/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "search/test_documents.h"

namespace kvorum {
namespace {

class AggregateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Schema schema;
    std::string error;
    const std::vector<std::string_view> words = {"SCHEMA",  "name",     "TEXT",  "SORTABLE", "kind", "TAG", "price",
                                                 "NUMERIC", "SORTABLE", "stock", "NUMERIC",  "at",   "GEO"};
    ASSERT_TRUE(ParseSchema(words, &schema, &error)) << error;
    index_ = SearchIndex::Create("idx", schema, nullptr, &error);
    Put("1",
        {{"name", "Red apple"}, {"kind", "fruit"}, {"price", "3"}, {"stock", "10"}, {"note", "n1"}, {"at", "1,2"}});
    Put("2", {{"name", "Green pear"}, {"kind", "fruit"}, {"price", "5"}, {"stock", "20"}});
    Put("3", {{"name", "Leek"}, {"kind", "vegetable"}, {"price", "2"}, {"stock", "5"}});
    Put("4", {{"name", "Red onion"}, {"kind", "vegetable"}, {"price", "1"}});
    Put("5", {{"name", "Salt"}, {"price", "0.5"}});
  }
  void Put(const std::string& key, TestDocument::Fields fields) {
    documents_.by_key[key] = TestDocument(std::move(fields));
    index_->Put(key, documents_.by_key[key]);
  }
  std::string Run(const std::vector<std::string_view>& words) {
    AggregateRequest request;
    AggregateResults results;
    std::string error;
    Random random(1);
    if (!ParseAggregateRequest(words, 2, &request, &error)) return "! " + error;
    if (!Aggregate(index_.get(), request, {.documents = &documents_}, &random, &results, &error)) return "! " + error;
    std::string shown = std::to_string(results.total);
    for (const AggregateRow& row : results.rows) {
      shown += " (";
      for (const auto& [name, value] : row.fields) shown += name + "=" + value.ToText() + ";";
      shown += ")";
    }
    return shown;
  }

  std::unique_ptr<SearchIndex> index_;
  TestDocuments documents_;
};

TEST_F(AggregateTest, GroupsAndReduces) {
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "REDUCE", "COUNT", "0", "AS", "n", "REDUCE", "SUM", "1", "@price", "AS",
                 "sum"}),
            "3 (kind=fruit;n=2;sum=8;) (kind=vegetable;n=2;sum=3;) (n=1;sum=0.5;)");
  EXPECT_EQ(Run({"*",      "GROUPBY", "0",
                 "REDUCE", "AVG",     "1",
                 "@price", "REDUCE",  "MIN",
                 "1",      "@price",  "AS",
                 "lo",     "REDUCE",  "MAX",
                 "1",      "@stock",  "AS",
                 "hi",     "REDUCE",  "COUNT_DISTINCT",
                 "1",      "@kind",   "AS",
                 "kinds",  "REDUCE",  "COUNT_DISTINCTISH",
                 "1",      "@kind",   "AS",
                 "about"}),
            "1 (__generated_aliasavgprice=2.3;lo=0.5;hi=20;kinds=2;about=2;)");
  EXPECT_EQ(Run({"*", "GROUPBY", "0", "REDUCE", "STDDEV", "1", "@price", "AS", "sd", "REDUCE", "QUANTILE", "2",
                 "@price", "0.5", "AS", "median"}),
            "1 (sd=1.788854382;median=2;)");
  EXPECT_EQ(Run({"fruit|red|green|leek", "GROUPBY", "1", "@kind", "REDUCE", "FIRST_VALUE", "4", "@name", "BY", "@price",
                 "DESC", "AS", "dearest", "REDUCE", "TOLIST", "1", "@price", "AS", "prices"}),
            "2 (kind=fruit;dearest=green pear;prices=3,5;) (kind=vegetable;dearest=leek;prices=2,1;)");
  EXPECT_EQ(Run({"*", "GROUPBY", "0", "REDUCE", "RANDOM_SAMPLE", "2", "@price", "10", "AS", "all"}),
            "1 (all=3,5,2,1,0.5;)");
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "REDUCE", "COUNT", "0", "AS", "n", "GROUPBY", "0", "REDUCE", "MAX", "1",
                 "@n", "AS", "most"}),
            "1 (most=2;)");
  EXPECT_EQ(Run({"@kind:{fruit}", "GROUPBY", "1", "@kind", "REDUCE", "COLLECT", "9", "FIELDS", "1", "@price", "SORTBY",
                 "2", "@price", "DESC", "LIMIT", "0", "AS", "c"})
                .substr(0, 1),
            "!");
  EXPECT_EQ(Run({"@kind:{fruit}", "GROUPBY", "1", "@kind", "REDUCE", "COLLECT", "10", "FIELDS", "1", "@price", "SORTBY",
                 "2", "@price", "DESC", "LIMIT", "0", "5", "AS", "c"}),
            "1 (kind=fruit;c=price,5,price,3;)");
}

TEST_F(AggregateTest, AppliesFiltersSorts) {
  EXPECT_EQ(Run({"*", "LOAD", "1", "@price", "APPLY", "@price * 2", "AS", "twice", "SORTBY", "2", "@twice", "DESC",
                 "LIMIT", "0", "2"}),
            "5 (price=5;twice=10;) (price=3;twice=6;)");
  EXPECT_EQ(Run({"*", "LOAD", "2", "name", "note", "FILTER", "@price >= 3", "SORTBY", "1", "@price"}),
            "2 (name=Red apple;note=n1;price=3;) (name=Green pear;price=5;)");
  EXPECT_EQ(Run({"*", "LOAD", "3", "name", "AS", "what", "SORTBY", "2", "@what", "DESC", "MAX", "1"}),
            "5 (what=Salt;)");
  EXPECT_EQ(Run({"*", "LOAD", "1", "@__key", "FILTER", "!exists(@kind)"}), "1 (__key=5;)");
  EXPECT_EQ(Run({"*", "LIMIT", "1", "2", "LOAD", "1", "@__key"}), "5 (__key=2;) (__key=3;)");
  EXPECT_EQ(Run({"@name:red", "LOAD", "*"}),
            "2 (name=Red apple;kind=fruit;price=3;stock=10;note=n1;at=1,2;) (name=Red onion;kind=vegetable;price=1;)");
  EXPECT_EQ(Run({"*", "APPLY", "geodistance(@at, 1, 2)", "AS", "d", "FILTER", "exists(@d)"}), "1 (d=0;)");
  EXPECT_EQ(Run({"leek|onion", "APPLY", "matched_terms()", "AS", "m"}), "2 (m=leek;) (m=onion;)");
  EXPECT_EQ(Run({"*", "FILTER", "@price > $p", "PARAMS", "2", "p", "4", "LOAD", "1", "price"}), "1 (price=5;)");
  EXPECT_EQ(Run({"leek", "ADDSCORES", "APPLY", "@__score > 0", "AS", "good"}).find("good=1") != std::string::npos,
            true);
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "REDUCE", "COUNT", "0", "AS", "n", "FILTER", "@n > 1", "SORTBY", "2",
                 "@kind", "DESC"}),
            "2 (kind=vegetable;n=2;) (kind=fruit;n=2;)");
}

TEST_F(AggregateTest, Errors) {
  EXPECT_EQ(Run({"*", "NOPE"}), "! Unknown argument `NOPE` at position 1 for <main>");
  EXPECT_EQ(Run({"*", "APPLY", "1 +", "AS", "x"}).substr(0, 14), "! Syntax error");
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "REDUCE", "NOPE", "1", "x"}), "! No such reducer: NOPE");
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "REDUCE", "SUM", "0"}), "! Bad arguments for SUM");
  EXPECT_EQ(Run({"*", "SORTBY", "1", "@nope"}), "! Property `nope` not loaded nor in pipeline");
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "SORTBY", "1", "@price"}),
            "! Property `price` not loaded nor in pipeline");
  EXPECT_EQ(Run({"*", "GROUPBY", "1", "@kind", "LOAD", "1", "@price"}), "! LOAD cannot be applied after a GROUPBY");
  EXPECT_EQ(Run({"(", "LOAD", "1", "@price"}).substr(0, 14), "! Syntax error");
}

}  // namespace
}  // namespace kvorum
