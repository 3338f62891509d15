#include "text/inverted_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "text/iterator.h"

namespace kvorum {
namespace {

uint64_t Seed() { return static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1; }

InvertedIndex::Options TwoFields() {
  InvertedIndex::Options options;
  options.fields = {{.weight = 1, .stems = false}, {.weight = 2, .stems = false}};
  return options;
}

// Documents of two fields of words; what a search finds is worked out by looking at each.
struct Model {
  std::map<DocId, std::vector<std::string>> fields[2];

  bool Has(DocId id, const std::string& word, int field) const {
    for (int i = 0; i < 2; ++i) {
      if (field >= 0 && field != i) continue;
      const auto found = fields[i].find(id);
      if (found == fields[i].end()) continue;
      if (std::count(found->second.begin(), found->second.end(), word) > 0) return true;
    }
    return false;
  }
};

struct Query {
  IteratorPtr iterator;
  std::set<DocId> expected;
};

class Generator {
 public:
  Generator(const InvertedIndex* index, const Model* model, Random* random)
      : index_(index), model_(model), random_(random) {}

  Query Any(int depth) {
    switch (depth == 0 ? 0 : random_->Below(7)) {
      case 0:
      case 1:
        return OneTerm();
      case 2: {
        std::vector<IteratorPtr> children;
        std::set<DocId> expected;
        for (size_t i = 2 + random_->Below(3); i > 0; --i) {
          Query query = Any(depth - 1);
          children.push_back(std::move(query.iterator));
          expected.insert(query.expected.begin(), query.expected.end());
        }
        return {std::make_unique<UnionIterator>(std::move(children)), expected};
      }
      case 3: {
        Query query = Any(depth - 1);
        std::set<DocId> expected;
        for (const auto& [id, words] : model_->fields[0]) {
          if (!query.expected.contains(id)) expected.insert(id);
        }
        return {std::make_unique<NotIterator>(std::move(query.iterator), &index_->documents()), expected};
      }
      case 4: {
        Query query = Any(depth - 1);
        std::set<DocId> expected;
        for (const auto& [id, words] : model_->fields[0]) expected.insert(id);
        return {std::make_unique<OptionalIterator>(std::move(query.iterator), &index_->documents()), expected};
      }
      case 5:
        return Phrase();
      default: {
        std::vector<IteratorPtr> children;
        Query first = Any(depth - 1);
        std::set<DocId> expected = first.expected;
        children.push_back(std::move(first.iterator));
        for (size_t i = 1 + random_->Below(2); i > 0; --i) {
          Query query = Any(depth - 1);
          children.push_back(std::move(query.iterator));
          std::erase_if(expected, [&](DocId id) { return !query.expected.contains(id); });
        }
        return {std::make_unique<IntersectionIterator>(std::move(children)), expected};
      }
    }
  }

 private:
  std::string Word() { return std::string(1, static_cast<char>('a' + random_->Below(6))); }

  IteratorPtr TermOf(const std::string& word, int field) {
    const Term* term = index_->terms().Find(word);
    if (term == nullptr) return std::make_unique<EmptyIterator>();
    return std::make_unique<TermIterator>(index_, term,
                                          field < 0 ? FieldSet::All() : FieldSet::Of(static_cast<size_t>(field)));
  }

  Query OneTerm() {
    const std::string word = Word();
    const int field = static_cast<int>(random_->Below(3)) - 1;
    std::set<DocId> expected;
    for (const auto& [id, words] : model_->fields[0]) {
      if (model_->Has(id, word, field)) expected.insert(id);
    }
    return {TermOf(word, field), expected};
  }

  // Two words, in one field, at most `slop` others between them.
  Query Phrase() {
    const std::string a = Word(), b = Word();
    const auto slop = static_cast<int64_t>(random_->Below(3));
    const bool in_order = random_->Below(2) == 0;
    std::set<DocId> expected;
    for (const auto& by_id : model_->fields) {
      for (const auto& [id, words] : by_id) {
        for (int64_t i = 0; i < static_cast<int64_t>(words.size()); ++i) {
          for (int64_t j = 0; j < static_cast<int64_t>(words.size()); ++j) {
            if (i == j || words[static_cast<size_t>(i)] != a || words[static_cast<size_t>(j)] != b) continue;
            if ((i < j || !in_order) && std::abs(i - j) <= slop + 1) expected.insert(id);
          }
        }
      }
    }
    std::vector<IteratorPtr> children;
    children.push_back(TermOf(a, -1));
    children.push_back(TermOf(b, -1));
    return {std::make_unique<IntersectionIterator>(std::move(children), IntersectionIterator::Nearness{slop, in_order}),
            expected};
  }

  const InvertedIndex* index_;
  const Model* model_;
  Random* random_;
};

void ExpectFinds(const InvertedIndex& index, Query query, Random& random) {
  std::set<DocId> found;
  DocId at = 0;
  const bool skips = random.Below(2) == 0;
  while (true) {
    const DocId to = at + 1 + (skips ? random.Below(30) : 0);
    at = skips ? query.iterator->SkipTo(to) : query.iterator->Next();
    // What was passed over is not expected to be found.
    for (auto it = query.expected.begin(); skips && it != query.expected.end() && *it < to;) {
      it = found.contains(*it) ? std::next(it) : query.expected.erase(it);
    }
    if (at == kNoDoc) break;
    if (index.IsLive(at)) found.insert(at);
  }
  EXPECT_EQ(found, query.expected);
}

TEST(InvertedIndex, FindsWhatAModelFinds) {
  const uint64_t seed = Seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  InvertedIndex index(TwoFields(), StopWords());
  Model model;
  DocId next = 1;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 20; ++i) {
      const DocId id = next++;
      for (size_t field = 0; field < 2; ++field) {
        std::string text;
        auto& words = model.fields[field][id];
        for (size_t j = random.Below(random.Below(10) == 0 ? 30 : 5); j > 0; --j) {
          words.emplace_back(1, static_cast<char>('a' + random.Below(6)));
          text += words.back() + (random.Below(2) == 0 ? " " : ", ");
        }
        index.AddText(field, Language::kEnglish, text);
      }
      index.Finish(id, 1);
    }
    for (size_t i = random.Below(20); i > 0; --i) {
      const DocId id = 1 + random.Below(next - 1);
      EXPECT_EQ(index.Remove(id), model.fields[0].erase(id) == 1);
      model.fields[1].erase(id);
    }
    index.Collect(random.Below(20));
    index.Validate();
    Generator generator(&index, &model, &random);
    for (int i = 0; i < 20; ++i) ExpectFinds(index, generator.Any(3), random);
  }
  for (DocId id = 1; id < next; ++id) index.Remove(id);
  while (index.HasGarbage()) index.Collect(7);
  index.Validate();
  EXPECT_EQ(index.records(), 0u);
  EXPECT_EQ(index.terms().size(), 0u);
  EXPECT_EQ(index.AverageLength(), 0);
}

TEST(InvertedIndex, RanksByTheFormula) {
  InvertedIndex index({.fields = {{.weight = 1, .stems = false}}}, StopWords());
  const char* texts[] = {"a b c", "a a d e f", "b b b", "x"};
  for (DocId id = 1; id <= 4; ++id) {
    index.AddText(0, Language::kEnglish, texts[id - 1]);
    index.Finish(id, id == 2 ? 0.5F : 1);
  }
  const Ranking ranking = Ranking::Of(index, Scorer::kBm25Std);
  TermIterator a(&index, index.terms().Find("a"), FieldSet::All());
  EXPECT_EQ(a.Next(), 1u);
  const double idf = std::log(1 + (4 - 2 + 0.5) / 2.5);
  const double average = 12.0 / 4;
  EXPECT_NEAR(ScoreDocument(a, ranking, *index.documents().Find(1)),
              idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / average)), 1e-9);
  EXPECT_EQ(a.Next(), 2u);
  EXPECT_NEAR(ScoreDocument(a, ranking, *index.documents().Find(2)),
              0.5 * idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 5 / average)), 1e-9);
  Ranking other = ranking;
  other.scorer = Scorer::kTfIdf;
  EXPECT_NEAR(ScoreDocument(a, other, *index.documents().Find(2)), 0.5 * std::log2(1 + 4.0 / 2), 1e-9);
  other.scorer = Scorer::kTfIdfDocNorm;
  EXPECT_NEAR(ScoreDocument(a, other, *index.documents().Find(2)), 0.5 * 2 / 5.0 * std::log2(1 + 4.0 / 2), 1e-6);
  other.scorer = Scorer::kDisMax;
  EXPECT_NEAR(ScoreDocument(a, other, *index.documents().Find(2)), 1, 1e-9);
  other.scorer = Scorer::kDocScore;
  EXPECT_NEAR(ScoreDocument(a, other, *index.documents().Find(2)), 0.5, 1e-9);
}

TEST(InvertedIndex, StemsJoinTheFormsOfAWord) {
  InvertedIndex index({.fields = {{}}}, StopWords::Default());
  const char* texts[] = {"the studies", "study", "studied it", "story"};
  for (DocId id = 1; id <= 4; ++id) {
    index.AddText(0, Language::kEnglish, texts[id - 1]);
    index.Finish(id, 1);
  }
  EXPECT_EQ(index.terms().Find("the"), nullptr);
  const Term* stem = index.terms().Find(std::string(1, kStemMark) + "studi");
  ASSERT_NE(stem, nullptr);
  EXPECT_EQ(stem->postings.size(), 3u);
}

TEST(Places, Nearness) {
  using Places = std::vector<std::vector<uint64_t>>;
  EXPECT_TRUE(ArePlacesNear(Places{{1, 10}, {11}}, 0, true));
  EXPECT_FALSE(ArePlacesNear(Places{{11}, {10}}, 0, true));
  EXPECT_TRUE(ArePlacesNear(Places{{11}, {10}}, 0, false));
  EXPECT_FALSE(ArePlacesNear(Places{{5}, {5}}, 0, false));
  EXPECT_TRUE(ArePlacesNear(Places{{5, 6}, {5, 6}}, 0, false));
  EXPECT_TRUE(ArePlacesNear(Places{{1}, {4}, {3}}, 1, false));
  EXPECT_FALSE(ArePlacesNear(Places{{1}, {4}, {3}}, 0, false));
  EXPECT_FALSE(ArePlacesNear(Places{{1}, {uint64_t{1} << 32}}, 100, false));
}

}  // namespace
}  // namespace kvorum
