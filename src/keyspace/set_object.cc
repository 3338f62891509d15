#include "keyspace/set_object.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/numbers.h"
#include "keyspace/sampling.h"

namespace kvorum {
namespace {

// Whatever the settings allow, no list grows beyond this.
constexpr size_t kMaxListpackBytes = size_t{1} << 30;

size_t MaxIntSetEntries(const KeyspaceSettings& settings) {
  return std::min(static_cast<size_t>(settings.set_max_intset_entries), IntSet::kMaxSize - 1);
}

}  // namespace

SetObject::SetObject(Encoding encoding) : integers_(), encoding_(encoding) {
  if (encoding == Encoding::kListpack) new (&list_) PackedList();
  if (encoding == Encoding::kHashTable) table_ = New<Table>();
}

std::unique_ptr<SetObject> SetObject::For(std::string_view first, size_t count, const KeyspaceSettings& settings) {
  int64_t number;
  Encoding encoding = Encoding::kHashTable;
  if (count <= static_cast<size_t>(settings.set_max_intset_entries) && ParseInt64(first, &number)) {
    encoding = Encoding::kIntSet;
  } else if (count <= static_cast<size_t>(settings.set_max_listpack_entries)) {
    encoding = Encoding::kListpack;
  }
  return std::make_unique<SetObject>(encoding);
}

SetObject::~SetObject() { Destroy(); }

void SetObject::Destroy() {
  switch (encoding_) {
    case Encoding::kIntSet:
      integers_.~IntSet();
      return;
    case Encoding::kListpack:
      list_.~PackedList();
      return;
    case Encoding::kHashTable:
      Delete(table_);
  }
}

std::string_view SetObject::encoding() const {
  if (encoding_ == Encoding::kIntSet) return "intset";
  return encoding_ == Encoding::kListpack ? "listpack" : "hashtable";
}

size_t SetObject::size() const {
  if (encoding_ == Encoding::kIntSet) return integers_.size();
  return encoding_ == Encoding::kListpack ? list_.size() : table_->size();
}

size_t SetObject::MemoryBytes(size_t samples) const {
  const size_t own = AllocationSize(sizeof(SetObject));
  if (encoding_ == Encoding::kIntSet) return own + integers_.allocated_bytes();
  if (encoding_ == Encoding::kListpack) return own + list_.allocated_bytes();
  return own + table_->MemoryBytes(samples);
}

std::unique_ptr<Object> SetObject::Clone() const {
  auto copy = std::make_unique<SetObject>(encoding_);
  switch (encoding_) {
    case Encoding::kIntSet:
      copy->integers_ = integers_.Clone();
      break;
    case Encoding::kListpack:
      copy->list_ = list_.Clone();
      break;
    case Encoding::kHashTable:
      table_->ForEach([&copy](const MemberRecord* record) { copy->InsertNew(record->member()); });
  }
  return copy;
}

std::string SetObject::CanonicalText() const {
  std::vector<std::string> members;
  members.reserve(size());
  ForEach([&members](const PackedValue& member) {
    char digits[kMaxInt64Chars];
    members.emplace_back(member.View(digits));
  });
  std::sort(members.begin(), members.end());
  std::string text = "set";
  for (const std::string& member : members) text.append(" ").append(std::to_string(member.size())).append(":" + member);
  return text;
}

void SetObject::Validate() const {
  switch (encoding_) {
    case Encoding::kIntSet:
      integers_.Validate();
      return;
    case Encoding::kListpack:
      list_.Validate();
      for (auto position = list_.First(); position != PackedList::kNone; position = list_.Next(position)) {
        char digits[kMaxInt64Chars];
        CHECK(list_.Find(list_.Get(position).View(digits), 0) == position);
      }
      return;
    case Encoding::kHashTable:
      table_->Validate();
  }
}

// --- Changes ----------------------------------------------------------------------------------------------------------

bool SetObject::FitsListpack(size_t member_bytes, const KeyspaceSettings& settings) const {
  return size() < static_cast<size_t>(settings.set_max_listpack_entries) &&
         member_bytes <= static_cast<size_t>(settings.set_max_listpack_value);
}

std::unique_ptr<SetObject> SetObject::FromPacked(PackedList members, const KeyspaceSettings& settings) {
  auto set = std::make_unique<SetObject>(Encoding::kListpack);
  set->list_ = std::move(members);
  if (set->size() > static_cast<size_t>(settings.set_max_listpack_entries) || set->list_.bytes() > kMaxListpackBytes)
    set->ConvertToTable();
  return set;
}

std::unique_ptr<SetObject> SetObject::FromIntegers(IntSet members) {
  auto set = std::make_unique<SetObject>(Encoding::kIntSet);
  set->integers_ = std::move(members);
  return set;
}

void SetObject::InsertNew(std::string_view member) { table_->Insert(MemberRecord::Create(member)); }

bool SetObject::Add(std::string_view member, const KeyspaceSettings& settings) {
  if (encoding_ == Encoding::kHashTable) {
    const uint64_t hash = HashBytes(member);
    if (table_->Find(member, hash) != nullptr) return false;
    table_->Insert(MemberRecord::Create(member), hash);
    return true;
  }
  bool fits = FitsListpack(member.size(), settings);
  if (encoding_ == Encoding::kListpack) {
    if (list_.Find(member, list_.First()) != PackedList::kNone) return false;
    fits = fits && list_.bytes() + member.size() <= kMaxListpackBytes;
  } else {
    int64_t number;
    if (ParseInt64(member, &number)) return Add(number, settings);
    if (fits && !integers_.empty()) {
      // The first and the last have the most digits.
      char digits[kMaxInt64Chars];
      const size_t longest =
          std::max(FormatInt64(integers_.At(0), digits), FormatInt64(integers_.At(integers_.size() - 1), digits));
      fits = longest <= static_cast<size_t>(settings.set_max_listpack_value);
    }
    if (fits) ConvertToListpack();
  }
  if (fits) {
    list_.PushBack(member);
  } else {
    ConvertToTable();
    InsertNew(member);
  }
  return true;
}

bool SetObject::Add(int64_t member, const KeyspaceSettings& settings) {
  if (encoding_ != Encoding::kIntSet) {
    char digits[kMaxInt64Chars];
    return Add(std::string_view(digits, FormatInt64(member, digits)), settings);
  }
  if (!integers_.Add(member)) return false;
  if (integers_.size() > MaxIntSetEntries(settings)) ConvertToTable();
  return true;
}

bool SetObject::Remove(std::string_view member) {
  switch (encoding_) {
    case Encoding::kIntSet: {
      int64_t number;
      return ParseInt64(member, &number) && integers_.Remove(number);
    }
    case Encoding::kListpack: {
      const auto position = list_.Find(member, list_.First());
      if (position == PackedList::kNone) return false;
      list_.Erase(position);
      return true;
    }
    case Encoding::kHashTable:
      break;
  }
  return table_->Remove(member);
}

bool SetObject::Remove(int64_t member) {
  if (encoding_ == Encoding::kIntSet) return integers_.Remove(member);
  char digits[kMaxInt64Chars];
  return Remove(std::string_view(digits, FormatInt64(member, digits)));
}

void SetObject::RemoveAll(std::span<const PackedValue> sample) {
  constexpr size_t kFew = 4;
  if (encoding_ == Encoding::kHashTable || (encoding_ == Encoding::kIntSet && sample.size() <= kFew)) {
    for (const PackedValue& member : sample) CHECK(Remove(member));
    return;
  }
  // Keeps the others, in one walk: the sample is in the set's order.
  IntSet kept_integers;
  PackedList kept_list;
  size_t removed = 0;
  ForEach([&](const PackedValue& member) {
    if (removed < sample.size() && member.is_number == sample[removed].is_number &&
        (member.is_number ? member.number == sample[removed].number
                          : member.text.data() == sample[removed].text.data())) {
      ++removed;
    } else if (encoding_ == Encoding::kIntSet) {
      kept_integers.Add(member.number);
    } else if (member.is_number) {
      kept_list.PushBack(member.number);
    } else {
      kept_list.PushBack(member.text);
    }
  });
  CHECK(removed == sample.size());
  if (encoding_ == Encoding::kIntSet) {
    integers_ = std::move(kept_integers);
  } else {
    list_ = std::move(kept_list);
  }
}

bool SetObject::Contains(std::string_view member) const {
  if (encoding_ == Encoding::kHashTable) return table_->Get(member) != nullptr;
  if (encoding_ == Encoding::kListpack) return list_.Find(member, list_.First()) != PackedList::kNone;
  int64_t number;
  return ParseInt64(member, &number) && integers_.Contains(number);
}

bool SetObject::Contains(int64_t member) const {
  if (encoding_ == Encoding::kIntSet) return integers_.Contains(member);
  char digits[kMaxInt64Chars];
  return Contains(std::string_view(digits, FormatInt64(member, digits)));
}

// --- Forms ------------------------------------------------------------------------------------------------------------

void SetObject::ConvertToListpack() {
  CHECK(encoding_ == Encoding::kIntSet);
  PackedList list;
  for (size_t i = 0; i < integers_.size(); ++i) list.PushBack(integers_.At(i));
  integers_.~IntSet();
  new (&list_) PackedList(std::move(list));
  encoding_ = Encoding::kListpack;
}

void SetObject::ConvertToTable() {
  CHECK(encoding_ != Encoding::kHashTable);
  auto* table = New<Table>();
  ForEach([table](const PackedValue& member) {
    char digits[kMaxInt64Chars];
    table->Insert(MemberRecord::Create(member.View(digits)));
  });
  Destroy();
  table_ = table;
  encoding_ = Encoding::kHashTable;
}

void SetObject::PrepareFor(size_t count, const KeyspaceSettings& settings) {
  if ((encoding_ == Encoding::kListpack && count > static_cast<size_t>(settings.set_max_listpack_entries)) ||
      (encoding_ == Encoding::kIntSet && count > static_cast<size_t>(settings.set_max_intset_entries))) {
    ConvertToTable();
  }
}

void SetObject::ConvertToIntSet(const KeyspaceSettings& settings) {
  if (encoding_ == Encoding::kIntSet || size() > MaxIntSetEntries(settings)) return;
  IntSet integers;
  ForEach([&integers](const PackedValue& member) {
    int64_t number = member.number;
    CHECK(member.is_number || ParseInt64(member.text, &number));
    integers.Add(number);
  });
  Destroy();
  new (&integers_) IntSet(std::move(integers));
  encoding_ = Encoding::kIntSet;
}

// --- Chance -----------------------------------------------------------------------------------------------------------

PackedValue SetObject::RandomMember(Random& random) const {
  CHECK(size() > 0);
  switch (encoding_) {
    case Encoding::kIntSet:
      return {.number = integers_.Pick(random), .is_number = true};
    case Encoding::kListpack:
      return list_.Get(list_.At(static_cast<int64_t>(random.Below(list_.size()))));
    case Encoding::kHashTable:
      break;
  }
  return {.text = table_->RandomRecord(random)->member()};
}

std::vector<PackedValue> SetObject::Sample(size_t count, Random& random) const {
  std::vector<PackedValue> sample;
  if (encoding_ == Encoding::kHashTable && IsSparseSample(count, size())) {
    SampleRecords(*table_, count, random,
                  [&sample](const MemberRecord* record) { sample.push_back({.text = record->member()}); });
    return sample;
  }
  SampleOf sample_of(count, size(), random);
  sample.reserve(sample_of.left());
  ForEachWhile([&](const PackedValue& member) {
    if (sample_of.TakesNext()) sample.push_back(member);
    return sample_of.left() > 0;
  });
  return sample;
}

bool SetObject::WarmUp(std::string_view member, Warmup* warmup) const {
  return encoding_ == Encoding::kHashTable && table_->WarmUp(member, warmup);
}

}  // namespace kvorum
