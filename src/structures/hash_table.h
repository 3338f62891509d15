// A hash table that never stops to rehash: linear hashing (Litwin 1980), one bucket split or merged at a time.
//
// It holds pointers to records that carry their own key; Traits says how to read it:
//   struct Traits { static std::string_view Key(const Record*); };
// The table does not own the records.
//
// A bucket is one cache line: seven one-byte tags (from the hash's top bits; 0 = empty), a byte that says whether an overflow
// bucket follows, seven slots. When one follows, its address is in the last slot. With N = 2^level + split buckets, the
// buckets below `split` and their buddies above 2^level use one hash bit more than the rest. A table grows by a bucket
// whenever there are more than kRecordsABucket records for each, so its memory follows its size and there is no
// moment at which two tables exist. Buckets lie in pages of 64 KiB, so that growing never moves them either; a table of
// less than a page doubles one block instead.
//
// Threads: one. Invariants: Validate(). Complexity: everything O(1) expected, and in the worst case of one insertion O(one
// chain) plus, for small tables, copying at most 32 KiB.
// Scan: each record that is in the table from the first call to the last is visited at least once, whatever is inserted
// and erased between calls (reverse binary iteration, by Pieter Noordhuis, as Redis's SCAN has it).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/allocator.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/random.h"

namespace kvorum {

// How the records lie, for people who wonder: see HashTable::Shape.
struct HashTableShape {
  static constexpr size_t kLengths = 50;

  size_t buckets = 0;
  size_t records = 0;
  size_t used_buckets = 0;
  size_t longest = 0;  // records in the fullest bucket, its overflow counted
  // Buckets by the number of their records; the last counts all with more, too.
  std::array<size_t, kLengths> by_length{};
};

template <typename Record, typename Traits>
class HashTable {
 public:
  // Above this many records a bucket the table splits one; below kMinRecordsABucket it merges one.
  static constexpr size_t kRecordsABucket = 5;
  static constexpr size_t kMinRecordsABucket = 2;

  HashTable() = default;
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;
  ~HashTable() { FreeBuckets(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Of the table itself, without the records.
  size_t bytes() const {
    size_t page_bytes = pages_.capacity() * sizeof(Bucket*) + overflow_buckets_ * sizeof(Bucket);
    if (pages_.empty()) return page_bytes;
    return page_bytes + (pages_.size() == 1 ? first_page_buckets_ * sizeof(Bucket) : pages_.size() * kPageBytes);
  }
  size_t bucket_count() const { return bucket_count_; }

  // The slot of the record with this key, or nullptr. It is valid until the next insertion or erasure; a record may be
  // replaced through it by another with the same key.
  Record** Find(std::string_view key, uint64_t hash) {
    if (size_ == 0) return nullptr;
    Bucket* bucket = BucketOf(hash);
    const uint8_t tag = TagOf(hash);
    while (true) {
      for (uint64_t matches = bucket->Matches(tag); matches != 0; matches &= matches - 1) {
        Record*& record = bucket->slots[static_cast<size_t>(__builtin_ctzll(matches)) / 8].record;
        if (Traits::Key(record) == key) return &record;
      }
      if (!bucket->has_overflow) return nullptr;
      bucket = bucket->slots[kLast].overflow;
    }
  }
  Record** Find(std::string_view key) { return Find(key, HashBytes(key)); }
  Record* Get(std::string_view key) const { return Get(key, HashBytes(key)); }
  Record* Get(std::string_view key, uint64_t hash) const {
    Record** slot = const_cast<HashTable*>(this)->Find(key, hash);
    return slot == nullptr ? nullptr : *slot;
  }

  // A record with this hash that `accept` accepts, or nullptr.
  template <typename Accept>
  Record* FindByHash(uint64_t hash, Accept accept) const {
    if (size_ == 0) return nullptr;
    const Bucket* bucket = BucketOf(hash);
    const uint8_t tag = TagOf(hash);
    while (true) {
      for (uint64_t matches = bucket->Matches(tag); matches != 0; matches &= matches - 1) {
        Record* record = bucket->slots[static_cast<size_t>(__builtin_ctzll(matches)) / 8].record;
        if (accept(record)) return record;
      }
      if (!bucket->has_overflow) return nullptr;
      bucket = bucket->slots[kLast].overflow;
    }
  }

  // Brings the bucket, then the records that may match, towards the caches.
  void PrefetchBucket(uint64_t hash) const {
    if (size_ != 0) PrefetchLine(BucketOf(hash));
  }
  void PrefetchRecords(uint64_t hash) const {
    if (size_ == 0) return;
    const Bucket* bucket = BucketOf(hash);
    for (uint64_t matches = bucket->Matches(TagOf(hash)); matches != 0; matches &= matches - 1) {
      const auto* record =
          reinterpret_cast<const char*>(bucket->slots[static_cast<size_t>(__builtin_ctzll(matches)) / 8].record);
      PrefetchLine(record);
      PrefetchLine(record + 64);
    }
    if (bucket->has_overflow) PrefetchLine(bucket->slots[kLast].overflow);
  }

  // The key must not be there yet.
  void Insert(Record* record, uint64_t hash) {
    if (bucket_count_ == 0) AddFirstBucket();
    Place(BucketOf(hash), record, TagOf(hash));
    ++size_;
    if (size_ > bucket_count_ * kRecordsABucket && resize_pauses_ == 0) Split();
  }
  void Insert(Record* record) { Insert(record, HashBytes(Traits::Key(record))); }

  // Takes out the record of this slot, which Find gave for this hash, and returns it.
  Record* Erase(Record** slot, uint64_t hash) {
    Record* record = *slot;
    Bucket* bucket = BucketOf(hash);
    Bucket* holder = bucket;
    while (!holder->Holds(slot)) holder = holder->slots[kLast].overflow;
    RemoveAt(bucket, holder, holder->IndexOf(slot));
    --size_;
    if (size_ < bucket_count_ * kMinRecordsABucket && bucket_count_ > 1 && resize_pauses_ == 0) Merge();
    return record;
  }
  // Takes out the record with this key and returns it, or nullptr.
  Record* Erase(std::string_view key) {
    uint64_t hash = HashBytes(key);
    Record** slot = Find(key, hash);
    return slot == nullptr ? nullptr : Erase(slot, hash);
  }

  // Forgets all records and frees all buckets. O(buckets).
  void Clear() {
    FreeBuckets();
    pages_ = {};
    bucket_count_ = size_ = overflow_buckets_ = first_page_buckets_ = split_ = 0;
    level_ = 0;
  }

  // Visits the records of one cursor position and returns the next cursor; 0 starts and ends a scan. `visit` must not insert
  // or erase.
  template <typename Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const {
    if (bucket_count_ == 0) return 0;
    const uint64_t mask = (uint64_t{1} << level_) - 1;
    const size_t index = cursor & mask;
    VisitChain(BucketAt(index), visit);
    if (index < split_) VisitChain(BucketAt(index + (size_t{1} << level_)), visit);
    cursor |= ~mask;
    cursor = ReverseBits(cursor);
    ++cursor;
    return ReverseBits(cursor);
  }

  // To scan without waiting for memory: the cursor after this one; and what is at a cursor, brought towards the caches: first the
  // buckets, and when they are there, their records.
  uint64_t NextCursor(uint64_t cursor) const {
    return ReverseBits(ReverseBits(cursor | ~((uint64_t{1} << level_) - 1)) + 1);
  }
  void PrefetchScanBuckets(uint64_t cursor) const {
    if (bucket_count_ == 0) return;
    const size_t index = cursor & ((uint64_t{1} << level_) - 1);
    PrefetchLine(BucketAt(index));
    if (index < split_) PrefetchLine(BucketAt(index + (size_t{1} << level_)));
  }
  void PrefetchScanRecords(uint64_t cursor) const {
    if (bucket_count_ == 0) return;
    const size_t index = cursor & ((uint64_t{1} << level_) - 1);
    PrefetchRecordsAt(BucketAt(index));
    if (index < split_) PrefetchRecordsAt(BucketAt(index + (size_t{1} << level_)));
  }

  // Those of one bucket, `index` below bucket_count(): a walk in the order of memory, for a table that does not change
  // meanwhile.
  template <typename Visit>
  void VisitBucket(size_t index, Visit visit) const {
    PrefetchAhead(index);
    VisitChain(BucketAt(index), visit);
  }

  // Makes the buckets for so many records, so that none is moved while they are inserted. The table must be empty. O(records).
  void Reserve(size_t records) {
    CHECK(size_ == 0);
    Clear();
    const size_t buckets = (records + kRecordsABucket - 1) / kRecordsABucket;
    if (buckets == 0) return;
    AddFirstBucket();
    while (bucket_count_ < buckets) {
      AddBucket();
      if (++split_ != size_t{1} << level_) continue;
      ++level_;
      split_ = 0;
    }
  }

  // All records, in no order. `visit` must not insert or erase, but may free them if the table is then cleared.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < bucket_count_; ++i) {
      PrefetchAhead(i);
      VisitChain(BucketAt(i), visit);
    }
  }
  // The same until `visit` returns false.
  template <typename Visit>
  void ForEachWhile(Visit visit) const {
    bool goes_on = true;
    auto visit_one = [&goes_on, &visit](Record* record) { goes_on = goes_on && visit(record); };
    for (size_t i = 0; i < bucket_count_ && goes_on; ++i) {
      PrefetchAhead(i);
      VisitChain(BucketAt(i), visit_one);
    }
  }

  // O(size).
  HashTableShape Shape() const {
    HashTableShape shape;
    shape.buckets = bucket_count_;
    shape.records = size_;
    for (size_t i = 0; i < bucket_count_; ++i) {
      size_t length = 0;
      auto count = [&length](const Record*) { ++length; };
      VisitChain(BucketAt(i), count);
      shape.used_buckets += length > 0;
      shape.longest = std::max(shape.longest, length);
      ++shape.by_length[std::min(length, HashTableShape::kLengths - 1)];
    }
    return shape;
  }

  // A uniformly random record; the table must not be empty. Expected O(1): rejection sampling over bucket and place.
  Record* RandomRecord(Random& random) const {
    CHECK(size_ > 0);
    while (true) {
      const Bucket* bucket = BucketAt(random.Below(bucket_count_));
      uint64_t place = random.Below(kSampledPlaces);
      for (; place >= kSlots - 1 && bucket->has_overflow; place -= kSlots - 1) bucket = bucket->slots[kLast].overflow;
      if (place < kSlots && bucket->tags[place] != 0 && !(bucket->has_overflow && place == kLast)) {
        return bucket->slots[place].record;
      }
    }
  }

  // While paused, the table neither splits nor merges. Nests.
  void PauseResize() { ++resize_pauses_; }
  void ResumeResize() {
    CHECK(resize_pauses_ > 0);
    --resize_pauses_;
  }

  void Validate() const {
    size_t records = 0;
    size_t overflows = 0;
    for (size_t i = 0; i < bucket_count_; ++i) {
      const Bucket* bucket = BucketAt(i);
      while (true) {
        const size_t slots = bucket->has_overflow ? kSlots - 1 : kSlots;
        for (size_t place = 0; place < slots; ++place) {
          if (bucket->tags[place] == 0) {
            // Only the last bucket of a chain has holes.
            CHECK(!bucket->has_overflow);
            continue;
          }
          uint64_t hash = HashBytes(Traits::Key(bucket->slots[place].record));
          CHECK(TagOf(hash) == bucket->tags[place]);
          CHECK(IndexOf(hash) == i);
          ++records;
        }
        if (!bucket->has_overflow) break;
        CHECK(bucket->tags[kLast] == 0);
        ++overflows;
        bucket = bucket->slots[kLast].overflow;
      }
    }
    CHECK(records == size_);
    CHECK(overflows == overflow_buckets_);
    CHECK(bucket_count_ == 0 || bucket_count_ == (size_t{1} << level_) + split_);
    CHECK(split_ < (size_t{1} << level_) || split_ == 0);
  }

 private:
  static constexpr size_t kSlots = 7;
  static constexpr size_t kLast = kSlots - 1;
  // Places drawn from by RandomRecord: those of a bucket and two overflow buckets behind it. In a longer chain, which one in
  // millions has, the records behind them are never drawn.
  static constexpr uint64_t kSampledPlaces = 2 * (kSlots - 1) + kSlots;

  struct alignas(64) Bucket {
    uint8_t tags[kSlots];
    uint8_t has_overflow;
    union Slot {
      Record* record;
      Bucket* overflow;
    } slots[kSlots];

    // The top bit of the byte of each tag that equals `tag`, exactly (Mycroft's trick without its borrow).
    uint64_t Matches(uint8_t tag) const {
      constexpr uint64_t kLow7 = 0x7F7F7F7F7F7F7F7F;
      uint64_t word;
      std::memcpy(&word, tags, 8);
      const uint64_t x = word ^ (uint64_t{0x0101010101010101} * tag);
      return ~(((x & kLow7) + kLow7) | x | kLow7) & 0x00FFFFFFFFFFFFFF;
    }
    bool Holds(Record** slot) const {
      auto* address = reinterpret_cast<const char*>(slot);
      auto* start = reinterpret_cast<const char*>(this);
      return address >= start && address < start + sizeof(Bucket);
    }
    size_t IndexOf(Record** slot) const {
      return static_cast<size_t>(reinterpret_cast<Slot*>(slot) - const_cast<Bucket*>(this)->slots);
    }
  };
  static_assert(sizeof(Bucket) == 64);
  static constexpr size_t kBucketsAPage = kPageBytes / sizeof(Bucket);

  static uint8_t TagOf(uint64_t hash) {
    auto tag = static_cast<uint8_t>(hash >> 56);
    return tag == 0 ? 1 : tag;
  }
  static uint64_t ReverseBits(uint64_t v) {
    v = __builtin_bswap64(v);
    v = ((v >> 4) & 0x0F0F0F0F0F0F0F0F) | ((v & 0x0F0F0F0F0F0F0F0F) << 4);
    v = ((v >> 2) & 0x3333333333333333) | ((v & 0x3333333333333333) << 2);
    return ((v >> 1) & 0x5555555555555555) | ((v & 0x5555555555555555) << 1);
  }

  size_t IndexOf(uint64_t hash) const {
    const uint64_t low = hash & ((uint64_t{1} << level_) - 1);
    return low < split_ ? hash & ((uint64_t{2} << level_) - 1) : low;
  }
  Bucket* BucketAt(size_t index) const { return pages_[index / kBucketsAPage] + index % kBucketsAPage; }
  Bucket* BucketOf(uint64_t hash) const { return BucketAt(IndexOf(hash)); }

  template <typename Visit>
  static void VisitChain(const Bucket* bucket, Visit& visit) {
    while (true) {
      const size_t slots = bucket->has_overflow ? kSlots - 1 : kSlots;
      for (size_t place = 0; place < slots; ++place) {
        if (bucket->tags[place] != 0) visit(bucket->slots[place].record);
      }
      if (!bucket->has_overflow) return;
      bucket = bucket->slots[kLast].overflow;
    }
  }

  static void PrefetchRecordsAt(const Bucket* bucket) {
    for (size_t place = 0; place < kSlots; ++place) {
      if (bucket->tags[place] == 0) continue;
      PrefetchLine(bucket->slots[place].record);
      PrefetchLine(reinterpret_cast<const char*>(bucket->slots[place].record) + 64);
    }
    if (bucket->has_overflow) PrefetchLine(bucket->slots[kLast].overflow);
  }

  // In a walk over all buckets, while one is visited: the records of one that comes soon.
  void PrefetchAhead(size_t index) const {
    constexpr size_t kAhead = 2;
    if (index + kAhead >= bucket_count_) return;
    const Bucket* bucket = BucketAt(index + kAhead);
    for (size_t place = 0; place < kSlots; ++place) PrefetchLine(bucket->slots[place].record);
  }

  Bucket* NewOverflow() {
    auto* bucket = static_cast<Bucket*>(Allocate(sizeof(Bucket)));
    std::memset(static_cast<void*>(bucket), 0, sizeof(Bucket));
    ++overflow_buckets_;
    return bucket;
  }
  void FreeOverflow(Bucket* bucket) {
    Free(bucket, sizeof(Bucket));
    --overflow_buckets_;
  }

  void Place(Bucket* bucket, Record* record, uint8_t tag) {
    while (bucket->has_overflow) bucket = bucket->slots[kLast].overflow;
    for (size_t place = 0; place < kSlots; ++place) {
      if (bucket->tags[place] != 0) continue;
      bucket->tags[place] = tag;
      bucket->slots[place].record = record;
      return;
    }
    Bucket* overflow = NewOverflow();
    overflow->tags[0] = bucket->tags[kLast];
    overflow->slots[0].record = bucket->slots[kLast].record;
    overflow->tags[1] = tag;
    overflow->slots[1].record = record;
    bucket->tags[kLast] = 0;
    bucket->has_overflow = 1;
    bucket->slots[kLast].overflow = overflow;
  }

  // Fills the hole from the chain's end, so that only its last bucket has holes.
  void RemoveAt(Bucket* first, Bucket* holder, size_t place) {
    Bucket* before = nullptr;
    Bucket* last = first;
    while (last->has_overflow) {
      before = last;
      last = last->slots[kLast].overflow;
    }
    size_t donor = kSlots;
    size_t left = 0;
    for (size_t i = 0; i < kSlots; ++i) {
      if (last->tags[i] == 0) continue;
      ++left;
      donor = i;
    }
    if (holder == last) {
      last->tags[place] = 0;
    } else {
      holder->tags[place] = last->tags[donor];
      holder->slots[place] = last->slots[donor];
      last->tags[donor] = 0;
    }
    --left;
    if (before == nullptr || left > 1) return;
    // One record left in the overflow bucket: it fits into the place of the pointer. (None is left only if it held one.)
    before->has_overflow = 0;
    before->tags[kLast] = 0;
    for (size_t i = 0; i < kSlots; ++i) {
      if (last->tags[i] == 0) continue;
      before->tags[kLast] = last->tags[i];
      before->slots[kLast] = last->slots[i];
    }
    FreeOverflow(last);
  }

  static size_t BlockBytes(size_t buckets) { return buckets * sizeof(Bucket); }

  void AddFirstBucket() {
    pages_.push_back(static_cast<Bucket*>(Allocate(BlockBytes(1))));
    std::memset(static_cast<void*>(pages_[0]), 0, BlockBytes(1));
    first_page_buckets_ = 1;
    bucket_count_ = 1;
  }

  size_t Capacity() const { return pages_.size() == 1 ? first_page_buckets_ : pages_.size() * kBucketsAPage; }

  // Makes room for one bucket more. Buckets beyond bucket_count_ are zero.
  void AddBucket() {
    if (bucket_count_ == Capacity()) {
      if (bucket_count_ < kBucketsAPage) {
        ResizeFirstPage(first_page_buckets_ * 2);
      } else {
        pages_.push_back(static_cast<Bucket*>(AllocatePage()));
      }
    }
    ++bucket_count_;
  }

  void ResizeFirstPage(size_t buckets) {
    Bucket* old = pages_[0];
    const bool whole_page = buckets == kBucketsAPage;
    auto* block = static_cast<Bucket*>(whole_page ? AllocatePage() : Allocate(BlockBytes(buckets)));
    const size_t kept = std::min(buckets, first_page_buckets_);
    std::memcpy(static_cast<void*>(block), static_cast<void*>(old), BlockBytes(kept));
    if (!whole_page) std::memset(static_cast<void*>(block + kept), 0, BlockBytes(buckets - kept));
    FreeFirstPage();
    pages_[0] = block;
    first_page_buckets_ = buckets;
  }

  void FreeFirstPage() {
    if (first_page_buckets_ == kBucketsAPage) {
      FreePage(pages_[0]);
    } else {
      Free(pages_[0], BlockBytes(first_page_buckets_));
    }
  }

  // Takes a chain's records into `gathered` and leaves the bucket empty. The records' keys are read soon: prefetch them.
  void Gather(Bucket* bucket, std::vector<Record*>& gathered) {
    auto take = [&gathered](Record* record) {
      PrefetchLine(record);
      gathered.push_back(record);
    };
    VisitChain(bucket, take);
    Bucket* next = bucket->has_overflow ? bucket->slots[kLast].overflow : nullptr;
    while (next != nullptr) {
      Bucket* overflow = next;
      next = overflow->has_overflow ? overflow->slots[kLast].overflow : nullptr;
      FreeOverflow(overflow);
    }
    std::memset(static_cast<void*>(bucket), 0, sizeof(Bucket));
  }

  void Scatter(std::vector<Record*>& gathered) {
    for (Record* record : gathered) {
      const uint64_t hash = HashBytes(Traits::Key(record));
      Place(BucketOf(hash), record, TagOf(hash));
    }
    gathered.clear();
  }

  void Split() {
    AddBucket();
    Gather(BucketAt(split_), scratch_);
    ++split_;
    if (split_ == size_t{1} << level_) {
      ++level_;
      split_ = 0;
    }
    Scatter(scratch_);
  }

  void Merge() {
    if (split_ == 0) {
      --level_;
      split_ = size_t{1} << level_;
    }
    --split_;
    Gather(BucketAt(bucket_count_ - 1), scratch_);
    --bucket_count_;
    Scatter(scratch_);
    if (pages_.size() > 1) {
      // One page is kept spare, so that a table at a page's edge does not take and give it back in turns.
      if (bucket_count_ + kBucketsAPage / 2 <= (pages_.size() - 1) * kBucketsAPage) {
        FreePage(pages_.back());
        pages_.pop_back();
      }
    } else if (bucket_count_ * 4 <= first_page_buckets_) {
      ResizeFirstPage(first_page_buckets_ / 2);
    }
  }

  void FreeBuckets() {
    for (size_t i = 0; overflow_buckets_ > 0 && i < bucket_count_; ++i) {
      Bucket* bucket = BucketAt(i);
      Bucket* next = bucket->has_overflow ? bucket->slots[kLast].overflow : nullptr;
      while (next != nullptr) {
        Bucket* overflow = next;
        next = overflow->has_overflow ? overflow->slots[kLast].overflow : nullptr;
        FreeOverflow(overflow);
      }
    }
    if (!pages_.empty()) FreeFirstPage();
    for (size_t i = 1; i < pages_.size(); ++i) FreePage(pages_[i]);
  }

  inline static thread_local std::vector<Record*> scratch_;  // empty between calls

  std::vector<Bucket*> pages_;
  size_t first_page_buckets_ = 0;
  size_t bucket_count_ = 0;
  size_t size_ = 0;
  size_t overflow_buckets_ = 0;
  size_t split_ = 0;
  uint32_t level_ = 0;
  uint32_t resize_pauses_ = 0;
};

}  // namespace kvorum
