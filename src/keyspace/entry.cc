#include "keyspace/entry.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace kvorum {

std::string_view TypeName(ObjectType type) {
  switch (type) {
    case ObjectType::kString:
      return "string";
    case ObjectType::kList:
      return "list";
    case ObjectType::kSet:
      return "set";
    case ObjectType::kSortedSet:
      return "zset";
    case ObjectType::kHash:
      return "hash";
    case ObjectType::kVectorSet:
      return "vectorset";
    case ObjectType::kJson:
      return "ReJSON-RL";
  }
  CHECK(!"unknown type");
}

BigString* BigString::Create(size_t size, size_t capacity) {
  CHECK(capacity >= size);
  const size_t bytes = AllocationSize(sizeof(BigString) + capacity);
  auto* string = static_cast<BigString*>(Allocate(bytes));
  string->size = size;
  string->capacity = bytes - sizeof(BigString);
  return string;
}

void BigString::Destroy(BigString* string) { Free(string, sizeof(BigString) + string->capacity); }

Entry* Entry::Create(ObjectType type, Encoding encoding, std::string_view key, size_t value_length,
                     int64_t deadline_ms) {
  const bool long_key = key.size() > kMaxShortKey;
  const bool has_deadline = deadline_ms != kNoDeadline;
  const size_t key_offset =
      sizeof(Entry) + (long_key ? 8 : 0) + (has_deadline ? 8 : 0) + (encoding == Encoding::kInline ? 0 : 8);
  auto* entry = static_cast<Entry*>(Allocate(key_offset + key.size() + value_length));
  entry->set_clock(0);
  entry->type_encoding_ = static_cast<uint8_t>(static_cast<uint8_t>(type) | static_cast<uint8_t>(encoding) << 4);
  entry->flags_ = static_cast<uint8_t>((long_key ? kLongKey : 0) | (has_deadline ? kHasDeadline : 0));
  entry->key_length_ = long_key ? 255 : static_cast<uint8_t>(key.size());
  entry->value_length_ = static_cast<uint16_t>(value_length);
  if (long_key) entry->Store<uint64_t>(sizeof(Entry), key.size());
  if (has_deadline) entry->Store<int64_t>(sizeof(Entry) + (long_key ? 8 : 0), deadline_ms);
  std::memcpy(entry->bytes() + key_offset, key.data(), key.size());
  return entry;
}

Entry* Entry::NewString(std::string_view key, std::string_view value, int64_t deadline_ms) {
  if (value.size() > kMaxInlineStringBytes) {
    BigString* big = BigString::Create(value.size(), value.size());
    std::memcpy(big->data, value.data(), value.size());
    return NewBigString(key, big, deadline_ms);
  }
  Entry* entry = Create(ObjectType::kString, Encoding::kInline, key, value.size(), deadline_ms);
  if (!value.empty()) std::memcpy(entry->bytes() + entry->InlineOffset(), value.data(), value.size());
  return entry;
}

Entry* Entry::NewInteger(std::string_view key, int64_t value, int64_t deadline_ms) {
  Entry* entry = Create(ObjectType::kString, Encoding::kInteger, key, 0, deadline_ms);
  entry->set_integer(value);
  return entry;
}

Entry* Entry::NewBigString(std::string_view key, BigString* value, int64_t deadline_ms) {
  Entry* entry = Create(ObjectType::kString, Encoding::kBigString, key, 0, deadline_ms);
  entry->Store(entry->PayloadOffset(), value);
  return entry;
}

Entry* Entry::NewObject(std::string_view key, std::unique_ptr<Object> object, int64_t deadline_ms) {
  Entry* entry = Create(object->type(), Encoding::kObject, key, 0, deadline_ms);
  entry->Store(entry->PayloadOffset(), object.release());
  return entry;
}

void Entry::Destroy(Entry* entry) {
  if (entry->encoding() == Encoding::kBigString) BigString::Destroy(entry->Load<BigString*>(entry->PayloadOffset()));
  if (entry->encoding() == Encoding::kObject) delete entry->object();
  FreeShell(entry);
}

Entry* Entry::Rebuild(Entry* entry, std::string_view key, int64_t deadline_ms) {
  Entry* rebuilt = Create(entry->type(), entry->encoding(), key, entry->value_length_, deadline_ms);
  rebuilt->set_clock(entry->clock());
  rebuilt->flags_ |= entry->flags_ & (kRaw | kMark);
  if (entry->encoding() == Encoding::kInline) {
    std::memcpy(rebuilt->bytes() + rebuilt->InlineOffset(), entry->bytes() + entry->InlineOffset(),
                entry->value_length_);
  } else {
    rebuilt->Store(rebuilt->PayloadOffset(), entry->Load<uint64_t>(entry->PayloadOffset()));
  }
  FreeShell(entry);
  return rebuilt;
}

std::string_view Entry::encoding_name() const {
  switch (encoding()) {
    case Encoding::kInteger:
      return "int";
    case Encoding::kObject:
      return object()->encoding();
    case Encoding::kInline:
    case Encoding::kBigString:
      break;
  }
  return string().size() > kEmbeddedStringBytes || (flags_ & kRaw) ? "raw" : "embstr";
}

std::string_view Entry::Text(char (&buffer)[kIntegerTextBytes]) const {
  if (!is_integer()) return string();
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), integer()).ptr;
  return {buffer, static_cast<size_t>(end - buffer)};
}

size_t Entry::StringLength() const {
  char buffer[kIntegerTextBytes];
  return Text(buffer).size();
}

size_t Entry::StringCapacity() const {
  return encoding() == Encoding::kInline ? value_length_ : Load<BigString*>(PayloadOffset())->capacity;
}

size_t Entry::MemoryBytes(size_t samples) const {
  size_t total = AllocationSize(AllocatedSize());
  if (encoding() == Encoding::kBigString) {
    total += AllocationSize(sizeof(BigString) + Load<BigString*>(PayloadOffset())->capacity);
  } else if (encoding() == Encoding::kObject) {
    total += object()->MemoryBytes(samples);
  }
  return total;
}

}  // namespace kvorum
