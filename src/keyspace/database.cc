#include "keyspace/database.h"

#include <algorithm>

#include "base/check.h"

namespace kvorum {
namespace {

Deadlines::Deadline DeadlineOf(const Entry* entry, uint64_t hash) { return {entry->deadline_ms(), hash}; }

}  // namespace

bool Database::IsWorthReclaiming(const Entry* entry) {
  return entry->encoding() == Entry::Encoding::kObject && entry->object()->FreeEffort() > kLazyFreeEffort;
}

Database::~Database() { Clear(); }

Entry* Database::Place(Entry* entry, Entry** slot, uint64_t hash) {
  entry->flags_ |= mark_;
  if (slot == nullptr) {
    table_.Insert(entry, hash);
    if (listener_ != nullptr) listener_->KeyCreated(index_, *entry);
  } else {
    Entry* old = *slot;
    *slot = entry;
    if (old->has_deadline()) deadlines_.Remove(DeadlineOf(old, hash));
    DestroyOverwritten(old);
  }
  if (entry->has_deadline()) deadlines_.Add(DeadlineOf(entry, hash));
  return entry;
}

Reclaimer* Database::OverwritingReclaimer() const {
  if (overwriting_ == nullptr || overwriting_->settings == nullptr) return nullptr;
  return overwriting_->settings->lazyfree_lazy_server_del ? overwriting_->reclaimer : nullptr;
}

void Database::DestroyOverwritten(Entry* entry) {
  if (!IsUnwritten(entry) && entry->encoding() != Entry::Encoding::kObject) return Entry::Destroy(entry);
  Dispose(entry, OverwritingReclaimer());
}

void Database::Dispose(Entry* entry, Reclaimer* reclaimer) {
  if (__builtin_expect(IsUnwritten(entry), 0) && guard_ != nullptr && guard_->Take(*this, entry)) return;
  if (reclaimer != nullptr && IsWorthReclaiming(entry)) {
    reclaimer->Reclaim(entry);
  } else {
    Entry::Destroy(entry);
  }
}

Entry* Database::PutString(std::string_view key, std::string_view value, uint32_t clock, int64_t deadline_ms) {
  const uint64_t hash = Hash(key);
  Entry** slot = table_.Find(key, hash);
  if (slot != nullptr && deadline_ms == Entry::kNoDeadline) {
    Entry* old = *slot;
    // The hot case: a value of the same length over the old one, without an allocation.
    if (old->encoding() == Entry::Encoding::kInline && old->value_length_ == value.size() && !old->has_deadline()) {
      WillChange(old);
      if (!value.empty()) std::memmove(old->bytes() + old->InlineOffset(), value.data(), value.size());
      old->flags_ &= static_cast<uint8_t>(~Entry::kRaw);
      old->set_clock(clock);
      return old;
    }
  }
  Entry* entry = Entry::NewString(key, value, deadline_ms);
  entry->set_clock(clock);
  return Place(entry, slot, hash);
}

Entry* Database::PutInteger(std::string_view key, int64_t value, uint32_t clock, int64_t deadline_ms) {
  const uint64_t hash = Hash(key);
  Entry* entry = Entry::NewInteger(key, value, deadline_ms);
  entry->set_clock(clock);
  return Place(entry, table_.Find(key, hash), hash);
}

Entry* Database::PutObject(std::string_view key, std::unique_ptr<Object> object, uint32_t clock, int64_t deadline_ms) {
  const uint64_t hash = Hash(key);
  Entry* entry = Entry::NewObject(key, std::move(object), deadline_ms);
  entry->set_clock(clock);
  return Place(entry, table_.Find(key, hash), hash);
}

Entry* Database::PutCopy(std::string_view key, const Entry& entry, uint32_t clock) {
  if (!entry.is_string()) return PutObject(key, entry.object()->Clone(), clock, entry.deadline_ms());
  if (entry.is_integer()) return PutInteger(key, entry.integer(), clock, entry.deadline_ms());
  Entry* copy = PutString(key, entry.string(), clock, entry.deadline_ms());
  copy->flags_ |= entry.flags_ & Entry::kRaw;
  return copy;
}

char* Database::MutableString(Entry*& entry, size_t size) {
  CHECK(entry->is_string());
  WillChange(entry);
  char digits[kIntegerTextBytes];
  const std::string_view old = entry->Text(digits);
  if (entry->encoding() == Entry::Encoding::kInline && old.size() == size) {
    entry->flags_ |= Entry::kRaw;
    return entry->bytes() + entry->InlineOffset();
  }
  if (entry->encoding() == Entry::Encoding::kBigString) {
    auto* big = entry->Load<BigString*>(entry->PayloadOffset());
    if (size <= big->capacity && size * 4 >= big->capacity) {
      if (size > big->size) std::memset(big->data + big->size, 0, size - big->size);
      big->size = size;
      return big->data;
    }
  }
  const uint64_t hash = HashBytes(entry->key());
  Entry** slot = table_.Find(entry->key(), hash);
  char* data;
  Entry* changed;
  if (size > kMaxInlineStringBytes) {
    // Room to grow, as a string that was changed once is changed again: double below 1 MiB, and 1 MiB above. Not for one that has
    // just been created.
    BigString* big = BigString::Create(size, size + (old.empty() ? 0 : std::min<size_t>(size, 1 << 20)));
    changed = Entry::NewBigString(entry->key(), big, entry->deadline_ms());
    data = big->data;
  } else {
    changed = Entry::Create(ObjectType::kString, Entry::Encoding::kInline, entry->key(), size, entry->deadline_ms());
    data = changed->bytes() + changed->InlineOffset();
  }
  const size_t kept = std::min(size, old.size());
  std::memcpy(data, old.data(), kept);
  std::memset(data + kept, 0, size - kept);
  changed->flags_ |= static_cast<uint8_t>(Entry::kRaw | mark_);
  changed->set_clock(entry->clock());
  *slot = changed;  // the same deadline: the order of deadlines does not change
  Entry::Destroy(entry);
  entry = changed;
  return data;
}

Entry* Database::SetInteger(Entry* entry, int64_t value) {
  WillChange(entry);
  if (entry->is_integer()) {
    entry->set_integer(value);
    return entry;
  }
  Entry* changed = Entry::NewInteger(entry->key(), value, entry->deadline_ms());
  changed->set_clock(entry->clock());
  changed->flags_ |= mark_;
  *Slot(entry->key()) = changed;
  Entry::Destroy(entry);
  return changed;
}

Entry* Database::SetBytes(Entry* entry, std::string_view value) {
  WillChange(entry);
  Entry* changed = Entry::NewString(entry->key(), value, entry->deadline_ms());
  changed->set_clock(entry->clock());
  changed->flags_ |= mark_;
  *Slot(entry->key()) = changed;
  Entry::Destroy(entry);
  return changed;
}

Entry* Database::SetDeadline(Entry* entry, int64_t deadline_ms) {
  CHECK(deadline_ms != Entry::kNoDeadline);
  WillMove(entry);
  const uint64_t hash = HashBytes(entry->key());
  if (entry->has_deadline()) {
    deadlines_.Remove(DeadlineOf(entry, hash));
    entry->Store<int64_t>(sizeof(Entry) + (entry->flags_ & Entry::kLongKey ? 8 : 0), deadline_ms);
  } else {
    Entry** slot = table_.Find(entry->key(), hash);
    *slot = entry = Entry::Rebuild(entry, entry->key(), deadline_ms);
    HasMoved(entry);
  }
  deadlines_.Add(DeadlineOf(entry, hash));
  return entry;
}

Entry* Database::ClearDeadline(Entry* entry) {
  if (!entry->has_deadline()) return entry;
  WillMove(entry);
  const uint64_t hash = HashBytes(entry->key());
  deadlines_.Remove(DeadlineOf(entry, hash));
  Entry** slot = table_.Find(entry->key(), hash);
  *slot = entry = Entry::Rebuild(entry, entry->key(), Entry::kNoDeadline);
  HasMoved(entry);
  return entry;
}

Entry* Database::TakeOut(std::string_view key) {
  const uint64_t hash = Hash(key);
  Entry** slot = table_.Find(key, hash);
  if (slot == nullptr) return nullptr;
  Entry* entry = table_.Erase(slot, hash);
  if (entry->has_deadline()) deadlines_.Remove(DeadlineOf(entry, hash));
  return entry;
}

Entry* Database::Detach(std::string_view key) {
  Entry* entry = TakeOut(key);
  if (entry != nullptr) WillMove(entry);
  return entry;
}

bool Database::Delete(std::string_view key) {
  Entry* entry = TakeOut(key);
  if (entry == nullptr) return false;
  Dispose(entry, nullptr);
  return true;
}

bool Database::DeleteLazily(std::string_view key, Reclaimer& reclaimer) {
  Entry* entry = TakeOut(key);
  if (entry == nullptr) return false;
  Dispose(entry, &reclaimer);
  return true;
}

Entry* Database::Attach(Entry* entry, std::string_view key) {
  const uint64_t hash = Hash(key);
  CHECK(table_.Find(key, hash) == nullptr);
  if (entry->key() != key) entry = Entry::Rebuild(entry, key, entry->deadline_ms());
  HasMoved(entry);
  table_.Insert(entry, hash);
  if (entry->has_deadline()) deadlines_.Add(DeadlineOf(entry, hash));
  if (listener_ != nullptr) listener_->KeyCreated(index_, *entry);
  return entry;
}

Entry* Database::EntryOf(Deadlines::Deadline deadline) const {
  Entry* found = table_.FindByHash(deadline.key_hash, [&deadline](const Entry* entry) {
    return entry->deadline_ms() == deadline.ms && HashBytes(entry->key()) == deadline.key_hash;
  });
  CHECK(found != nullptr);
  return found;
}

Entry* Database::FirstExpired(int64_t now_ms) const {
  if (deadlines_.size() == 0 || deadlines_.First().ms > now_ms) return nullptr;
  return EntryOf(deadlines_.First());
}

Entry* Database::RandomVolatileEntry(Random& random) const {
  CHECK(deadlines_.size() > 0);
  return EntryOf(deadlines_.Select(random.Below(deadlines_.size())));
}

bool Database::InsertLoaded(Entry* entry, uint64_t hash) {
  if (table_.Find(entry->key(), hash) != nullptr) return false;
  entry->flags_ |= mark_;
  table_.Insert(entry, hash);
  return true;
}

void Database::MarkAll() {
  table_.ForEach(
      [this](Entry* entry) { entry->flags_ = static_cast<uint8_t>((entry->flags_ & ~Entry::kMark) | mark_); });
}

void Database::Clear() {
  if (guard_ != nullptr) guard_->BeforeClear(*this);
  table_.ForEach([](Entry* entry) { Entry::Destroy(entry); });
  table_.Clear();
  deadlines_.Clear();
}

void Database::Validate() const {
  table_.Validate();
  size_t deadlines = 0;
  table_.ForEach([&deadlines](const Entry* entry) {
    deadlines += entry->has_deadline();
    if (!entry->is_string()) {
      entry->object()->Validate();
      CHECK(entry->object()->size() > 0);
    }
  });
  CHECK(deadlines == deadlines_.size());
  deadlines_.Validate();
}

}  // namespace kvorum
