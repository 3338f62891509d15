#include "search/field_vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <string>

#include "base/random.h"
#include "search/vector_bytes.h"
#include "vector/hnsw_file.h"

namespace kvorum {
namespace {

// Jobs wait until a test lets them run, in any order.
class LaterWork final : public VectorWork {
 public:
  void Post(Kind, std::unique_ptr<VectorJob> job) override { jobs_.push_back(std::move(job)); }
  void Run(Random& random, size_t count) {
    for (; count > 0 && !jobs_.empty(); --count) {
      std::swap(jobs_.front(), jobs_[random.Below(jobs_.size())]);
      const std::unique_ptr<VectorJob> job = std::move(jobs_.front());
      jobs_.pop_front();
      job->Run(context_.get());
      job->Finish();
    }
  }
  void RunAll(Random& random) { Run(random, jobs_.size()); }
  size_t waiting() const { return jobs_.size(); }

 private:
  std::deque<std::unique_ptr<VectorJob>> jobs_;
  SearchContextPtr context_ = MakeSearchContext();
};

VectorOptions OptionsOf(VectorOptions::Algorithm algorithm, VectorOptions::Element element,
                        VectorOptions::Metric metric) {
  VectorOptions options;
  options.algorithm = algorithm;
  options.element = element;
  options.metric = metric;
  options.dimensions = 24;
  options.search_width = 100;
  return options;
}

// Every second document, and how many were asked for.
class CountingIterator final : public Iterator {
 public:
  CountingIterator(DocId last, size_t* asked) : last_(last), asked_(asked) {}
  DocId Next() override { return SkipTo(doc_ + 1); }
  DocId SkipTo(DocId id) override {
    ++*asked_;
    return doc_ = id + id % 2 <= last_ ? id + id % 2 : kNoDoc;
  }
  uint64_t Estimate() const override { return last_ / 2; }

 private:
  const DocId last_;
  size_t* asked_;
};

// What the field should hold.
using Model = std::map<DocId, std::string>;

class FieldVectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
    random_ = Random(seed_);
  }

  std::string AnyVector(const VectorOptions& options) {
    std::vector<double> numbers(options.dimensions);
    const double scale = options.element == VectorOptions::Element::kInt8 ? 100 : 200;
    const double low = options.element == VectorOptions::Element::kUint8 ? 0 : -100;
    for (double& number : numbers) {
      number = std::floor(low + scale * static_cast<double>(random_.Below(1000)) / 1000) + 1;
    }
    return EncodeVector(options.element, numbers);
  }

  std::vector<FoundVector> Exact(const VectorOptions& options, const Model& model, const std::string& query,
                                 const std::vector<DocId>* filter) {
    std::vector<float> asked, vector;
    EXPECT_TRUE(DecodeVector(options, query, &asked));
    std::vector<FoundVector> found;
    for (const auto& [id, bytes] : model) {
      if (filter != nullptr && !std::binary_search(filter->begin(), filter->end(), id)) continue;
      EXPECT_TRUE(DecodeVector(options, bytes, &vector));
      found.push_back({id, VectorDistance(options.metric, asked, vector)});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.distance < b.distance; });
    return found;
  }

  // How many of the k nearest are found; checks that there are k, that match.
  size_t Ask(const FieldVectors& vectors, const Model& model, size_t k, const std::vector<DocId>* filter,
             LaterWork* work) {
    VectorQueryOptions query;
    query.k = k;
    query.vector = AnyVector(vectors.options());
    std::unique_ptr<Iterator> iterator;
    if (filter != nullptr) iterator = std::make_unique<ListIterator>(*filter);
    const std::unique_ptr<VectorQuery> begun = vectors.BeginNearest(query, iterator.get());
    if (work != nullptr) work->Run(random_, 3);  // some are taken in before it runs
    begun->Run(context_.get());
    std::vector<FoundVector> found = vectors.Take(*begun);
    const std::vector<FoundVector> exact = Exact(vectors.options(), model, query.vector, filter);
    EXPECT_GE(found.size(), std::min(k, exact.size()));
    size_t hits = 0;
    const double farthest = exact.empty() ? 0 : exact[std::min(k, exact.size()) - 1].distance;
    for (const FoundVector& each : found) {
      EXPECT_TRUE(model.contains(each.id));
      EXPECT_TRUE(filter == nullptr || std::binary_search(filter->begin(), filter->end(), each.id));
      const auto right =
          std::find_if(exact.begin(), exact.end(), [&](const auto& other) { return other.id == each.id; });
      if (right == exact.end()) continue;
      EXPECT_NEAR(each.distance, right->distance, 0.02 * std::fabs(right->distance) + 0.02);
      hits += right->distance <= farthest;
    }
    return std::min(hits, std::min(k, exact.size()));
  }

  uint64_t seed_ = 0;
  Random random_{1};
  SearchContextPtr context_ = MakeSearchContext();
};

TEST_F(FieldVectorsTest, EqualsLookingAtEachVector) {
  SCOPED_TRACE(seed_);
  using Options = VectorOptions;
  for (const auto algorithm : {Options::Algorithm::kFlat, Options::Algorithm::kHnsw}) {
    for (const auto element : {Options::Element::kFloat32, Options::Element::kFloat64, Options::Element::kFloat16,
                               Options::Element::kBFloat16, Options::Element::kInt8, Options::Element::kUint8}) {
      const auto metric = static_cast<Options::Metric>(random_.Below(3));
      const Options options = OptionsOf(algorithm, element, metric);
      SCOPED_TRACE(std::string(VectorElementName(element)) + " " + std::string(VectorMetricName(metric)));
      LaterWork work;
      FieldVectors vectors(options, &work);
      Model model;
      DocId last = 0;
      size_t hits = 0, wanted = 0;
      for (int step = 0; step < 700; ++step) {
        if (random_.Below(4) != 0 || model.empty()) {
          model[++last] = AnyVector(options);
          vectors.Add(last, model[last]);
        } else {
          auto gone = model.lower_bound(1 + random_.Below(last));
          if (gone != model.end()) {
            vectors.Remove(gone->first);
            model.erase(gone);
          }
        }
        auto moved = random_.Below(5) == 0 ? model.lower_bound(1 + random_.Below(last)) : model.end();
        if (moved != model.end()) {
          const std::string bytes = moved->second;
          EXPECT_FALSE(vectors.Move(moved->first, last + 1, std::vector<std::string>{bytes, bytes}));
          EXPECT_FALSE(vectors.Move(moved->first, last + 1, std::vector<std::string>{}));
          EXPECT_TRUE(vectors.Move(moved->first, ++last, std::vector<std::string>{bytes}));
          model.erase(moved);
          model[last] = bytes;
        }
        if (random_.Below(3) == 0) work.Run(random_, random_.Below(8));
        if (random_.Below(20) == 0) (void)vectors.Compact(4);
        ASSERT_EQ(vectors.size(), model.size());
        if (step % 20 != 0) continue;
        std::vector<DocId> filter;
        for (const auto& [id, bytes] : model) {
          if (random_.Below(4) == 0) filter.push_back(id);
        }
        hits += Ask(vectors, model, 10, nullptr, &work) + Ask(vectors, model, 5, &filter, &work);
        wanted += std::min<size_t>(10, model.size()) + std::min<size_t>(5, filter.size());
      }
      EXPECT_GE(static_cast<double>(hits), 0.95 * static_cast<double>(wanted));
    }
  }
}

// However many documents a filter has: a part of a walk looks at so many, and what changes between two parts is taken care of.
TEST_F(FieldVectorsTest, WalksALongFilterInParts) {
  SCOPED_TRACE(seed_);
  VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kFlat, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  options.dimensions = 2;
  LaterWork work;
  FieldVectors vectors(options, &work);
  Model model;
  DocId last = 0;
  auto add = [&](size_t count) {
    for (; count > 0; --count) {
      ++last;
      vectors.Add(last, model[last] = AnyVector(options));
    }
  };
  constexpr size_t kParts = 3;
  add(2 * kParts * FieldVectors::kMostFilterWalk - 1000);
  work.RunAll(random_);
  add(500);  // pending
  VectorQueryOptions query;
  query.k = 20;
  query.vector = AnyVector(options);
  size_t asked = 0;
  CountingIterator first(last, &asked);
  const DocId last_then = last;
  const std::unique_ptr<VectorQuery> begun = vectors.BeginNearest(query, &first);
  EXPECT_LE(asked, FieldVectors::kMostFilterWalk + 1);
  size_t parts = 1;
  for (; !begun->is_whole(); ++parts) {
    begun->Run(context_.get());  // nothing
    // Some go, others come, what was pending gets their places.
    for (int i = 0; i < 2000; ++i) {
      const DocId gone = 1 + random_.Below(last);
      if (model.erase(gone) > 0) vectors.Remove(gone);
    }
    work.RunAll(random_);
    add(500);
    work.Run(random_, 250);
    EXPECT_FALSE(vectors.Compact(4));
    asked = 0;
    CountingIterator again(last, &asked);
    vectors.Continue(begun.get(), &again);
    EXPECT_LE(asked, FieldVectors::kMostFilterWalk + 1);
  }
  EXPECT_EQ(parts, kParts);
  // What was written since the first part is not looked at.
  std::vector<DocId> matching;
  for (DocId id = 2; id <= last_then; id += 2) matching.push_back(id);
  begun->Run(context_.get());
  const std::vector<FoundVector> exact = Exact(options, model, query.vector, &matching);
  std::vector<FoundVector> found = vectors.Take(*begun);
  ASSERT_GE(found.size(), query.k);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.distance < b.distance; });
  for (size_t i = 0; i < query.k; ++i) EXPECT_EQ(found[i].distance, exact[i].distance);
  for (const FoundVector& each : found) EXPECT_TRUE(each.id % 2 == 0 && each.id <= last_then);
}

TEST_F(FieldVectorsTest, FindsAllWithinARadius) {
  SCOPED_TRACE(seed_);
  const VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kFlat, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  FieldVectors vectors(options, nullptr);
  Model model;
  for (DocId id = 1; id <= 900; ++id) vectors.Add(id, model[id] = AnyVector(options));
  VectorQueryOptions query;
  query.vector = AnyVector(options);
  const std::vector<FoundVector> exact = Exact(options, model, query.vector, nullptr);
  for (const size_t count : {0UL, 1UL, 100UL, 500UL, 899UL}) {
    query.radius = exact[count].distance;
    const auto begun = vectors.BeginWithin(query);
    begun->Run(context_.get());
    EXPECT_GE(vectors.Take(*begun).size(), count + 1);
    EXPECT_LE(vectors.Take(*begun).size(), count + 3);
  }
}

TEST_F(FieldVectorsTest, OfADocumentWithSeveralTheNearestCounts) {
  VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  options.dimensions = 1;
  FieldVectors vectors(options, nullptr);
  auto bytes = [](float number) { return std::string(reinterpret_cast<const char*>(&number), sizeof(number)); };
  for (int i = 0; i < 50; ++i) vectors.Add(1, bytes(static_cast<float>(i)));
  vectors.Add(2, bytes(100));
  VectorQueryOptions query;
  query.k = 2;
  query.vector = bytes(3);
  const auto begun = vectors.BeginNearest(query, nullptr);
  begun->Run(context_.get());
  const std::vector<FoundVector> found = vectors.Take(*begun);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(std::min_element(found.begin(), found.end(), [](auto& a, auto& b) { return a.distance < b.distance; })->id,
            1U);
  vectors.Remove(1);
  EXPECT_EQ(vectors.size(), 1U);
}

TEST_F(FieldVectorsTest, StandsStillWhileItIsFrozen) {
  SCOPED_TRACE(seed_);
  const VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kCosine);
  LaterWork work;
  FieldVectors vectors(options, &work);
  Model model;
  DocId last = 0;
  for (; last < 300; ++last) vectors.Add(last + 1, model[last + 1] = AnyVector(options));
  work.RunAll(random_);
  {
    const auto frozen = vectors.Freeze();
    ASSERT_NE(frozen, nullptr);
    EXPECT_EQ(vectors.Freeze(), nullptr);
    for (int i = 0; i < 100; ++i) {
      ++last;
      vectors.Add(last, model[last] = AnyVector(options));
      work.Run(random_, 1);
      const DocId gone = 1 + random_.Below(last);
      if (model.erase(gone) > 0) vectors.Remove(gone);
      EXPECT_EQ(frozen->index().size(), 300U);
      EXPECT_GE(Ask(vectors, model, 10, nullptr, nullptr), 8U);
    }
  }
  EXPECT_EQ(vectors.size(), model.size());
  EXPECT_GE(Ask(vectors, model, 10, nullptr, nullptr), 8U);
  while (vectors.held() > 0) {
    (void)vectors.GoOn(16);
    work.Run(random_, 8);
  }
  work.RunAll(random_);
  EXPECT_EQ(vectors.pending(), 0U);
  EXPECT_EQ(vectors.size(), model.size());
  EXPECT_GE(Ask(vectors, model, 10, nullptr, nullptr), 8U);
}

// However much has come and gone while a graph was written: afterwards a turn puts a few in order, and no more than a few wait with the workers.
TEST_F(FieldVectorsTest, GoesOnInSlicesAfterItWasFrozen) {
  SCOPED_TRACE(seed_);
  VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  options.dimensions = 4;
  for (const bool has_workers : {true, false}) {
    LaterWork work;
    FieldVectors vectors(options, has_workers ? &work : nullptr);
    Model model;
    DocId last = 0;
    for (; last < 900; ++last) vectors.Add(last + 1, model[last + 1] = AnyVector(options));
    for (; last < 1000; ++last) vectors.Add(last + 1, model[last + 1] = AnyVector(options));
    work.Run(random_, 950);  // 50 are on their way
    auto frozen = vectors.Freeze();
    ASSERT_NE(frozen, nullptr);
    work.RunAll(random_);
    for (int i = 0; i < 2000; ++i) {
      ++last;
      vectors.Add(last, model[last] = AnyVector(options));
      const DocId gone = 1 + random_.Below(last);
      if (i % 2 == 0 && model.erase(gone) > 0) vectors.Remove(gone);
    }
    const uint64_t before = vectors.changes();
    EXPECT_FALSE(vectors.GoOn(100));
    EXPECT_FALSE(frozen->is_overdue());
    frozen.reset();
    EXPECT_EQ(vectors.changes(), before);
    EXPECT_GT(vectors.held(), 2000U);
    size_t turns = 0;
    while (vectors.held() > 0 || work.waiting() > 0) {
      const uint64_t changes = vectors.changes();
      const size_t held = vectors.held();
      const bool more = vectors.GoOn(16);
      ASSERT_LE(vectors.changes(), changes + 16);
      ASSERT_GE(vectors.held() + 16, held);
      ASSERT_LE(work.waiting(), FieldVectors::kMostResumed);
      if (!more) work.RunAll(random_);
      ASSERT_EQ(vectors.size(), model.size());
      ++turns;
    }
    EXPECT_GT(turns, 2000U / 16);
    EXPECT_EQ(vectors.pending(), 0U);
    size_t hits = 0;
    for (int i = 0; i < 10; ++i) hits += Ask(vectors, model, 10, nullptr, nullptr);
    EXPECT_GE(hits, 95U);
  }
}

TEST_F(FieldVectorsTest, SaysWhenTooMuchWaitsForAWriting) {
  VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  options.dimensions = 2;
  LaterWork work;
  FieldVectors vectors(options, &work);
  const auto frozen = vectors.Freeze();
  DocId id = 1;
  for (; id < FieldVectors::kMostHeld; ++id) vectors.Add(id, AnyVector(options));
  EXPECT_FALSE(frozen->is_overdue());
  vectors.Add(id, AnyVector(options));
  EXPECT_TRUE(frozen->is_overdue());
  EXPECT_EQ(work.waiting(), 0U);
}

TEST_F(FieldVectorsTest, AnOrphanedGraphWaitsForItsDocuments) {
  SCOPED_TRACE(seed_);
  const VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  LaterWork work;
  FieldVectors vectors(options, &work);
  Model before, model;
  for (DocId id = 1; id <= 600; ++id) vectors.Add(id, before[id] = AnyVector(options));
  work.Run(random_, 500);  // 100 are in no graph
  VectorQueryOptions query;
  query.k = 5;
  query.vector = AnyVector(options);
  const auto begun = vectors.BeginNearest(query, nullptr);
  std::shared_ptr<FieldVectors::Frozen> frozen = vectors.Freeze();
  for (DocId id = 1; id <= 20; ++id) {
    vectors.Remove(id);
    before.erase(id);
  }
  vectors.Orphan();
  EXPECT_FALSE(vectors.HasBegun(*begun));
  work.RunAll(random_);
  // Half of them come back, under other numbers, and the others do not; one twice, some new.
  DocId id = 0;
  for (auto at = before.rbegin(); at != before.rend(); ++at) {
    if (at->first % 2 == 0) {
      ++id;
      vectors.Add(id, model[id] = at->second);
    }
    if (id == 50) frozen = nullptr;
  }
  ++id;
  vectors.Add(id, model[id] = model[1]);
  for (int i = 0; i < 10; ++i) {
    ++id;
    vectors.Add(id, model[id] = AnyVector(options));
  }
  const size_t in_no_graph = vectors.pending();
  EXPECT_LE(in_no_graph, 100U / 2 + 11 + 20);
  EXPECT_GT(Ask(vectors, model, 10, nullptr, nullptr), 8U);
  while (vectors.EndAdoption(8)) {
  }
  while (vectors.GoOn(8)) {
  }
  work.RunAll(random_);
  EXPECT_EQ(vectors.pending(), 0U);
  EXPECT_FALSE(vectors.is_adopting());
  EXPECT_EQ(vectors.size(), model.size());
  size_t hits = 0;
  for (int i = 0; i < 10; ++i) hits += Ask(vectors, model, 10, nullptr, nullptr);
  EXPECT_GE(hits, 95U);
}

TEST_F(FieldVectorsTest, TakesOverASavedGraph) {
  SCOPED_TRACE(seed_);
  const VectorOptions options =
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kL2);
  Model model;
  FieldVectors saved(options, nullptr);
  for (DocId id = 1; id <= 1500; ++id) {
    model[id] = id % 10 == 0 ? model[1] : AnyVector(options);  // some are equal
    saved.Add(id, model[id]);
  }
  HnswLoader loader(false);
  {
    const auto frozen = saved.Freeze();
    HnswSaver saver(static_cast<const HnswIndex&>(frozen->index()));
    for (std::string piece; saver.Next(&piece);) ASSERT_TRUE(loader.Take(piece));
  }
  FieldVectors vectors(options, nullptr);
  ASSERT_TRUE(vectors.Adopt(loader.Finish()));
  EXPECT_TRUE(vectors.is_adopting());
  EXPECT_EQ(vectors.Freeze(), nullptr);
  // After the save some went, others came, others changed; and they come in another order.
  Model now;
  DocId last = 0;
  for (auto at = model.rbegin(); at != model.rend(); ++at) {
    if (random_.Below(10) == 0) continue;
    now[++last] = random_.Below(10) == 0 ? AnyVector(options) : at->second;
    vectors.Add(last, now[last]);
    if (random_.Below(30) == 0) {
      vectors.Remove(last);
      now.erase(last);
    }
  }
  while (vectors.EndAdoption(16)) {
  }
  EXPECT_FALSE(vectors.is_adopting());
  EXPECT_EQ(vectors.size(), now.size());
  EXPECT_LT(vectors.changes(), 700U);                                   // the rest was not built again
  static_cast<const HnswIndex&>(vectors.Freeze()->index()).Validate();  // from each every other is reached
  size_t hits = 0;
  for (int i = 0; i < 20; ++i) hits += Ask(vectors, now, 10, nullptr, nullptr);
  EXPECT_GE(hits, 190U);
  FieldVectors other(
      OptionsOf(VectorOptions::Algorithm::kHnsw, VectorOptions::Element::kFloat32, VectorOptions::Metric::kCosine),
      nullptr);
  HnswSaver saver(static_cast<const HnswIndex&>(vectors.Freeze()->index()));
  HnswLoader again(false);
  for (std::string piece; saver.Next(&piece);) ASSERT_TRUE(again.Take(piece));
  EXPECT_FALSE(other.Adopt(again.Finish()));
}

}  // namespace
}  // namespace kvorum
