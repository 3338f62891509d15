#include "search/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "base/random.h"
#include "search/test_documents.h"

namespace kvorum {
namespace {

using Keys = std::vector<std::string>;

std::string FloatBytes(float number) { return {reinterpret_cast<const char*>(&number), sizeof(number)}; }

class SearchTest : public ::testing::Test {
 protected:
  void Create(const std::vector<std::string_view>& words) {
    Schema schema;
    std::string error;
    ASSERT_TRUE(ParseSchema(words, &schema, &error)) << error;
    index_ = SearchIndex::Create("idx", schema, nullptr, &error);
    ASSERT_NE(index_, nullptr) << error;
  }
  SearchIndex::Outcome Put(const std::string& key, TestDocument::Fields fields) {
    documents_.by_key[key] = TestDocument(std::move(fields));
    return index_->Put(key, documents_.by_key[key]);
  }
  void Remove(const std::string& key) {
    documents_.by_key.erase(key);
    index_->Remove(key);
  }

  // "! error", or the results.
  SearchResults Run(std::vector<std::string_view> words) {
    request_ = SearchRequest();
    SearchResults results;
    error_.clear();
    if (!ParseSearchRequest(words, 2, &request_, &error_)) return results;
    const bool found = Search(index_.get(), request_, {.documents = &documents_}, &results, &error_);
    EXPECT_EQ(found, error_.empty());
    return results;
  }
  Keys Find(std::vector<std::string_view> words) {
    const SearchResults results = Run(std::move(words));
    if (!error_.empty()) return {"! " + error_};
    Keys keys;
    for (const SearchRow& row : results.rows) keys.push_back(row.document->key);
    return keys;
  }
  Keys Sorted(std::vector<std::string_view> words) {
    Keys keys = Find(std::move(words));
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  std::string Shown(std::vector<std::string_view> words) {
    const SearchResults results = Run(std::move(words));
    std::string shown = error_;
    const RowFormatter formatter(index_.get(), &request_);
    for (const SearchRow& row : results.rows) {
      shown += row.document->key + "(";
      for (const auto& [name, value] : formatter.Fields(row, *documents_.Open(row.document->key)))
        shown += name + "=" + value + ";";
      shown += ")";
    }
    return shown;
  }

  std::unique_ptr<SearchIndex> index_;
  TestDocuments documents_;
  SearchRequest request_;
  std::string error_;
};

TEST_F(SearchTest, FindsTexts) {
  Create({"SCHEMA", "title", "TEXT", "WEIGHT", "5", "body", "TEXT"});
  Put("1", {{"title", "Hello world"}, {"body", "the quick brown fox jumps"}});
  Put("2", {{"title", "Quick foxes"}, {"body", "hello to a wide world of jumping"}});
  Put("3", {{"title", "Nothing"}, {"body", "king of england"}});
  EXPECT_EQ(Sorted({"hello world"}), (Keys{"1", "2"}));
  EXPECT_EQ(Find({"\"hello world\""}), (Keys{"1"}));
  EXPECT_EQ(Find({"\"king of england\""}), (Keys{"3"}));
  EXPECT_EQ(Find({"@title:hello"}), (Keys{"1"}));
  EXPECT_EQ(Find({"fox"}), (Keys{"2", "1"}));  // the title counts more
  EXPECT_EQ(Find({"fox", "VERBATIM"}), (Keys{"1"}));
  EXPECT_EQ(Sorted({"jump"}), (Keys{"1", "2"}));
  EXPECT_EQ(Find({"-hello"}), (Keys{"3"}));
  EXPECT_EQ(Sorted({"qui*"}), (Keys{"1", "2"}));
  EXPECT_EQ(Find({"%kinf%"}), (Keys{"3"}));
  EXPECT_EQ(Find({"*glan*"}), (Keys{"3"}));
  EXPECT_EQ(Find({"w'k?n*'"}), (Keys{"3"}));
  EXPECT_EQ(Find({"hello world", "SLOP", "0", "INORDER"}), (Keys{"1"}));
  EXPECT_EQ(Sorted({"(hello world)=>{$slop:1}"}), (Keys{"1", "2"}));
  EXPECT_EQ(Find({"hello", "INFIELDS", "1", "title"}), (Keys{"1"}));
  EXPECT_EQ(Sorted({"*"}), (Keys{"1", "2", "3"}));
  EXPECT_EQ(Sorted({"*", "INKEYS", "3", "3", "1", "9"}), (Keys{"1", "3"}));
  EXPECT_EQ(Sorted({"nothing|fox"}), (Keys{"1", "2", "3"}));
  EXPECT_EQ(Find({"hello=>{$weight:0.001} ~wide"}), (Keys{"2", "1"}));
  EXPECT_EQ(Run({"*", "LIMIT", "0", "0"}).total, 3u);
  EXPECT_EQ(Find({"fox", "SCORER", "NOPE"}), (Keys{"! No such scorer NOPE"}));
  index_->Validate();
}

TEST_F(SearchTest, FiltersAndSorts) {
  Create({"SCHEMA", "name", "TEXT", "SORTABLE", "tags", "TAG", "INDEXMISSING", "price", "NUMERIC", "SORTABLE", "at",
          "GEO", "stock", "NUMERIC"});
  Put("a", {{"name", "Zoë"}, {"tags", "Red, deep blue"}, {"price", "10"}, {"at", "2.35,48.86"}, {"stock", "5"}});
  Put("b", {{"name", "anna"}, {"tags", "red"}, {"price", "20.5"}, {"at", "13.4,52.52"}, {"stock", "7"}});
  Put("c", {{"name", "Élan"}, {"price", "-3"}, {"at", "2.3,48.9"}});
  Put("d", {{"name", "berta"}, {"tags", "blue"}});
  EXPECT_EQ(Sorted({"@tags:{red}"}), (Keys{"a", "b"}));
  EXPECT_EQ(Find({"@tags:{deep blue}"}), (Keys{"a"}));
  EXPECT_EQ(Sorted({"@tags:{deep* | BLUE}"}), (Keys{"a", "d"}));
  EXPECT_EQ(Find({"@tags:{red} @tags:{deep blue}"}), (Keys{"a"}));
  EXPECT_EQ(Find({"ismissing(@tags)"}), (Keys{"c"}));
  EXPECT_EQ(Sorted({"-@tags:{red}"}), (Keys{"c", "d"}));
  EXPECT_EQ(Sorted({"@price:[-inf 10]"}), (Keys{"a", "c"}));
  EXPECT_EQ(Find({"@price:[(10 +inf]"}), (Keys{"b"}));
  EXPECT_EQ(Find({"*", "FILTER", "price", "(10", "30"}), (Keys{"b"}));
  EXPECT_EQ(Sorted({"@at:[2.35 48.86 20 km]"}), (Keys{"a", "c"}));
  EXPECT_EQ(Find({"*", "GEOFILTER", "at", "13", "52", "100", "km"}), (Keys{"b"}));
  EXPECT_EQ(Find({"*", "SORTBY", "name"}), (Keys{"b", "d", "c", "a"}));
  EXPECT_EQ(Find({"*", "SORTBY", "price", "DESC"}), (Keys{"b", "a", "c", "d"}));
  EXPECT_EQ(Find({"*", "SORTBY", "price"}), (Keys{"c", "a", "b", "d"}));
  EXPECT_EQ(Find({"*", "SORTBY", "stock", "DESC"}), (Keys{"b", "a", "c", "d"}));
  EXPECT_EQ(Find({"*", "SORTBY", "price", "LIMIT", "1", "1"}), (Keys{"a"}));
  EXPECT_EQ(Find({"*", "SORTBY", "nope"}), (Keys{"! Property `nope` not loaded nor in schema"}));
}

TEST_F(SearchTest, FollowsChanges) {
  Create({"PREFIX", "1", "doc:", "FILTER", "@age > 17", "SCHEMA", "name", "TEXT", "age", "NUMERIC"});
  EXPECT_TRUE(index_->Covers("doc:1"));
  EXPECT_FALSE(index_->Covers("other:1"));
  EXPECT_EQ(Put("doc:1", {{"name", "ann"}, {"age", "20"}}), SearchIndex::Outcome::kIndexed);
  EXPECT_EQ(Put("doc:2", {{"name", "ann"}, {"age", "10"}}), SearchIndex::Outcome::kFiltered);
  EXPECT_EQ(Find({"ann"}), (Keys{"doc:1"}));
  EXPECT_EQ(Put("doc:1", {{"name", "bob"}, {"age", "30"}}), SearchIndex::Outcome::kIndexed);
  EXPECT_EQ(Find({"ann"}), Keys{});
  EXPECT_EQ(Find({"bob @age:[30 30]"}), (Keys{"doc:1"}));
  EXPECT_EQ(Put("doc:1", {{"name", "bob"}, {"age", "old"}}), SearchIndex::Outcome::kFailed);
  EXPECT_EQ(index_->failures().count, 1u);
  EXPECT_EQ(index_->failures().last_key, "doc:1");
  EXPECT_EQ(index_->size(), 0u);
  EXPECT_TRUE(index_->HasGarbage());
  while (index_->HasGarbage()) index_->Collect(1);
  EXPECT_EQ(index_->records(), 0u);
  index_->Validate();
}

TEST_F(SearchTest, ShowsWhatIsAskedFor) {
  Create({"SCHEMA", "t", "AS", "title", "TEXT", "n", "NUMERIC"});
  Put("1", {{"t", "one two three four five six"}, {"n", "7"}, {"x", "y"}});
  EXPECT_EQ(Shown({"two"}), "1(t=one two three four five six;n=7;x=y;)");
  EXPECT_EQ(Shown({"two", "RETURN", "2", "n", "x"}), "1(n=7;x=y;)");
  EXPECT_EQ(Shown({"two", "RETURN", "3", "title", "AS", "what"}), "1(what=one two three four five six;)");
  EXPECT_EQ(Shown({"threes", "RETURN", "1", "title", "HIGHLIGHT"}), "1(title=one two <b>three</b> four five six;)");
  EXPECT_EQ(Shown({"tw*", "RETURN", "1", "title", "HIGHLIGHT", "FIELDS", "1", "title", "TAGS", "[", "]"}),
            "1(title=one [two] three four five six;)");
  EXPECT_EQ(Shown({"four", "RETURN", "1", "title", "SUMMARIZE", "FRAGS", "1", "LEN", "2", "SEPARATOR", " | "}),
            "1(title=three four five | ;)");
}

TEST_F(SearchTest, AsksVectors) {
  Create({"SCHEMA", "v", "VECTOR", "FLAT", "6", "TYPE", "FLOAT32", "DIM", "1", "DISTANCE_METRIC", "L2", "t", "TAG"});
  for (int i = 0; i < 9; ++i) {
    Put(std::to_string(i), {{"v", FloatBytes(static_cast<float>(i))}, {"t", i % 2 == 0 ? "even" : "odd"}});
  }
  EXPECT_EQ(Put("bad", {{"v", "xyz"}}), SearchIndex::Outcome::kFailed);
  EXPECT_EQ(Put("bad", {{"v", FloatBytes(INFINITY)}}), SearchIndex::Outcome::kFailed);
  EXPECT_EQ(Put("bad", {{"v", FloatBytes(NAN)}}), SearchIndex::Outcome::kFailed);
  const std::string four = FloatBytes(4.2F);
  EXPECT_EQ(Find({"*=>[KNN 3 @v $q]", "PARAMS", "2", "q", four}), (Keys{"4", "5", "3"}));
  EXPECT_EQ(Find({"@t:{odd}=>[KNN 2 @v $q AS d]", "PARAMS", "2", "q", four, "SORTBY", "d", "DESC"}), (Keys{"3", "5"}));
  EXPECT_EQ(Sorted({"@v:[VECTOR_RANGE 1 $q]", "PARAMS", "2", "q", four}), (Keys{"4", "5"}));
  EXPECT_EQ(
      Find({"@v:[VECTOR_RANGE 9 $q]=>{$YIELD_DISTANCE_AS: d} @t:{even}", "SORTBY", "d", "PARAMS", "2", "q", four}),
      (Keys{"4", "6", "2"}));
  EXPECT_EQ(Shown({"*=>[KNN 1 @v $q]", "RETURN", "1", "__v_score", "PARAMS", "2", "q", FloatBytes(4.5F)}),
            "4(__v_score=0.25;)");
}

TEST_F(SearchTest, EqualsLookingAtEachDocument) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  Create({"SCHEMA", "w", "TEXT", "NOSTEM", "t", "TAG", "n", "NUMERIC", "p", "GEO"});
  struct Model {
    std::set<std::string> words, tags;
    double number;
    GeoPoint place;
  };
  std::map<std::string, Model> model;
  const char* const kWords[] = {"wa", "wb", "wc", "wd"};
  const char* const kTags[] = {"x", "y", "z"};
  for (int round = 0; round < 400; ++round) {
    const std::string key = std::to_string(random.Below(300));
    if (random.Below(4) == 0) {
      Remove(key);
      model.erase(key);
    } else {
      Model& m = model[key] = Model();
      std::string words, tags;
      for (const char* word : kWords) {
        if (random.Below(2) != 0 || !m.words.insert(word).second) continue;
        words += word + std::string(" ");
      }
      for (const char* tag : kTags) {
        if (random.Below(2) != 0 || !m.tags.insert(tag).second) continue;
        tags += tag + std::string(",");
      }
      m.number = static_cast<double>(random.Below(40));
      m.place = {static_cast<double>(random.Below(3600)) / 10 - 180, static_cast<double>(random.Below(1600)) / 10 - 80};
      Put(key, {{"w", words},
                {"t", tags},
                {"n", NumberText(m.number)},
                {"p", NumberText(m.place.longitude) + "," + NumberText(m.place.latitude)}});
    }
    if (random.Below(8) == 0) index_->Collect(random.Below(5));
    const std::string word = kWords[random.Below(4)], tag = kTags[random.Below(3)];
    const auto low = static_cast<double>(random.Below(40)), high = low + static_cast<double>(random.Below(20));
    const GeoCircle circle{static_cast<double>(random.Below(361)) - 180, static_cast<double>(random.Below(161)) - 80,
                           static_cast<double>(1 + random.Below(random.Below(2) == 0 ? 500 : 9000)) * 1000};
    const std::string numbers = "@n:[" + NumberText(low) + " (" + NumberText(high) + "]";
    const std::string places = "@p:[" + NumberText(circle.longitude) + " " + NumberText(circle.latitude) + " " +
                               NumberText(circle.radius_m / 1000) + " km]";
    auto expect = [&](const std::string& query, const std::function<bool(const Model&)>& test) {
      Keys expected;
      for (const auto& [name, m] : model) {
        if (test(m)) expected.push_back(name);
      }
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(Sorted({query, "LIMIT", "0", "1000"}), expected) << query;
    };
    auto in_range = [&](const Model& m) { return m.number >= low && m.number < high; };
    auto in_circle = [&](const Model& m) {
      return GeoDistanceMetres(m.place, {circle.longitude, circle.latitude}) <= circle.radius_m;
    };
    expect(word, [&](const Model& m) { return m.words.contains(word); });
    expect(word + " @t:{" + tag + "}", [&](const Model& m) { return m.words.contains(word) && m.tags.contains(tag); });
    expect(word + " -@t:{" + tag + "} " + numbers,
           [&](const Model& m) { return m.words.contains(word) && !m.tags.contains(tag) && in_range(m); });
    expect(numbers + " | @t:{" + tag + "}", [&](const Model& m) { return in_range(m) || m.tags.contains(tag); });
    expect(places, in_circle);
    expect("-" + places + " " + word, [&](const Model& m) { return !in_circle(m) && m.words.contains(word); });
  }
  index_->Validate();
}

}  // namespace
}  // namespace kvorum
