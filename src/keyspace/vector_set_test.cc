#include "keyspace/vector_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

#include "keyspace/attribute_filter.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"

namespace kvorum {
namespace {

std::vector<float> RandomVector(Random& random, size_t dimensions) {
  std::vector<float> vector(dimensions);
  for (float& x : vector) x = static_cast<float>(random.Fraction() + random.Fraction() + random.Fraction() - 1.5);
  return vector;
}

VectorElement* Add(VectorSet& set, std::string_view name, const std::vector<float>& vector, Random& random) {
  VectorSet::Prepared prepared;
  EXPECT_TRUE(set.Prepare(vector, 0, random.Next(), &prepared));
  bool added;
  return set.Commit(name, prepared, &added);
}

float ScoreBetween(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return static_cast<float>((1 + dot / std::sqrt(aa * bb)) / 2);
}

std::vector<std::string> Names(const std::vector<VectorSet::Match>& matches) {
  std::vector<std::string> names;
  names.reserve(matches.size());
  for (const VectorSet::Match& match : matches) names.push_back(match.name);
  return names;
}

// A model beside it: names with vectors and attributes.
struct ModelElement {
  std::vector<float> vector;
  std::string attributes;
};

std::vector<std::string> Exact(const std::map<std::string, ModelElement>& model, const std::vector<float>& query,
                               size_t count) {
  std::vector<std::pair<float, std::string>> all;
  all.reserve(model.size());
  for (const auto& [name, element] : model) all.emplace_back(-ScoreBetween(query, element.vector), name);
  std::sort(all.begin(), all.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(count, all.size()); ++i) names.push_back(all[i].second);
  return names;
}

double Recall(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
  size_t hits = 0;
  for (const std::string& name : wanted) hits += std::count(found.begin(), found.end(), name) > 0 ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(wanted.size());
}

std::unique_ptr<Object> Copy(const VectorSetObject& object) {
  std::unique_ptr<Object> copy = object.Clone();
  copy->Validate();
  EXPECT_EQ(copy->CanonicalText(), object.CanonicalText());
  return copy;
}

class VectorSetOf : public testing::TestWithParam<VectorForm> {};

TEST_P(VectorSetOf, DoesWhatAModelDoes) {
  constexpr uint64_t kSeed = 7;
  constexpr size_t kDimensions = 24;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  VectorSetObject object(std::make_unique<VectorSet>(VectorSetSettings{.dimensions = kDimensions, .form = GetParam()}));
  VectorSet& set = object.set();
  std::map<std::string, ModelElement> model;
  for (int step = 0; step < 6000; ++step) {
    const std::string name = "e" + std::to_string(random.Below(step < 4000 ? 2500 : 600));
    // Grows, and shrinks after that.
    if (random.Below(10) < (step < 4000 ? 8 : 2)) {
      const std::vector<float> vector = RandomVector(random, kDimensions);
      Add(set, name, vector, random);
      model[name].vector = vector;
    } else if (VectorElement* element = set.Find(name); element != nullptr) {
      set.Remove(element);
      EXPECT_EQ(model.erase(name), 1U);
    }
    if (step % 4 == 0 && !model.empty()) {
      const auto any = model.lower_bound(name);
      if (any != model.end()) {
        any->second.attributes = random.Below(3) == 0 ? "" : R"({"n": )" + std::to_string(random.Below(100)) + "}";
        set.SetAttributes(set.Find(any->first), any->second.attributes);
      }
    }
    ASSERT_EQ(set.size(), model.size());
    if (step % 1500 == 1499) object.Validate();
  }
  object.Validate();
  auto expected = model.begin();
  set.VisitFrom("", false, [&](const VectorElement& element) {
    EXPECT_EQ(element.name(), expected->first);
    EXPECT_EQ(element.attributes(), expected->second.attributes);
    ++expected;
    return true;
  });
  EXPECT_TRUE(expected == model.end());
  const std::unique_ptr<Object> copy = Copy(object);
  const double least = GetParam() == VectorForm::kBinary ? 0.25 : GetParam() == VectorForm::kQ8 ? 0.93 : 0.97;
  double recall = 0, recall_of_copy = 0;
  std::vector<VectorSet::Match> matches;
  for (int i = 0; i < 50; ++i) {
    const std::vector<float> query = RandomVector(random, kDimensions);
    const std::vector<std::string> wanted = Exact(model, query, 10);
    set.Search({.given = query}, &matches);
    ASSERT_EQ(matches.size(), 10U);
    recall += Recall(Names(matches), wanted) / 50;
    static_cast<VectorSetObject&>(*copy).set().Search({.given = query, .exact = true}, &matches);
    recall_of_copy += Recall(Names(matches), wanted) / 50;
  }
  EXPECT_GE(recall, least);
  EXPECT_GE(recall_of_copy, least);
}

INSTANTIATE_TEST_SUITE_P(Forms, VectorSetOf, testing::Values(VectorForm::kF32, VectorForm::kQ8, VectorForm::kBinary));

TEST(VectorSet, ScoresAreAnglesAndLengthsAreKept) {
  Random random(1);
  VectorSet set({.dimensions = 2, .form = VectorForm::kF32});
  Add(set, "east", {3, 0}, random);
  Add(set, "north", {0, 5}, random);
  Add(set, "west", {-1, 0}, random);
  std::vector<VectorSet::Match> matches;
  const float query[] = {10, 0};
  set.Search({.given = query}, &matches);
  ASSERT_EQ(Names(matches), (std::vector<std::string>{"east", "north", "west"}));
  EXPECT_FLOAT_EQ(matches[0].score, 1);
  EXPECT_FLOAT_EQ(matches[1].score, 0.5);
  EXPECT_FLOAT_EQ(matches[2].score, 0);
  EXPECT_FLOAT_EQ(set.Find("north")->norm, 5);
  set.Search({.given = query, .max_distance = 1.5}, &matches);
  EXPECT_EQ(matches.size(), 2U);
  const float nowhere[] = {0, 0};
  set.Search({.given = nowhere}, &matches);
  ASSERT_EQ(matches.size(), 3U);
  EXPECT_EQ(matches[0].score, 0.5);
}

TEST(VectorSet, TakesAnyLengthButNoneAndNothingInfinite) {
  VectorSet set({.dimensions = 2, .form = VectorForm::kF32});
  VectorSet::Prepared prepared;
  for (const std::vector<float>& vector : {std::vector<float>{1e-30F, 0}, {1e30F, 1e30F}, {1e-44F, 0}}) {
    EXPECT_TRUE(set.Prepare(vector, 0, 0, &prepared));
    EXPECT_TRUE(std::isfinite(prepared.norm) && prepared.norm > 0);
  }
  for (const std::vector<float>& vector : {std::vector<float>{0, 0}, {NAN, 0}, {INFINITY, 0}, {3e38F, 3e38F}}) {
    EXPECT_FALSE(set.Prepare(vector, 0, 0, &prepared));
  }
}

TEST(VectorSet, ReducesAlikeEverywhere) {
  Random random(3);
  VectorSetObject a(std::make_unique<VectorSet>(
      VectorSetSettings{.dimensions = 100, .input_dimensions = 300, .form = VectorForm::kF32}));
  std::map<std::string, ModelElement> model;
  for (int i = 0; i < 300; ++i) {
    const std::string name = std::to_string(i);
    model[name].vector = RandomVector(random, 300);
    Add(a.set(), name, model[name].vector, random);
  }
  a.Validate();
  const std::unique_ptr<Object> b = Copy(a);
  double error = 0;
  std::vector<VectorSet::Match> matches, others;
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> query = RandomVector(random, 300);
    a.set().Search({.given = query, .count = 5, .exact = true}, &matches);
    static_cast<VectorSetObject&>(*b).set().Search({.given = query, .count = 5, .exact = true}, &others);
    ASSERT_EQ(Names(matches), Names(others));
    for (const VectorSet::Match& match : matches)
      error += std::abs(match.score - ScoreBetween(query, model[match.name].vector)) / 100;
  }
  EXPECT_LT(error, 0.1);
}

TEST(VectorSet, AFilterFindsAllThatMatch) {
  Random random(4);
  VectorSet set({.dimensions = 16, .form = VectorForm::kQ8});
  for (int i = 0; i < 3000; ++i) {
    VectorElement* element = Add(set, std::to_string(i), RandomVector(random, 16), random);
    if (i % 3 != 0) set.SetAttributes(element, R"({"n": )" + std::to_string(i) + "}");
  }
  for (const auto& [text, matching] :
       std::map<std::string, size_t>{{".n >= 0", 2000}, {".n < 100", 66}, {".n in [1, 5, 6]", 2}, {".n < 0", 0}}) {
    AttributeFilter filter;
    size_t at;
    ASSERT_TRUE(filter.Compile(text, &at));
    std::vector<VectorSet::Match> matches;
    const std::vector<float> query = RandomVector(random, 16);
    for (const size_t count : {size_t{1}, size_t{10}, size_t{100}, size_t{5000}}) {
      set.Search({.given = query, .count = count, .filter = &filter}, &matches);
      EXPECT_EQ(matches.size(), std::min(count, matching)) << text;
      for (const VectorSet::Match& match : matches) EXPECT_TRUE(filter.Matches(match.attributes));
    }
  }
}

TEST(VectorSetFile, IsTakenInPiecesCutAnywhereAndRefusedWhenDamaged) {
  constexpr uint64_t kSeed = 5;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  Random random(kSeed);
  VectorSetObject object(
      std::make_unique<VectorSet>(VectorSetSettings{.dimensions = 8, .form = VectorForm::kQ8, .m = 4}));
  for (int i = 0; i < 60; ++i) {
    VectorElement* element = Add(object.set(), "name" + std::to_string(i), RandomVector(random, 8), random);
    if (i % 2 == 0) object.set().SetAttributes(element, "{}");
  }
  for (int i = 0; i < 60; i += 5) object.set().Remove(object.set().Find("name" + std::to_string(i)));
  std::string bytes, frame;
  VectorSetSaver saver(object.set());
  while (saver.Next(&frame)) bytes += frame;
  const auto load = [](std::string_view from, Random& cuts) -> std::unique_ptr<VectorSetObject> {
    VectorSetLoader loader;
    while (!from.empty()) {
      const size_t here = std::min<size_t>(from.size(), 1 + cuts.Below(500));
      if (!loader.Feed(from.substr(0, here))) return nullptr;
      from.remove_prefix(here);
    }
    std::unique_ptr<VectorSet> set = loader.Finish();
    return set == nullptr ? nullptr : std::make_unique<VectorSetObject>(std::move(set));
  };
  const std::unique_ptr<VectorSetObject> whole = load(bytes, random);
  ASSERT_NE(whole, nullptr);
  whole->Validate();
  EXPECT_EQ(whole->CanonicalText(), object.CanonicalText());
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = bytes;
    if (i % 3 == 0)
      damaged.resize(random.Below(bytes.size()));
    else
      for (uint64_t n = 1 + random.Below(3); n > 0; --n)
        damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
    const std::unique_ptr<VectorSetObject> loaded = load(damaged, random);
    if (loaded == nullptr)
      ++refused;
    else
      loaded->Validate();
  }
  EXPECT_GT(refused, 1500U);
}

TEST(VectorSetFile, HasTheseBytes) {
  VectorSet set({.dimensions = 2, .form = VectorForm::kF32, .m = 4});
  VectorSet::Prepared prepared;
  bool added;
  for (const auto& [name, vector] : std::map<std::string, std::vector<float>>{{"a", {3, 4}}, {"b", {0, 2}}}) {
    ASSERT_TRUE(set.Prepare(vector, 0, UINT64_MAX / 4 * 3, &prepared));
    (void)set.Commit(name, prepared, &added);
  }
  set.SetAttributes(set.Find("b"), "{}");
  std::string bytes, frame;
  VectorSetSaver saver(set);
  while (saver.Next(&frame)) bytes += frame;
  std::string hex;
  for (const char byte : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(byte) >> 4];
    hex += kDigits[byte & 15];
  }
  EXPECT_EQ(hex,
            "210000004b565653010000000200000000000000000400000002000000020000000000000011000000450000a0400100"
            "61000000400102627b7d3d000000494b56484e01000000020000000200000004000000c8000000e80300000000000001"
            "00000000000000020000000000000002000000000000000000000037000000490000000002000000cbe8f89b01000000"
            "009a99193fcdcc4c3f010001000080f44b8b9c0200000000000000000000803f010000000080");
}

// Searches on two threads while the writer adds, changes and removes: nothing that is freed is seen (the sanitizers watch).
TEST(VectorSet, IsSearchedWhileItChanges) {
  constexpr size_t kDimensions = 16;
  const auto set = std::make_shared<VectorSet>(VectorSetSettings{.dimensions = kDimensions, .form = VectorForm::kQ8});
  Random random(6);
  for (int i = 0; i < 500; ++i) {
    set->SetAttributes(Add(*set, std::to_string(i), RandomVector(random, kDimensions), random), R"({"n": 1})");
  }
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 2; ++seed) {
    threads.emplace_back([&done, set, seed] {
      Random chance(seed);
      AttributeFilter filter;
      size_t at;
      ASSERT_TRUE(filter.Compile(".n == 1", &at));
      std::vector<VectorSet::Match> matches;
      while (!done) {
        const std::vector<float> query = RandomVector(chance, kDimensions);
        set->Search({.given = query, .filter = chance.Below(2) == 0 ? &filter : nullptr}, &matches);
        for (const VectorSet::Match& match : matches) ASSERT_LT(std::stoi(match.name), 500);
      }
    });
  }
  for (int i = 0; i < 4000; ++i) {
    const std::string name = std::to_string(random.Below(500));
    VectorElement* element = set->Find(name);
    switch (random.Below(3)) {
      case 0:
        if (element != nullptr && set->size() > 100) set->Remove(element);
        break;
      case 1:
        if (element != nullptr) set->SetAttributes(element, random.Below(2) == 0 ? "" : R"({"n": 1})");
        break;
      default:
        Add(*set, name, RandomVector(random, kDimensions), random);
    }
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  set->Validate();
}

}  // namespace
}  // namespace kvorum
