// SortedSetObject: a set of members, each with a score, in the order of score and then of the members' bytes.
//
// Small ones are a PackedList of member, score, member, score, ... in order ("listpack"): a score that is a whole number is
// kept as a number, another as the shortest text that reads back as it. (So a score of -0 is 0 there, as in Redis.)
// Large ones ("skiplist", the name that clients know) are a T-tree and a hash table over the same records, one allocation a
// member:
//
//   SortedSetMember = | score: 8 | length: 4 | bytes ... |
//
// Ranks count from 0 at the lowest. No score is NaN. A sorted set grows large when a Limits says so and stays large.
//
// Threads: one at a time. Ownership: owns its members; views given to visitors are good until they return.
// Complexity: of large ones O(log n) unless said otherwise; of small ones O(n), n bounded by Limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/numbers.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "keyspace/object.h"
#include "keyspace/sampling.h"
#include "keyspace/settings.h"
#include "keyspace/warmup.h"
#include "structures/hash_table.h"
#include "structures/packed_list.h"
#include "structures/t_tree.h"

namespace kvorum {

struct SortedSetMember {
  double score;
  uint32_t length;
  char bytes[];

  std::string_view view() const { return {bytes, length}; }
  static SortedSetMember* Create(std::string_view member, double score);
  static void Destroy(SortedSetMember* member);
  static size_t AllocatedSize(size_t length) { return offsetof(SortedSetMember, bytes) + length; }
};

// Of scores. Empty if nothing can lie in it.
struct ScoreRange {
  double min;
  double max;
  bool excludes_min = false;
  bool excludes_max = false;

  bool IsEmpty() const { return min > max || (min == max && (excludes_min || excludes_max)); }
};

// Of members' bytes, for sets whose scores are all the same.
struct LexRange {
  enum class Kind : uint8_t { kLowest, kInclusive, kExclusive, kHighest };
  struct Bound {
    Kind kind;
    std::string_view text = {};  // borrowed; of kInclusive and kExclusive
  };
  Bound min;
  Bound max;
};

// Ranks from begin up to but not including end.
struct RankRange {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

class SortedSetObject final : public Object {
 public:
  static constexpr ObjectType kType = ObjectType::kSortedSet;
  // What a member may have at most. The commands refuse longer ones.
  static constexpr size_t kMaxMemberBytes = UINT32_MAX - 64;

  // What a listpack holds at most: members, and bytes a member.
  struct Limits {
    size_t entries;
    size_t value_bytes;
  };
  static Limits LimitsOf(const KeyspaceSettings& settings) {
    return {static_cast<size_t>(settings.zset_max_listpack_entries),
            static_cast<size_t>(settings.zset_max_listpack_value)};
  }

  SortedSetObject() = default;
  ~SortedSetObject() override = default;

  ObjectType type() const override { return kType; }
  std::string_view encoding() const override { return large_ == nullptr ? "listpack" : "skiplist"; }
  size_t size() const override { return large_ == nullptr ? packed_.size() / 2 : large_->tree.size(); }
  size_t MemoryBytes(size_t samples) const override;
  size_t FreeEffort() const override { return large_ == nullptr ? 1 : size(); }
  std::unique_ptr<Object> Clone() const override;
  std::string CanonicalText() const override;
  void Validate() const override;

  bool is_packed() const { return large_ == nullptr; }
  // Of a small one.
  const PackedList& packed() const { return packed_; }
  // A sorted set of what a decoder has read: members and scores in turns, in order, no member twice.
  static std::unique_ptr<SortedSetObject> FromPacked(PackedList pairs, Limits limits);

  // What may happen to a member, as ZADD's options say it.
  struct AddOptions {
    bool only_new = false;       // NX
    bool only_existing = false;  // XX
    bool only_greater = false;   // GT: a member that is there changes only to a greater score
    bool only_less = false;      // LT
    bool increment = false;      // INCR: the score is added to that of the member, or to 0
  };
  enum class Added : uint8_t { kAdded, kChanged, kSame, kRefused, kNotANumber };
  // Adds a member or changes its score. *score becomes the one it has then (unless kRefused, kNotANumber).
  Added Add(std::string_view member, double* score, AddOptions options, Limits limits);
  bool Remove(std::string_view member);

  // False: there is no such member. O(1).
  bool Score(std::string_view member, double* score) const;
  bool Contains(std::string_view member) const {
    double score;
    return Score(member, &score);
  }
  // *score is set too.
  std::optional<size_t> Rank(std::string_view member, double* score) const;

  RankRange RanksOf(const ScoreRange& range) const;
  RankRange RanksOf(const LexRange& range) const;

  // visit(member, score) for the members of the ranks, the highest first if `reverse`. O(log n + members).
  template <typename Visit>
  void VisitRanks(RankRange ranks, bool reverse, Visit visit) const;
  template <typename Visit>
  void ForEach(Visit visit) const {
    VisitRanks({0, size()}, false, visit);
  }
  // visit(member, score), then removes them; lowest first.
  template <typename Visit>
  void RemoveRanks(RankRange ranks, Visit visit);

  // One of them, each with the same chance; there must be one. O(1) expected.
  template <typename Visit>
  void VisitRandom(Random& random, Visit visit) const;
  // Of a large one: visit(const SortedSetMember*) for those of one cursor position; returns the next. See HashTable::Scan.
  template <typename Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const {
    return large_->table.Scan(cursor, visit);
  }
  // Of a large one: how its table looks. O(n).
  HashTableShape Shape() const { return large_->table.Shape(); }
  // Of a large one: visit(member, score) for `count` different members, drawn one after another; count well below size().
  template <typename Visit>
  void VisitSample(size_t count, Random& random, Visit visit) const;

  // Makes it large; enough for what grows to more than the limits anyway.
  void MakeLarge();
  // Makes it a listpack if it fits. O(n).
  void PackIfFits(Limits limits);

  // Warm-ups of a large set (keyspace/warmup.h). False, and nothing started: it is small, and all in the caches soon anyway.
  enum class MemberUse : uint8_t {
    kScore,     // its score is looked up
    kPlace,     // its place in the order too
    kSet,       // it gets the score
    kIncrement  // the score is added to its own
  };
  bool WarmUpMember(std::string_view member, MemberUse use, double score, Warmup* warmup) const;
  bool WarmUpRanks(RankRange ranks, bool reverse, Warmup* warmup) const;
  bool WarmUpScore(double score, Warmup* warmup) const;

 private:
  friend class SortedSetBuilder;

  struct ScoreKey {
    double score;
  };
  struct LexKey {
    std::string_view member;
  };
  struct Order {
    using Prefix = double;
    static double PrefixOf(const SortedSetMember* member) { return member->score; }
    static double PrefixOf(const ScoreKey& key) { return key.score; }
    static void Prefetch(const SortedSetMember* member) { PrefetchLine(member); }
    static int Compare(const SortedSetMember* a, const SortedSetMember* b) {
      if (a->score != b->score) return a->score < b->score ? -1 : 1;
      return a->view().compare(b->view());
    }
    static int Compare(const ScoreKey& key, const SortedSetMember* b) {
      return key.score < b->score ? -1 : key.score > b->score ? 1 : 0;
    }
    static int Compare(const LexKey& key, const SortedSetMember* b) { return key.member.compare(b->view()); }
  };
  struct TableTraits {
    static std::string_view Key(const SortedSetMember* member) { return member->view(); }
  };
  using Tree = TTree<SortedSetMember*, Order>;
  using Table = HashTable<SortedSetMember, TableTraits>;

  struct Large {
    Tree tree;
    Table table;
    size_t member_bytes = 0;  // as allocated

    Large() = default;
    ~Large();
    Large(const Large&) = delete;
    Large& operator=(const Large&) = delete;

    // Allocates a member and puts it into the table, not into the tree.
    SortedSetMember* NewMember(std::string_view member, double score, uint64_t hash);
    // Frees a member that is in neither any more.
    void FreeMember(SortedSetMember* member);
    void ChangeScore(SortedSetMember* member, double score);

    static void* operator new(size_t bytes) { return Allocate(bytes); }
    static void operator delete(void* block, size_t bytes) { Free(block, bytes); }
  };

  class MemberWarmup;

  // The outcome of Add for a member that is there: whether to go on with the new *score.
  static Added Decide(double current, double* score, AddOptions options);
  Added AddPacked(std::string_view member, double* score, AddOptions options, Limits limits);
  Added AddLarge(std::string_view member, double* score, AddOptions options);

  double PackedScore(PackedList::Position member) const;
  static double ScoreOf(const PackedValue& value);
  // The pair that begins at the position, or is to begin there.
  void InsertPacked(std::string_view member, double score);
  static void AppendPacked(PackedList& list, std::string_view member, double score);
  PackedList::Position FindPacked(std::string_view member) const;
  // The number of members for which is_before(member, score) holds; it must hold for the first ones only.
  template <typename IsBefore>
  size_t CountPackedWhile(IsBefore is_before) const;

  size_t RankBelow(const ScoreKey& key, bool counts_equal) const;
  size_t RankBelow(const LexRange::Bound& bound, bool is_max) const;

  PackedList packed_;
  std::unique_ptr<Large> large_;
};

// Builds a sorted set from members in any order: ZUNIONSTORE and its like. Faster than adding one after another, as the tree is
// made once, of what was sorted. Threads: one.
class SortedSetBuilder {
 public:
  SortedSetBuilder() : large_(new SortedSetObject::Large) {}

  // The score of a member, which may be changed until Finish. *added: it was not there, and has `score` now.
  double* Slot(std::string_view member, double score, bool* added);
  void Erase(std::string_view member);
  size_t size() const { return large_->table.size(); }

  // Null if it is empty. The builder is used up.
  std::unique_ptr<SortedSetObject> Finish(SortedSetObject::Limits limits);

 private:
  std::unique_ptr<SortedSetObject::Large> large_;
};

// --- Templates --------------------------------------------------------------------------------------------------------------

template <typename Visit>
void SortedSetObject::VisitRanks(RankRange ranks, bool reverse, Visit visit) const {
  const size_t count = ranks.size();
  if (count == 0) return;
  if (large_ != nullptr) {
    auto visit_record = [&visit](const SortedSetMember* member) { visit(member->view(), member->score); };
    if (reverse) {
      large_->tree.VisitBackward(large_->tree.Select(ranks.end - 1), count, visit_record);
    } else {
      large_->tree.VisitForward(large_->tree.Select(ranks.begin), count, visit_record);
    }
    return;
  }
  char digits[kMaxInt64Chars];
  PackedList::Position position = packed_.At(static_cast<int64_t>(2 * (reverse ? ranks.end - 1 : ranks.begin)));
  for (size_t i = 0; i < count; ++i) {
    const PackedList::Position score = packed_.Next(position);
    visit(packed_.Get(position).View(digits), ScoreOf(packed_.Get(score)));
    if (i + 1 == count) return;
    position = reverse ? packed_.Prev(packed_.Prev(position)) : packed_.Next(score);
  }
}

template <typename Visit>
void SortedSetObject::RemoveRanks(RankRange ranks, Visit visit) {
  if (ranks.size() == 0) return;
  if (large_ != nullptr) {
    large_->tree.EraseRange(ranks.begin, ranks.size(), [&](SortedSetMember* member) {
      visit(member->view(), member->score);
      large_->table.Erase(member->view());
      large_->FreeMember(member);
    });
    return;
  }
  VisitRanks(ranks, false, visit);
  packed_.Erase(packed_.At(static_cast<int64_t>(2 * ranks.begin)), 2 * ranks.size());
}

template <typename Visit>
void SortedSetObject::VisitRandom(Random& random, Visit visit) const {
  if (large_ != nullptr) {
    const SortedSetMember* member = large_->table.RandomRecord(random);
    return visit(member->view(), member->score);
  }
  const size_t rank = random.Below(size());
  VisitRanks({rank, rank + 1}, false, visit);
}

template <typename Visit>
void SortedSetObject::VisitSample(size_t count, Random& random, Visit visit) const {
  SampleRecords(large_->table, count, random,
                [&visit](const SortedSetMember* member) { visit(member->view(), member->score); });
}

}  // namespace kvorum
