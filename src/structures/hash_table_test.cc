#include "structures/hash_table.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

namespace kvorum {
namespace {

struct Word {
  std::string key;
  int value;
};
struct WordTraits {
  static std::string_view Key(const Word* word) { return word->key; }
};
using Table = HashTable<Word, WordTraits>;

class Model {
 public:
  explicit Model(Table& table) : table_(table) {}
  void Put(const std::string& key, int value) {
    if (Word** slot = table_.Find(key)) {
      (*slot)->value = value;
      words_[key]->value = value;
    } else {
      words_[key] = std::make_unique<Word>(Word{key, value});
      table_.Insert(words_[key].get());
    }
  }
  void Erase(const std::string& key) {
    Word* erased = table_.Erase(key);
    auto it = words_.find(key);
    ASSERT_EQ(erased, it == words_.end() ? nullptr : it->second.get());
    if (it != words_.end()) words_.erase(it);
  }
  void Compare() {
    table_.Validate();
    ASSERT_EQ(table_.size(), words_.size());
    for (auto& [key, word] : words_) ASSERT_EQ(table_.Get(key), word.get());
    std::set<std::string> seen;
    table_.ForEach([&seen](Word* word) { EXPECT_TRUE(seen.insert(word->key).second); });
    ASSERT_EQ(seen.size(), words_.size());
  }
  std::map<std::string, std::unique_ptr<Word>> words_;

 private:
  Table& table_;
};

TEST(HashTable, BehavesAsAMapWhileItGrowsAndShrinks) {
  const unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Table table;
  Model model(table);
  for (int phase = 0; phase < 6; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int step = 0; step < 30000; ++step) {
      std::string key = "key:" + std::to_string(random() % 20000);
      if (random() % 10 < (growing ? 8 : 1)) {
        model.Put(key, step);
      } else {
        model.Erase(key);
      }
      if (step % 5000 == 0) model.Compare();
    }
    model.Compare();
  }
}

TEST(HashTable, ReservedBucketsStayAndShrinkLikeOthers) {
  for (const int reserved : {0, 1, 5, 6, 1000, 5119, 5120, 30000}) {
    SCOPED_TRACE(reserved);
    Table table;
    Model model(table);
    table.Reserve(static_cast<size_t>(reserved));
    table.Validate();
    const size_t buckets = table.bucket_count();
    for (int i = 0; i < reserved; ++i) model.Put(std::to_string(i), i);
    EXPECT_EQ(table.bucket_count(), buckets);
    model.Compare();
    for (int i = reserved; i < reserved + 3000; ++i) model.Put(std::to_string(i), i);
    model.Compare();
    for (int i = 0; i < reserved + 2990; ++i) model.Erase(std::to_string(i));
    model.Compare();
  }
}

TEST(HashTable, PlacesOfAWalkAreThoseOfAScan) {
  Table table;
  Model model(table);
  table.PrefetchScanBuckets(0);
  for (int i = 0; i < 777; ++i) model.Put(std::to_string(i), i);
  std::set<const Word*> scanned;
  uint64_t cursor = 0;
  do {
    table.PrefetchScanBuckets(cursor);
    table.PrefetchScanRecords(cursor);
    const uint64_t next = table.NextCursor(cursor);
    cursor = table.Scan(cursor, [&](const Word* word) { scanned.insert(word); });
    EXPECT_EQ(cursor, next);
  } while (cursor != 0);
  EXPECT_EQ(scanned.size(), 777u);
  size_t visited = 0;
  for (size_t i = 0; i < table.bucket_count(); ++i) table.VisitBucket(i, [&](const Word*) { ++visited; });
  EXPECT_EQ(visited, 777u);
}

TEST(HashTable, GivesMemoryBackWhenEmptied) {
  Table table;
  Model model(table);
  for (int i = 0; i < 50000; ++i) model.Put(std::to_string(i), i);
  size_t full = table.bytes();
  for (int i = 0; i < 50000; ++i) model.Erase(std::to_string(i));
  model.Compare();
  EXPECT_LT(table.bytes(), 10000u);
  EXPECT_LT(full, 50000u * 18);
}

TEST(HashTable, CostsUnder17BytesARecordAtAnySize) {
  Table table;
  Model model(table);
  for (int i = 0; i < 100000; ++i) {
    model.Put(std::to_string(i), i);
    if (i > 20000) {
      ASSERT_LT(static_cast<double>(table.bytes()) / i, 18.5) << i;
    }
  }
}

TEST(HashTable, ScanVisitsAllThatStaysWhileTheTableChanges) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Table table;
    Model model(table);
    const int stay = 1 + static_cast<int>(random() % 800);
    for (int i = 0; i < stay; ++i) model.Put("stay:" + std::to_string(i), i);
    int others = static_cast<int>(random() % 20000);
    const bool growing = seed % 2 == 0;
    if (!growing) {
      for (int i = 0; i < others; ++i) model.Put("other:" + std::to_string(i), i);
    }
    std::set<std::string> seen;
    uint64_t cursor = 0;
    int next = growing ? 0 : others;
    do {
      cursor = table.Scan(cursor, [&seen](Word* word) { seen.insert(word->key); });
      for (int i = 0; i < 30; ++i) {
        if (growing && next < others) model.Put("other:" + std::to_string(next++), 0);
        if (!growing && next > 0) model.Erase("other:" + std::to_string(--next));
      }
    } while (cursor != 0);
    for (int i = 0; i < stay; ++i) ASSERT_TRUE(seen.contains("stay:" + std::to_string(i)));
  }
}

TEST(HashTable, RandomRecordsAreUniform) {
  Table table;
  Model model(table);
  for (int i = 0; i < 100; ++i) model.Put(std::to_string(i), i);
  Random random(3);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 100000; ++i) ++drawn[table.RandomRecord(random)->key];
  ASSERT_EQ(drawn.size(), 100u);
  for (auto& [key, count] : drawn) EXPECT_NEAR(count, 1000, 200) << key;
}

TEST(HashTable, SurvivesKeysThatAllCollide) {
  // All in one chain: the same hash for each, which only Insert and Find with given hashes can bring about.
  Table table;
  std::vector<std::unique_ptr<Word>> words;
  table.PauseResize();
  for (int i = 0; i < 100; ++i) {
    words.push_back(std::make_unique<Word>(Word{std::to_string(i), i}));
    table.Insert(words.back().get(), 42);
  }
  for (int i = 0; i < 100; i += 3) {
    Word** slot = table.Find(std::to_string(i), 42);
    ASSERT_NE(slot, nullptr);
    table.Erase(slot, 42);
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(table.Find(std::to_string(i), 42) != nullptr, i % 3 != 0);
}

}  // namespace
}  // namespace kvorum
