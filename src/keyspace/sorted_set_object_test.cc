#include "keyspace/sorted_set_object.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "structures/test_choices.h"

namespace kvorum {
namespace {

using Added = SortedSetObject::Added;
using AddOptions = SortedSetObject::AddOptions;
constexpr SortedSetObject::Limits kSmall{128, 64};
constexpr SortedSetObject::Limits kNone{0, 64};

using Pairs = std::vector<std::pair<std::string, double>>;

Pairs Visited(const SortedSetObject& object, RankRange ranks, bool reverse = false) {
  Pairs pairs;
  object.VisitRanks(ranks, reverse, [&](std::string_view member, double score) { pairs.emplace_back(member, score); });
  return pairs;
}

Added AddTo(SortedSetObject& object, std::string_view member, double score, AddOptions options = {},
            SortedSetObject::Limits limits = kSmall) {
  return object.Add(member, &score, options, limits);
}

// What a sorted set should hold.
class Model {
 public:
  Added Add(const std::string& member, double score, AddOptions options) {
    auto it = scores_.find(member);
    if (it == scores_.end()) {
      if (options.only_existing) return Added::kRefused;
      Put(member, score);
      return Added::kAdded;
    }
    if (options.only_new) return Added::kRefused;
    const double current = it->second;
    if (options.increment) score += current;
    if (options.only_greater && score <= current) return Added::kRefused;
    if (options.only_less && score >= current) return Added::kRefused;
    if (score == current) return Added::kSame;
    Remove(member);
    Put(member, score);
    return Added::kChanged;
  }
  bool Remove(const std::string& member) {
    auto it = scores_.find(member);
    if (it == scores_.end()) return false;
    order_.erase({it->second, member});
    scores_.erase(it);
    return true;
  }
  void RemoveRanks(RankRange ranks) {
    for (const auto& [member, score] : Range(ranks)) Remove(member);
  }
  Pairs Range(RankRange ranks) const {
    Pairs pairs;
    size_t rank = 0;
    for (const auto& [score, member] : order_) {
      if (rank >= ranks.begin && rank < ranks.end) pairs.emplace_back(member, score);
      ++rank;
    }
    return pairs;
  }
  RankRange RanksOf(const ScoreRange& range) const {
    size_t begin = 0, end = 0;
    for (const auto& [score, member] : order_) {
      const bool below = range.excludes_min ? score <= range.min : score < range.min;
      const bool beyond = range.excludes_max ? score >= range.max : score > range.max;
      begin += below;
      end += !beyond;
    }
    return begin < end ? RankRange{begin, end} : RankRange{};
  }
  const std::map<std::string, double>& scores() const { return scores_; }
  size_t size() const { return scores_.size(); }

 private:
  void Put(const std::string& member, double score) {
    scores_[member] = score;
    order_.insert({score, member});
  }
  std::map<std::string, double> scores_;
  std::set<std::pair<double, std::string>> order_;
};

void ExpectEqual(const SortedSetObject& object, const Model& model) {
  object.Validate();
  ASSERT_EQ(object.size(), model.size());
  const Pairs expected = model.Range({0, model.size()});
  ASSERT_EQ(Visited(object, {0, object.size()}), expected);
  Pairs reversed(expected.rbegin(), expected.rend());
  ASSERT_EQ(Visited(object, {0, object.size()}, true), reversed);
  for (size_t rank = 0; rank < expected.size(); rank += 1 + expected.size() / 50) {
    double score = 0;
    ASSERT_EQ(object.Rank(expected[rank].first, &score), rank);
    ASSERT_EQ(score, expected[rank].second);
    ASSERT_TRUE(object.Score(expected[rank].first, &score));
    ASSERT_EQ(score, expected[rank].second);
  }
}

double AnyScore(Choices& choices) {
  switch (choices.Below(8)) {
    case 0:
      return choices.Below(2) == 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    case 1:
      return static_cast<double>(AnyInteger(choices));
    case 2:
      return static_cast<double>(AnyInteger(choices)) / 1000;
    default:
      return static_cast<double>(choices.Below(21)) / 2 - 5;
  }
}

std::string AnyMember(Choices& choices, size_t members) {
  if (choices.Below(10) == 0) return AnyText(choices, 300);
  const size_t number = choices.Below(members);
  return number % 3 == 0 ? std::to_string(number) : "member" + std::to_string(number);
}

void Change(Choices& choices, size_t members, SortedSetObject::Limits limits, SortedSetObject& object, Model& model) {
  const std::string member = AnyMember(choices, members);
  const size_t size = model.size();
  switch (choices.Below(8)) {
    case 0:
    case 1:
      ASSERT_EQ(object.Remove(member), model.Remove(member));
      return;
    case 2: {
      const size_t begin = choices.Below(size + 1);
      const RankRange ranks{begin, begin + choices.Below(std::min<size_t>(size - begin, 8) + 1)};
      Pairs removed;
      const Pairs expected = model.Range(ranks);
      object.RemoveRanks(ranks, [&](std::string_view text, double score) { removed.emplace_back(text, score); });
      ASSERT_EQ(removed, expected);
      model.RemoveRanks(ranks);
      return;
    }
    default: {
      const AddOptions options{choices.Below(6) == 0, choices.Below(6) == 0, choices.Below(6) == 0,
                               choices.Below(6) == 0, choices.Below(4) == 0};
      double score = AnyScore(choices);
      // Infinities of both signs would give NaN.
      if (options.increment && !(score > -1e300 && score < 1e300)) score = 1;
      const double added = score;
      const Added outcome = object.Add(member, &score, options, limits);
      ASSERT_EQ(outcome, model.Add(member, added, options));
      if (outcome != Added::kRefused) {
        ASSERT_EQ(score, model.scores().at(member));
      }
      return;
    }
  }
}

void CompareWithModel(size_t members, size_t steps, SortedSetObject::Limits limits) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomChoices choices(seed);
  SortedSetObject object;
  Model model;
  for (size_t step = 0; step < steps; ++step) {
    Change(choices, members, limits, object, model);
    if (testing::Test::HasFatalFailure()) return;
    if (choices.Below(20) == 0) {
      const double a = AnyScore(choices), b = AnyScore(choices);
      const ScoreRange range{std::min(a, b), std::max(a, b), choices.Below(2) == 0, choices.Below(2) == 0};
      const RankRange ranks = object.RanksOf(range);
      ASSERT_EQ(Visited(object, ranks), model.Range(model.RanksOf(range)));
    }
    if (choices.Below(members < 200 ? 20 : 500) == 0) ExpectEqual(object, model);
    if (testing::Test::HasFatalFailure()) return;
  }
  ExpectEqual(object, model);
  auto clone = object.Clone();
  ExpectEqual(static_cast<SortedSetObject&>(*clone), model);
  EXPECT_EQ(clone->CanonicalText(), object.CanonicalText());
  EXPECT_EQ(clone->encoding(), object.encoding());
}

TEST(SortedSetObjectTest, SmallOneIsLikeTheModel) { CompareWithModel(100, 4000, {300, 70000}); }
TEST(SortedSetObjectTest, LargeOneIsLikeTheModel) { CompareWithModel(3000, 20000, kNone); }
TEST(SortedSetObjectTest, GrowingOneIsLikeTheModel) { CompareWithModel(500, 8000, kSmall); }

TEST(SortedSetObjectTest, GrowsLargeAtItsLimits) {
  SortedSetObject object;
  for (int i = 0; i < 128; ++i) AddTo(object, "m" + std::to_string(i), i);
  EXPECT_EQ(object.encoding(), "listpack");
  AddTo(object, "m5", 1000);
  EXPECT_EQ(object.encoding(), "listpack");
  AddTo(object, "m128", 128);
  EXPECT_EQ(object.encoding(), "skiplist");
  EXPECT_EQ(object.size(), 129u);
  object.PackIfFits(kSmall);
  EXPECT_EQ(object.encoding(), "skiplist");
  EXPECT_TRUE(object.Remove("m0"));
  object.PackIfFits(kSmall);
  EXPECT_EQ(object.encoding(), "listpack");
  object.Validate();
  AddTo(object, "m0", 1);
  EXPECT_EQ(object.encoding(), "skiplist");

  SortedSetObject wide;
  AddTo(wide, std::string(64, 'x'), 1);
  EXPECT_EQ(wide.encoding(), "listpack");
  AddTo(wide, std::string(65, 'x'), 1);
  EXPECT_EQ(wide.encoding(), "skiplist");
  wide.PackIfFits(kSmall);
  EXPECT_EQ(wide.encoding(), "skiplist");
}

TEST(SortedSetObjectTest, SumOfInfinitiesIsRefused) {
  for (const auto& limits : {kSmall, kNone}) {
    SortedSetObject object;
    AddTo(object, "m", std::numeric_limits<double>::infinity(), {}, limits);
    double score = -std::numeric_limits<double>::infinity();
    EXPECT_EQ(object.Add("m", &score, {.increment = true}, limits), Added::kNotANumber);
    EXPECT_TRUE(object.Score("m", &score));
    EXPECT_EQ(score, std::numeric_limits<double>::infinity());
  }
}

TEST(SortedSetObjectTest, LexRanges) {
  using Kind = LexRange::Kind;
  for (const auto& limits : {kSmall, kNone}) {
    SortedSetObject object;
    for (const char* member : {"a", "b", "c", "10", ""}) AddTo(object, member, 0, {}, limits);
    // In order: "", "10", "a", "b", "c"
    auto ranks = [&object](LexRange::Bound min, LexRange::Bound max) {
      const RankRange range = object.RanksOf(LexRange{min, max});
      return std::make_pair(range.begin, range.end);
    };
    EXPECT_EQ(ranks({Kind::kLowest}, {Kind::kHighest}), std::make_pair(size_t{0}, size_t{5}));
    EXPECT_EQ(ranks({Kind::kInclusive, "a"}, {Kind::kInclusive, "b"}), std::make_pair(size_t{2}, size_t{4}));
    EXPECT_EQ(ranks({Kind::kExclusive, "a"}, {Kind::kExclusive, "c"}), std::make_pair(size_t{3}, size_t{4}));
    EXPECT_EQ(ranks({Kind::kExclusive, "a"}, {Kind::kExclusive, "b"}), std::make_pair(size_t{0}, size_t{0}));
    EXPECT_EQ(ranks({Kind::kHighest}, {Kind::kLowest}), std::make_pair(size_t{0}, size_t{0}));
    EXPECT_EQ(ranks({Kind::kHighest}, {Kind::kHighest}), std::make_pair(size_t{0}, size_t{0}));
    EXPECT_EQ(ranks({Kind::kInclusive, "0"}, {Kind::kInclusive, "1"}), std::make_pair(size_t{0}, size_t{0}));
  }
}

TEST(SortedSetObjectTest, ScanAndRandomGiveAllMembers) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const auto& limits : {kSmall, kNone}) {
    SortedSetObject object;
    for (int i = 0; i < 50; ++i) AddTo(object, std::to_string(i), i, {}, limits);
    std::set<std::string> scanned, drawn;
    if (object.is_packed()) {
      object.ForEach([&](std::string_view member, double) { scanned.emplace(member); });
    } else {
      uint64_t cursor = 0;
      do {
        cursor = object.Scan(cursor, [&](const SortedSetMember* member) {
          EXPECT_EQ(member->view(), std::to_string(static_cast<int>(member->score)));
          scanned.emplace(member->view());
        });
      } while (cursor != 0);
    }
    EXPECT_EQ(scanned.size(), 50u);
    for (int i = 0; i < 2000; ++i) {
      object.VisitRandom(random, [&](std::string_view member, double) { drawn.emplace(member); });
    }
    EXPECT_EQ(drawn.size(), 50u);
  }
}

TEST(SortedSetObjectTest, WarmupsEndAndChangeNothing) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomChoices choices(seed);
  SortedSetObject object;
  Warmup unused;
  EXPECT_FALSE(object.WarmUpScore(1, &unused)) << "small ones need none";
  for (int i = 0; i < 5000; ++i) AddTo(object, "m" + std::to_string(i), static_cast<double>(choices.Below(3000)));
  const std::string before = object.CanonicalText();
  std::vector<std::string> members;
  members.reserve(400);
  for (int i = 0; i < 400; ++i) members.push_back("m" + std::to_string(choices.Below(10000)));
  std::vector<Warmup> warmups;
  for (const std::string& member : members) {
    Warmup& warmup = warmups.emplace_back();
    const auto use = static_cast<SortedSetObject::MemberUse>(choices.Below(4));
    const double score = AnyScore(choices);
    const size_t begin = choices.Below(5000);
    const RankRange ranks{begin, begin + 1 + choices.Below(5000 - begin)};
    switch (choices.Below(3)) {
      case 0:
        EXPECT_TRUE(object.WarmUpMember(member, use, score, &warmup));
        break;
      case 1:
        EXPECT_TRUE(object.WarmUpRanks(ranks, choices.Below(2) == 0, &warmup));
        break;
      default:
        EXPECT_TRUE(object.WarmUpScore(score, &warmup));
    }
  }
  for (int steps = 0; !warmups.empty(); ++steps) {
    ASSERT_LT(steps, 100);
    std::erase_if(warmups, [](Warmup& warmup) { return !warmup.Step(); });
  }
  EXPECT_EQ(object.CanonicalText(), before);
  object.Validate();
}

TEST(SortedSetBuilderTest, BuildsInOrder) {
  for (const size_t count : {1u, 100u, 1000u}) {
    SortedSetBuilder builder;
    Model model;
    for (size_t i = 0; i < count; ++i) {
      const std::string member = "m" + std::to_string(i * 7919 % count);
      bool added = false;
      double* score = builder.Slot(member, static_cast<double>(i % 10), &added);
      EXPECT_TRUE(added);
      builder.Slot(member, 5, &added);
      EXPECT_FALSE(added);
      *score += 1;
      model.Add(member, *score, {});
    }
    bool added = false;
    builder.Slot("gone", 1, &added);
    builder.Erase("gone");
    const auto object = builder.Finish(kSmall);
    EXPECT_EQ(object->is_packed(), count <= 128);
    ExpectEqual(*object, model);
  }
  EXPECT_EQ(SortedSetBuilder().Finish(kSmall), nullptr);
}

TEST(SortedSetObjectTest, MemoryIsCountedExactly) {
  const size_t before = AllocatedBytes();
  auto object = std::make_unique<SortedSetObject>();
  for (int i = 0; i < 3000; ++i) AddTo(*object, "member:" + std::to_string(i), i % 100);
  for (int i = 0; i < 3000; i += 3) object->Remove("member:" + std::to_string(i));
  // The table's scratch space is the thread's.
  EXPECT_NEAR(static_cast<double>(object->MemoryBytes(0)), static_cast<double>(AllocatedBytes() - before), 1024);
  object.reset();
  EXPECT_NEAR(static_cast<double>(AllocatedBytes()), static_cast<double>(before), 1024);
}

}  // namespace
}  // namespace kvorum
