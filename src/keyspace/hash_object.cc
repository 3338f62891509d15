#include "keyspace/hash_object.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "base/prefetch.h"
#include "keyspace/sampling.h"

namespace kvorum {
namespace {

// Whatever the settings allow, no list grows beyond this.
constexpr size_t kMaxListpackBytes = size_t{1} << 30;

size_t MaxListpackValue(const KeyspaceSettings& settings) {
  return static_cast<size_t>(settings.hash_max_listpack_value);
}

}  // namespace

HashObject::HashObject(Encoding encoding) : list_(), encoding_(encoding) {
  if (encoding == Encoding::kHashTable) table_ = New<Table>();
}

HashObject::~HashObject() { Destroy(); }

void HashObject::Destroy() {
  if (encoding_ == Encoding::kListpack) {
    list_.~PackedList();
    return;
  }
  Delete(table_);
}

size_t HashObject::MemoryBytes(size_t samples) const {
  const size_t own = AllocationSize(sizeof(HashObject));
  if (encoding_ == Encoding::kListpack) return own + list_.allocated_bytes();
  return own + table_->MemoryBytes(samples);
}

std::unique_ptr<Object> HashObject::Clone() const {
  auto copy = std::make_unique<HashObject>(encoding_);
  if (encoding_ == Encoding::kListpack) {
    copy->list_ = list_.Clone();
  } else {
    table_->ForEach([&copy](const FieldRecord* record) {
      copy->table_->Insert(FieldRecord::Create(record->field(), record->value()));
    });
  }
  return copy;
}

std::string HashObject::CanonicalText() const {
  std::vector<std::string> pairs;
  pairs.reserve(size());
  auto append = [](std::string& text, const PackedValue& part) {
    char digits[kMaxInt64Chars];
    const std::string_view bytes = part.View(digits);
    text.append(" ").append(std::to_string(bytes.size())).append(":").append(bytes);
  };
  ForEach([&](const PackedValue& field, const PackedValue& value) {
    std::string& text = pairs.emplace_back();
    append(text, field);
    append(text, value);
  });
  std::sort(pairs.begin(), pairs.end());
  std::string text = "hash";
  for (const std::string& pair : pairs) text += pair;
  return text;
}

void HashObject::Validate() const {
  if (encoding_ == Encoding::kHashTable) {
    table_->Validate();
    return;
  }
  list_.Validate();
  CHECK(list_.size() % 2 == 0);
  for (auto position = list_.First(); position != PackedList::kNone; position = list_.Next(list_.Next(position))) {
    char digits[kMaxInt64Chars];
    CHECK(list_.Find(list_.Get(position).View(digits), 0, 2) == position);
  }
}

bool HashObject::Get(std::string_view field, PackedValue* value) const {
  if (encoding_ == Encoding::kHashTable) {
    const FieldRecord* record = table_->Get(field);
    if (record == nullptr) return false;
    *value = {.text = record->value()};
    return true;
  }
  const auto position = list_.Find(field, list_.First(), 2);
  if (position == PackedList::kNone) return false;
  *value = list_.Get(list_.Next(position));
  return true;
}

void HashObject::Prefetch(std::string_view field, int step) const {
  if (encoding_ != Encoding::kHashTable) return;
  if (step == 0) PrefetchLine(table_);
  if (step == 1) table_->PrefetchBucket(HashBytes(field));
  if (step == 2) table_->PrefetchRecords(HashBytes(field));
}

bool HashObject::Contains(std::string_view field) const {
  if (encoding_ == Encoding::kHashTable) return table_->Get(field) != nullptr;
  return list_.Find(field, list_.First(), 2) != PackedList::kNone;
}

bool HashObject::Set(std::string_view field, std::string_view value, const KeyspaceSettings& settings) {
  if (encoding_ == Encoding::kListpack && (std::max(field.size(), value.size()) > MaxListpackValue(settings) ||
                                           list_.bytes() + field.size() + value.size() > kMaxListpackBytes)) {
    ConvertToTable();
  }
  if (encoding_ == Encoding::kHashTable) {
    const uint64_t hash = HashBytes(field);
    if (FieldRecord** slot = table_->Find(field, hash); slot != nullptr) {
      *slot = (*slot)->WithValue(value);
      return false;
    }
    table_->Insert(FieldRecord::Create(field, value), hash);
    return true;
  }
  const auto position = list_.Find(field, list_.First(), 2);
  if (position != PackedList::kNone) {
    list_.Replace(list_.Next(position), value);
    return false;
  }
  const std::string_view both[] = {field, value};
  list_.PushBackMany(both);
  if (size() > static_cast<size_t>(settings.hash_max_listpack_entries)) ConvertToTable();
  return true;
}

bool HashObject::Remove(std::string_view field) {
  if (encoding_ == Encoding::kHashTable) return table_->Remove(field);
  const auto position = list_.Find(field, list_.First(), 2);
  if (position == PackedList::kNone) return false;
  list_.Erase(position, 2);
  return true;
}

void HashObject::PrepareFor(const Batch& batch, const KeyspaceSettings& settings) {
  if (encoding_ != Encoding::kListpack) return;
  if (batch.fields > static_cast<size_t>(settings.hash_max_listpack_entries) ||
      batch.longest_bytes > MaxListpackValue(settings) || list_.bytes() + batch.total_bytes > kMaxListpackBytes) {
    ConvertToTable();
  }
}

std::unique_ptr<HashObject> HashObject::FromPacked(PackedList pairs, const KeyspaceSettings& settings) {
  CHECK(pairs.size() % 2 == 0);
  auto hash = std::make_unique<HashObject>();
  hash->list_ = std::move(pairs);
  if (hash->size() > static_cast<size_t>(settings.hash_max_listpack_entries) ||
      hash->list_.bytes() > kMaxListpackBytes) {
    hash->ConvertToTable();
  }
  return hash;
}

void HashObject::ConvertToTable() {
  auto* table = New<Table>();
  ForEach([table](const PackedValue& field, const PackedValue& value) {
    char field_digits[kMaxInt64Chars];
    char value_digits[kMaxInt64Chars];
    table->Insert(FieldRecord::Create(field.View(field_digits), value.View(value_digits)));
  });
  Destroy();
  table_ = table;
  encoding_ = Encoding::kHashTable;
}

HashObject::Pair HashObject::RandomPair(Random& random) const {
  CHECK(size() > 0);
  if (encoding_ == Encoding::kHashTable) {
    const FieldRecord* record = table_->RandomRecord(random);
    return {{.text = record->field()}, {.text = record->value()}};
  }
  const auto position = list_.At(static_cast<int64_t>(2 * random.Below(size())));
  return {list_.Get(position), list_.Get(list_.Next(position))};
}

std::vector<HashObject::Pair> HashObject::Sample(size_t count, Random& random) const {
  std::vector<Pair> sample;
  if (encoding_ == Encoding::kHashTable && IsSparseSample(count, size())) {
    SampleRecords(*table_, count, random, [&sample](const FieldRecord* record) {
      sample.push_back({{.text = record->field()}, {.text = record->value()}});
    });
    return sample;
  }
  SampleOf sample_of(count, size(), random);
  sample.reserve(sample_of.left());
  ForEachWhile([&](const PackedValue& field, const PackedValue& value) {
    if (sample_of.TakesNext()) sample.push_back({field, value});
    return sample_of.left() > 0;
  });
  return sample;
}

bool HashObject::WarmUp(std::string_view field, Warmup* warmup) const {
  return encoding_ == Encoding::kHashTable && table_->WarmUp(field, warmup);
}

}  // namespace kvorum
