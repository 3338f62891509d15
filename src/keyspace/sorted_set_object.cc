#include "keyspace/sorted_set_object.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"

namespace kvorum {
namespace {

// A double that is a whole number within these is exact as an int64_t.
constexpr double kIntegerLimit = 4611686018427387904.0;  // 2^62

// Below so many members a set fits the caches, and the commands find it there.
constexpr size_t kWarmupSize = 2000;
// Of a range, so many members at most are warmed up.
constexpr size_t kWarmupMembers = 16;

bool AsInteger(double score, int64_t* integer) {
  if (!(score >= -kIntegerLimit && score <= kIntegerLimit)) return false;
  *integer = static_cast<int64_t>(score);
  return static_cast<double>(*integer) == score;
}

}  // namespace

SortedSetMember* SortedSetMember::Create(std::string_view member, double score) {
  CHECK(member.size() <= SortedSetObject::kMaxMemberBytes);
  auto* created = static_cast<SortedSetMember*>(Allocate(AllocatedSize(member.size())));
  created->score = score;
  created->length = static_cast<uint32_t>(member.size());
  if (!member.empty()) std::memcpy(created->bytes, member.data(), member.size());
  return created;
}

void SortedSetMember::Destroy(SortedSetMember* member) { Free(member, AllocatedSize(member->length)); }

// --- Large ------------------------------------------------------------------------------------------------------------------

SortedSetObject::Large::~Large() {
  // By the table: a builder's members are in no tree yet.
  table.ForEach([](SortedSetMember* member) { SortedSetMember::Destroy(member); });
}

SortedSetMember* SortedSetObject::Large::NewMember(std::string_view member, double score, uint64_t hash) {
  SortedSetMember* created = SortedSetMember::Create(member, score);
  member_bytes += AllocationSize(SortedSetMember::AllocatedSize(member.size()));
  table.Insert(created, hash);
  return created;
}

void SortedSetObject::Large::FreeMember(SortedSetMember* member) {
  member_bytes -= AllocationSize(SortedSetMember::AllocatedSize(member->length));
  SortedSetMember::Destroy(member);
}

void SortedSetObject::Large::ChangeScore(SortedSetMember* member, double score) {
  const Tree::Position position = tree.Find(member);
  const Tree::Position before = tree.Prev(position);
  const Tree::Position after = Tree::Next(position);
  // A small change often leaves it where it is. Only scores strictly between tell that without a look at members.
  if ((!before || Tree::At(before)->score < score) && (!after || score < Tree::At(after)->score)) {
    member->score = score;
    Tree::Replace(position, member);
    return;
  }
  tree.EraseAt(position);
  member->score = score;
  tree.Insert(member);
}

// --- Packed -----------------------------------------------------------------------------------------------------------------

double SortedSetObject::ScoreOf(const PackedValue& value) {
  if (value.is_number) return static_cast<double>(value.number);
  double score = 0;
  CHECK(ParseDouble(value.text, &score));
  return score;
}

double SortedSetObject::PackedScore(PackedList::Position member) const {
  return ScoreOf(packed_.Get(packed_.Next(member)));
}

PackedList::Position SortedSetObject::FindPacked(std::string_view member) const {
  return packed_.Find(member, packed_.First(), 2);
}

template <typename IsBefore>
size_t SortedSetObject::CountPackedWhile(IsBefore is_before) const {
  char digits[kMaxInt64Chars];
  size_t count = 0;
  for (PackedList::Position at = packed_.First(); at != PackedList::kNone; ++count) {
    const PackedList::Position score = packed_.Next(at);
    if (!is_before(packed_.Get(at).View(digits), ScoreOf(packed_.Get(score)))) break;
    at = packed_.Next(score);
  }
  return count;
}

void SortedSetObject::AppendPacked(PackedList& list, std::string_view member, double score) {
  list.PushBack(member);
  int64_t integer;
  if (AsInteger(score, &integer)) return list.PushBack(integer);
  char text[kMaxDoubleChars];
  list.PushBack(std::string_view(text, FormatDouble(score, text)));
}

void SortedSetObject::InsertPacked(std::string_view member, double score) {
  const size_t rank = CountPackedWhile([&](std::string_view other, double other_score) {
    return other_score < score || (other_score == score && other < member);
  });
  const PackedList::Position at = packed_.At(static_cast<int64_t>(2 * rank));
  if (at == PackedList::kNone) return AppendPacked(packed_, member, score);
  const PackedList::Position place = packed_.InsertBefore(at, member);
  int64_t integer;
  if (AsInteger(score, &integer)) {
    packed_.InsertAfter(place, integer);
  } else {
    char text[kMaxDoubleChars];
    packed_.InsertAfter(place, std::string_view(text, FormatDouble(score, text)));
  }
}

void SortedSetObject::MakeLarge() {
  if (large_ != nullptr) return;
  std::unique_ptr<Large> large(new Large);
  std::vector<SortedSetMember*> members;
  members.reserve(size());
  ForEach([&](std::string_view member, double score) {
    members.push_back(large->NewMember(member, score, HashBytes(member)));
  });
  auto next = members.begin();
  large->tree.BuildFromSorted(members.size(), [&next] { return *next++; });
  packed_.Clear();
  large_ = std::move(large);
}

std::unique_ptr<SortedSetObject> SortedSetObject::FromPacked(PackedList pairs, Limits limits) {
  auto set = std::make_unique<SortedSetObject>();
  set->packed_ = std::move(pairs);
  if (set->size() > limits.entries) set->MakeLarge();
  return set;
}

void SortedSetObject::PackIfFits(Limits limits) {
  if (large_ == nullptr || size() > limits.entries) return;
  bool fits = true;
  large_->tree.ForEach([&](const SortedSetMember* member) { fits &= member->length <= limits.value_bytes; });
  if (!fits) return;
  PackedList packed;
  large_->tree.ForEach([&](const SortedSetMember* member) { AppendPacked(packed, member->view(), member->score); });
  packed_ = std::move(packed);
  large_.reset();
}

// --- Changes ----------------------------------------------------------------------------------------------------------------

SortedSetObject::Added SortedSetObject::Decide(double current, double* score, AddOptions options) {
  if (options.only_new) return Added::kRefused;
  double wanted = *score;
  if (options.increment) {
    wanted += current;
    if (std::isnan(wanted)) return Added::kNotANumber;
  }
  if ((options.only_less && wanted >= current) || (options.only_greater && wanted <= current)) return Added::kRefused;
  *score = wanted;
  return wanted == current ? Added::kSame : Added::kChanged;
}

SortedSetObject::Added SortedSetObject::Add(std::string_view member, double* score, AddOptions options, Limits limits) {
  return large_ == nullptr ? AddPacked(member, score, options, limits) : AddLarge(member, score, options);
}

SortedSetObject::Added SortedSetObject::AddPacked(std::string_view member, double* score, AddOptions options,
                                                  Limits limits) {
  const PackedList::Position place = FindPacked(member);
  if (place != PackedList::kNone) {
    const Added outcome = Decide(PackedScore(place), score, options);
    if (outcome == Added::kChanged) {
      packed_.Erase(place, 2);
      InsertPacked(member, *score);
    }
    return outcome;
  }
  if (options.only_existing) return Added::kRefused;
  if (size() + 1 > limits.entries || member.size() > limits.value_bytes) {
    MakeLarge();
    return AddLarge(member, score, options);
  }
  InsertPacked(member, *score);
  return Added::kAdded;
}

SortedSetObject::Added SortedSetObject::AddLarge(std::string_view member, double* score, AddOptions options) {
  const uint64_t hash = HashBytes(member);
  if (SortedSetMember** slot = large_->table.Find(member, hash)) {
    const Added outcome = Decide((*slot)->score, score, options);
    if (outcome == Added::kChanged) large_->ChangeScore(*slot, *score);
    return outcome;
  }
  if (options.only_existing) return Added::kRefused;
  large_->tree.Insert(large_->NewMember(member, *score, hash));
  return Added::kAdded;
}

bool SortedSetObject::Remove(std::string_view member) {
  if (large_ == nullptr) {
    const PackedList::Position place = FindPacked(member);
    if (place == PackedList::kNone) return false;
    packed_.Erase(place, 2);
    return true;
  }
  const uint64_t hash = HashBytes(member);
  SortedSetMember** slot = large_->table.Find(member, hash);
  if (slot == nullptr) return false;
  SortedSetMember* removed = large_->table.Erase(slot, hash);
  CHECK(large_->tree.Erase(removed));
  large_->FreeMember(removed);
  return true;
}

// --- Looking up -------------------------------------------------------------------------------------------------------------

bool SortedSetObject::Score(std::string_view member, double* score) const {
  if (large_ == nullptr) {
    const PackedList::Position place = FindPacked(member);
    if (place == PackedList::kNone) return false;
    *score = PackedScore(place);
    return true;
  }
  const SortedSetMember* found = large_->table.Get(member);
  if (found == nullptr) return false;
  *score = found->score;
  return true;
}

std::optional<size_t> SortedSetObject::Rank(std::string_view member, double* score) const {
  if (large_ == nullptr) {
    const PackedList::Position place = FindPacked(member);
    if (place == PackedList::kNone) return std::nullopt;
    *score = PackedScore(place);
    size_t rank = 0;
    for (PackedList::Position at = packed_.First(); at != place; at = packed_.Next(packed_.Next(at))) ++rank;
    return rank;
  }
  SortedSetMember* found = large_->table.Get(member);
  if (found == nullptr) return std::nullopt;
  *score = found->score;
  return large_->tree.Rank(large_->tree.Find(found));
}

// How many members have a lower score; `counts_equal`: or the same.
size_t SortedSetObject::RankBelow(const ScoreKey& key, bool counts_equal) const {
  if (large_ != nullptr) {
    const Tree& tree = large_->tree;
    return tree.Rank(counts_equal ? tree.UpperBound(key) : tree.LowerBound(key));
  }
  return CountPackedWhile(
      [&](std::string_view, double score) { return counts_equal ? score <= key.score : score < key.score; });
}

RankRange SortedSetObject::RanksOf(const ScoreRange& range) const {
  if (range.IsEmpty()) return {};
  const size_t begin = RankBelow(ScoreKey{range.min}, range.excludes_min);
  const size_t end = RankBelow(ScoreKey{range.max}, !range.excludes_max);
  return {begin, end};
}

// How many members are before the lower bound; `is_max`: not beyond the upper.
size_t SortedSetObject::RankBelow(const LexRange::Bound& bound, bool is_max) const {
  if (bound.kind == LexRange::Kind::kLowest) return 0;
  if (bound.kind == LexRange::Kind::kHighest) return size();
  const bool counts_equal = is_max == (bound.kind == LexRange::Kind::kInclusive);
  if (large_ != nullptr) {
    const Tree& tree = large_->tree;
    const LexKey key{bound.text};
    return tree.Rank(counts_equal ? tree.UpperBound(key) : tree.LowerBound(key));
  }
  return CountPackedWhile(
      [&](std::string_view member, double) { return counts_equal ? member <= bound.text : member < bound.text; });
}

RankRange SortedSetObject::RanksOf(const LexRange& range) const {
  const size_t begin = RankBelow(range.min, false);
  const size_t end = RankBelow(range.max, true);
  // Bounds the wrong way round, or none of the members between them.
  return begin < end ? RankRange{begin, end} : RankRange{};
}

// --- Warm-ups ---------------------------------------------------------------------------------------------------------------

// First the table's bucket, then the record, then where it is in the order, and where it is to go.
class SortedSetObject::MemberWarmup {
 public:
  MemberWarmup(const Large& large, std::string_view member, MemberUse use, double score)
      : large_(&large),
        member_(member),
        hash_(HashBytes(member)),
        score_(score),
        use_(use),
        place_(large.tree.StartWarmup(ScoreKey{score})),
        destination_(place_) {
    large_->table.PrefetchBucket(hash_);
  }

  bool Step() {
    if (stage_ == Stage::kTree) {
      if (has_place_) has_place_ = place_.Step();
      if (has_destination_) has_destination_ = destination_.Step();
      return has_place_ || has_destination_;
    }
    if (stage_ == Stage::kBucket) {
      large_->table.PrefetchRecords(hash_);
      stage_ = Stage::kRecord;
      return true;
    }
    if (use_ == MemberUse::kScore) return false;
    const SortedSetMember* found = large_->table.Get(member_, hash_);
    if (found != nullptr) {
      has_place_ = true;
      place_ = large_->tree.StartWarmup(ScoreKey{found->score});
      if (use_ == MemberUse::kIncrement) score_ += found->score;
    }
    if (use_ != MemberUse::kPlace && (found == nullptr || found->score != score_) && !std::isnan(score_)) {
      has_destination_ = true;
      destination_ = large_->tree.StartWarmup(ScoreKey{score_});
    }
    stage_ = Stage::kTree;
    return has_place_ || has_destination_;
  }

 private:
  enum class Stage : uint8_t { kBucket, kRecord, kTree };

  const Large* large_;
  std::string_view member_;
  uint64_t hash_;
  double score_;
  MemberUse use_;
  Stage stage_ = Stage::kBucket;
  bool has_place_ = false;
  bool has_destination_ = false;
  Tree::Warmup place_;
  Tree::Warmup destination_;
};

bool SortedSetObject::WarmUpMember(std::string_view member, MemberUse use, double score, Warmup* warmup) const {
  if (size() < kWarmupSize) return false;
  warmup->Start(MemberWarmup(*large_, member, use, score));
  return true;
}

bool SortedSetObject::WarmUpRanks(RankRange ranks, bool reverse, Warmup* warmup) const {
  if (size() < kWarmupSize || ranks.size() == 0) return false;
  const size_t count = std::min(ranks.size(), kWarmupMembers);
  warmup->Start(large_->tree.StartRankWarmup(reverse ? ranks.end - count : ranks.begin, count));
  return true;
}

bool SortedSetObject::WarmUpScore(double score, Warmup* warmup) const {
  if (size() < kWarmupSize || std::isnan(score)) return false;
  warmup->Start(large_->tree.StartWarmup(ScoreKey{score}));
  return true;
}

// --- Object -----------------------------------------------------------------------------------------------------------------

size_t SortedSetObject::MemoryBytes(size_t) const {
  size_t bytes = AllocationSize(sizeof(*this)) + packed_.allocated_bytes();
  if (large_ != nullptr) {
    bytes += AllocationSize(sizeof(Large)) + large_->tree.MemoryBytes() + large_->table.bytes() + large_->member_bytes;
  }
  return bytes;
}

std::unique_ptr<Object> SortedSetObject::Clone() const {
  auto clone = std::make_unique<SortedSetObject>();
  if (large_ == nullptr) {
    clone->packed_ = packed_.Clone();
    return clone;
  }
  clone->large_.reset(new Large);
  Large& large = *clone->large_;
  std::vector<SortedSetMember*> members;
  members.reserve(size());
  large_->tree.ForEach([&](const SortedSetMember* member) {
    members.push_back(large.NewMember(member->view(), member->score, HashBytes(member->view())));
  });
  auto next = members.begin();
  large.tree.BuildFromSorted(members.size(), [&next] { return *next++; });
  return clone;
}

std::string SortedSetObject::CanonicalText() const {
  std::string text = "zset";
  ForEach([&text](std::string_view member, double score) {
    char digits[kMaxDoubleChars];
    // + 0.0: the two encodings differ about -0.
    text += ' ';
    text.append(digits, FormatDouble(score + 0.0, digits));
    text += ':';
    text += std::to_string(member.size());
    text += ':';
    text += member;
  });
  return text;
}

void SortedSetObject::Validate() const {
  if (large_ == nullptr) {
    packed_.Validate();
    CHECK(packed_.size() % 2 == 0);
    bool first = true;
    std::string previous;
    double previous_score = 0;
    ForEach([&](std::string_view member, double score) {
      CHECK(!std::isnan(score));
      if (!first) CHECK(previous_score < score || (previous_score == score && previous < member));
      first = false;
      previous = member;
      previous_score = score;
    });
    return;
  }
  CHECK(packed_.empty());
  large_->tree.Validate();
  large_->table.Validate();
  CHECK(large_->tree.size() == large_->table.size());
  size_t bytes = 0;
  const SortedSetMember* previous = nullptr;
  large_->tree.ForEach([&](const SortedSetMember* member) {
    CHECK(!std::isnan(member->score));
    CHECK(previous == nullptr || Order::Compare(previous, member) < 0);
    CHECK(large_->table.Get(member->view()) == member);
    bytes += AllocationSize(SortedSetMember::AllocatedSize(member->length));
    previous = member;
  });
  CHECK(bytes == large_->member_bytes);
}

// --- Builder ----------------------------------------------------------------------------------------------------------------

double* SortedSetBuilder::Slot(std::string_view member, double score, bool* added) {
  const uint64_t hash = HashBytes(member);
  SortedSetMember** slot = large_->table.Find(member, hash);
  *added = slot == nullptr;
  return slot != nullptr ? &(*slot)->score : &large_->NewMember(member, score, hash)->score;
}

void SortedSetBuilder::Erase(std::string_view member) {
  if (SortedSetMember* erased = large_->table.Erase(member)) large_->FreeMember(erased);
}

std::unique_ptr<SortedSetObject> SortedSetBuilder::Finish(SortedSetObject::Limits limits) {
  if (size() == 0) return nullptr;
  std::vector<SortedSetMember*> members;
  members.reserve(size());
  large_->table.ForEach([&members](SortedSetMember* member) { members.push_back(member); });
  std::sort(members.begin(), members.end(), [](const SortedSetMember* a, const SortedSetMember* b) {
    return SortedSetObject::Order::Compare(a, b) < 0;
  });
  auto next = members.begin();
  large_->tree.BuildFromSorted(members.size(), [&next] { return *next++; });
  auto object = std::make_unique<SortedSetObject>();
  object->large_ = std::move(large_);
  object->PackIfFits(limits);
  return object;
}

}  // namespace kvorum
