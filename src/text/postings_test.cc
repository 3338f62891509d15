#include "text/postings.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace kvorum {
namespace {

using Model = std::map<DocId, std::vector<Occurrence>>;

std::vector<Occurrence> RandomOccurrences(Random& random, bool fields) {
  std::vector<Occurrence> occurrences;
  for (uint32_t field = 0; field < (fields ? 4U : 1U); ++field) {
    if (fields && random.Below(2) == 0) continue;
    uint32_t position = 0;
    for (size_t i = random.Below(4); i > 0; --i) {
      position += static_cast<uint32_t>(random.Below(random.Below(10) == 0 ? 1000 : 20)) + 1;
      occurrences.push_back({field, position});
    }
  }
  if (occurrences.empty()) occurrences.push_back({fields ? 3U : 0U, static_cast<uint32_t>(random.Below(5))});
  return occurrences;
}

void ExpectEntry(const PostingCursor& cursor, const PostingFormat& format, const std::vector<Occurrence>& expected) {
  if (!format.occurrences) return;
  std::map<uint64_t, uint64_t> counts, read;
  std::vector<uint64_t> places, all;
  for (const Occurrence& occurrence : expected) {
    ++counts[occurrence.field];
    if (format.positions) places.push_back(occurrence.place());
  }
  cursor.ForEachField([&](uint64_t field, uint64_t count) { read[field] = count; });
  EXPECT_EQ(read, counts);
  cursor.AppendPlaces(FieldSet::All(), &all);
  EXPECT_EQ(all, places);
  for (size_t field = 0; field < 5; ++field) EXPECT_EQ(cursor.InFields(FieldSet::Of(field)), counts.contains(field));
}

void ExpectSame(const Postings& postings, const PostingFormat& format, const Model& model, Random& random) {
  postings.Validate(format);
  ASSERT_EQ(postings.size(), model.size());
  PostingCursor cursor(&postings, format);
  for (const auto& [id, occurrences] : model) {
    ASSERT_EQ(cursor.Next(), id);
    ExpectEntry(cursor, format, occurrences);
  }
  EXPECT_EQ(cursor.Next(), kNoDoc);
  EXPECT_EQ(cursor.Next(), kNoDoc);

  PostingCursor skipping(&postings, format);
  DocId at = 0;
  while (at != kNoDoc) {
    const DocId to = at + 1 + random.Below(random.Below(4) == 0 ? 5000 : 20);
    const auto expected = model.lower_bound(to);
    at = skipping.SkipTo(to);
    ASSERT_EQ(at, expected == model.end() ? kNoDoc : expected->first);
    if (at != kNoDoc) ExpectEntry(skipping, format, expected->second);
  }
}

TEST(Postings, EqualAModel) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 24; ++round) {
    const PostingFormat format{.occurrences = round % 4 != 0, .fields = round % 4 != 1, .positions = round % 4 != 2};
    Postings postings;
    Model model;
    DocId id = 0;
    ptrdiff_t bytes = 0;
    for (int step = 0; step < 3; ++step) {
      for (size_t i = random.Below(900); i > 0; --i) {
        id += 1 + random.Below(random.Below(20) == 0 ? 100000 : 3);
        std::vector<Occurrence> occurrences = RandomOccurrences(random, format.fields);
        bytes += postings.Append(format, id, occurrences);
        model[id] = std::move(occurrences);
      }
      ExpectSame(postings, format, model, random);
      ASSERT_EQ(static_cast<ptrdiff_t>(postings.MemoryBytes()), bytes);
      // Part of them goes, sometimes whole blocks, sometimes all.
      const uint64_t share = random.Below(5);
      auto is_gone = [&](DocId doc) { return doc % 4 < share || (doc > id / 3 && doc < id / 2); };
      size_t before = model.size();
      std::erase_if(model, [&](const auto& entry) { return is_gone(entry.first); });
      size_t block = 0, taken = 0;
      do {
        const auto done =
            postings.Compact(format, 1 + random.Below(3), &block, [&](DocId doc) { return !is_gone(doc); });
        taken += done.entries;
        bytes += done.bytes;
        if (block != 0) postings.Validate(format);
      } while (block != 0);
      ASSERT_EQ(taken, before - model.size());
      ASSERT_EQ(static_cast<ptrdiff_t>(postings.MemoryBytes()), bytes);
      ExpectSame(postings, format, model, random);
    }
  }
}

TEST(Postings, AreSmall) {
  Postings postings;
  const PostingFormat format{.occurrences = true, .fields = false, .positions = true};
  const Occurrence once[] = {{0, 40}};
  for (DocId id = 1; id <= 10000; ++id) postings.Append(format, id * 3, once);
  EXPECT_LT(postings.MemoryBytes(), 10000u * 5 / 2);
}

}  // namespace
}  // namespace kvorum
