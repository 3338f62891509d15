#include "json/value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>

#include "base/allocator.h"
#include "base/check.h"
#include "base/hash.h"

namespace kvorum {
namespace {

constexpr int64_t kMaxShort = (int64_t{1} << 60) - 1;
constexpr int kDecimalShift = 8;
constexpr int64_t kMaxMantissa = int64_t{1} << 53;
// Powers that are doubles, so that dividing by one rounds once.
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                            1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
// Objects with more get an index.
constexpr size_t kMaxUnindexed = 16;
constexpr size_t kNoSlot = SIZE_MAX;
// What the index says of nobody.
constexpr uint32_t kNobody = 0;

struct StringBlock {
  size_t size;
  char* data() { return reinterpret_cast<char*>(this + 1); }
  static size_t Bytes(size_t size) { return sizeof(StringBlock) + size; }
};

size_t Grown(size_t capacity, size_t needed) { return std::max({needed, capacity + capacity / 2, size_t{4}}); }

}  // namespace

struct JsonValue::ArrayBlock {
  uint32_t size;
  uint32_t capacity;
  JsonValue* items() { return reinterpret_cast<JsonValue*>(this + 1); }
  size_t Bytes() const { return sizeof(ArrayBlock) + capacity * sizeof(JsonValue); }
};

// Then the members, then the index: places in a table of open addressing, each the slot of a member and 1.
struct JsonValue::ObjectBlock {
  uint32_t slots;  // those of removed members included
  uint32_t members;
  uint32_t capacity;
  uint32_t index_size;  // a power of two, or 0

  JsonMember* at(size_t slot) { return reinterpret_cast<JsonMember*>(this + 1) + slot; }
  uint32_t* index() { return reinterpret_cast<uint32_t*>(at(capacity)); }
  size_t Bytes() const {
    return sizeof(ObjectBlock) + capacity * sizeof(JsonMember) + size_t{index_size} * sizeof(uint32_t);
  }
  void AddToIndex(std::string_view name, size_t slot) {
    if (index_size == 0) return;
    size_t place = HashBytes(name) & (index_size - 1);
    while (index()[place] != kNobody) place = (place + 1) & (index_size - 1);
    index()[place] = static_cast<uint32_t>(slot + 1);
  }
};

std::string_view JsonTypeName(JsonValue::Type type) {
  constexpr std::array<std::string_view, 7> kNames = {"null",   "boolean", "integer", "number",
                                                      "string", "array",   "object"};
  return kNames[static_cast<size_t>(type)];
}

void JsonValue::Destroy(uint64_t bits) {
  void* block = Block(bits);
  switch (Tag(bits)) {
    case kInteger:
    case kDouble:
      return Free(block, sizeof(int64_t));
    case kString:
      return Free(block, StringBlock::Bytes(static_cast<StringBlock*>(block)->size));
    case kArray: {
      auto* array = static_cast<ArrayBlock*>(block);
      std::destroy_n(array->items(), array->size);
      return Free(array, array->Bytes());
    }
    default: {
      auto* object = static_cast<ObjectBlock*>(block);
      std::destroy_n(object->at(0), object->slots);
      return Free(object, object->Bytes());
    }
  }
}

// --- What is no container -----------------------------------------------------------------------------------------------------

JsonValue JsonValue::Integer(int64_t value) {
  if (value >= -kMaxShort && value <= kMaxShort) return JsonValue(static_cast<uint64_t>(value) << 3 | kShortInteger);
  auto* block = static_cast<int64_t*>(Allocate(sizeof(int64_t)));
  *block = value;
  return JsonValue(reinterpret_cast<uint64_t>(block) | kInteger);
}

JsonValue JsonValue::Number(double value) {
  CHECK(std::isfinite(value));
  // The fewest digits that read back as the same: d.ddde-05, or d.ddde+05.
  char text[32];
  const char* end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  int64_t mantissa = 0;
  int exponent = 0;
  const char* at = text;
  const bool negative = *at == '-';
  if (negative) ++at;
  int behind = 0;
  bool seen_point = false;
  for (; *at != 'e'; ++at) {
    if (*at == '.') {
      seen_point = true;
      continue;
    }
    mantissa = mantissa * 10 + (*at - '0');
    behind += seen_point ? 1 : 0;
  }
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, exponent);
  int places = behind - exponent;
  // A whole number's zeros go into the integer.
  while (places < 0 && mantissa < kMaxMantissa / 10) {
    mantissa *= 10;
    ++places;
  }
  if (places >= 0 && places < static_cast<int>(kPowers.size()) && mantissa < kMaxMantissa &&
      !(mantissa == 0 && negative)) {
    const int64_t whole = negative ? -mantissa : mantissa;
    if (static_cast<double>(whole) / kPowers[static_cast<size_t>(places)] == value) {
      return JsonValue(static_cast<uint64_t>(whole) << kDecimalShift | static_cast<uint64_t>(places) << 3 | kDecimal);
    }
  }
  auto* block = static_cast<double*>(Allocate(sizeof(double)));
  *block = value;
  return JsonValue(reinterpret_cast<uint64_t>(block) | kDouble);
}

JsonValue JsonValue::Joined(std::string_view text, std::string_view more) {
  const size_t size = text.size() + more.size();
  CHECK(size <= kMaxJsonStringBytes);
  if (size <= kMaxShortString) {
    JsonValue value(kShortString | size << 5);
    char* to = reinterpret_cast<char*>(&value.bits_) + 1;
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    if (!more.empty()) std::memcpy(to + text.size(), more.data(), more.size());
    return value;
  }
  auto* block = static_cast<StringBlock*>(Allocate(StringBlock::Bytes(size)));
  block->size = size;
  if (!text.empty()) std::memcpy(block->data(), text.data(), text.size());
  if (!more.empty()) std::memcpy(block->data() + text.size(), more.data(), more.size());
  return JsonValue(reinterpret_cast<uint64_t>(block) | kString);
}

JsonValue::Type JsonValue::type() const {
  switch (Tag(bits_)) {
    case kShortInteger:
    case kInteger:
      return Type::kInteger;
    case kDecimal:
    case kDouble:
      return Type::kNumber;
    case kString:
      return Type::kString;
    case kArray:
      return Type::kArray;
    case kObject:
      return Type::kObject;
    default:
      if (bits_ & kShortString) return Type::kString;
      return bits_ == kNull ? Type::kNull : Type::kBoolean;
  }
}

int64_t JsonValue::integer() const {
  if (Tag(bits_) == kShortInteger) return static_cast<int64_t>(bits_) >> 3;
  return *static_cast<const int64_t*>(Block(bits_));
}

double JsonValue::number() const {
  switch (Tag(bits_)) {
    case kDecimal:
      return static_cast<double>(static_cast<int64_t>(bits_) >> kDecimalShift) / kPowers[bits_ >> 3 & 31];
    case kDouble:
      return *static_cast<const double*>(Block(bits_));
    default:
      return static_cast<double>(integer());
  }
}

std::string_view JsonValue::string() const {
  if (Tag(bits_) == kString) {
    auto* block = static_cast<StringBlock*>(Block(bits_));
    return {block->data(), block->size};
  }
  return {reinterpret_cast<const char*>(&bits_) + 1, static_cast<size_t>(bits_ >> 5 & 7)};
}

// --- Arrays -------------------------------------------------------------------------------------------------------------------

size_t JsonValue::size() const {
  if (is_array()) return array() == nullptr ? 0 : array()->size;
  return object() == nullptr ? 0 : object()->members;
}

JsonValue* JsonValue::items() { return array()->items(); }

// Blocks are moved as bytes: nothing in them knows its own address.
void JsonValue::SetCapacity(size_t capacity) {
  CHECK(capacity <= kMaxJsonItems + kMaxJsonItems / 2);
  ArrayBlock* old = array();
  auto* block = static_cast<ArrayBlock*>(Allocate(sizeof(ArrayBlock) + capacity * sizeof(JsonValue)));
  block->size = old == nullptr ? 0 : old->size;
  block->capacity = static_cast<uint32_t>(capacity);
  if (old != nullptr) {
    std::memcpy(static_cast<void*>(block->items()), old->items(), old->size * sizeof(JsonValue));
    Free(old, old->Bytes());
  }
  bits_ = reinterpret_cast<uint64_t>(block) | kArray;
}

void JsonValue::Reserve(size_t items) {
  const size_t capacity = array() == nullptr ? 0 : array()->capacity;
  if (items > capacity) SetCapacity(items);
}

void JsonValue::Append(JsonValue value) {
  ArrayBlock* block = array();
  if (block == nullptr || block->size == block->capacity) {
    SetCapacity(Grown(size(), size() + 1));
    block = array();
  }
  new (block->items() + block->size) JsonValue(std::move(value));
  ++block->size;
}

void JsonValue::Insert(size_t position, std::span<JsonValue> values) {
  if (values.empty()) return;
  const size_t count = size();
  CHECK(position <= count && count + values.size() <= kMaxJsonItems);
  if (array() == nullptr || array()->capacity < count + values.size()) SetCapacity(Grown(count, count + values.size()));
  JsonValue* at = items() + position;
  std::memmove(static_cast<void*>(at + values.size()), at, (count - position) * sizeof(JsonValue));
  for (JsonValue& value : values) new (at++) JsonValue(std::move(value));
  array()->size = static_cast<uint32_t>(count + values.size());
}

void JsonValue::Erase(size_t position, size_t count) {
  if (count == 0) return;
  const size_t size_before = size();
  CHECK(position <= size_before && count <= size_before - position);
  JsonValue* at = items() + position;
  std::destroy_n(at, count);
  std::memmove(static_cast<void*>(at), at + count, (size_before - position - count) * sizeof(JsonValue));
  array()->size = static_cast<uint32_t>(size_before - count);
  if (size() == 0) {
    *this = Array();
  } else if (array()->capacity > 4 * size() && array()->capacity > 16) {
    SetCapacity(size());
  }
}

// --- Objects ------------------------------------------------------------------------------------------------------------------

size_t JsonValue::slots() const { return object() == nullptr ? 0 : object()->slots; }

JsonMember* JsonValue::MemberAt(size_t slot) {
  JsonMember* member = object()->at(slot);
  return member->key.is_removed() ? nullptr : member;
}

void JsonValue::Rebuild(size_t members) {
  CHECK(members <= kMaxJsonItems + kMaxJsonItems / 2);
  const size_t index_size = members > kMaxUnindexed ? std::bit_ceil(2 * members) : 0;
  const size_t bytes = sizeof(ObjectBlock) + members * sizeof(JsonMember) + index_size * sizeof(uint32_t);
  auto* block = static_cast<ObjectBlock*>(Allocate(bytes));
  block->slots = 0;
  block->capacity = static_cast<uint32_t>(members);
  block->index_size = static_cast<uint32_t>(index_size);
  if (index_size > 0) std::memset(block->index(), 0, index_size * sizeof(uint32_t));
  if (ObjectBlock* old = object(); old != nullptr) {
    for (size_t slot = 0; slot < old->slots; ++slot) {
      JsonMember* member = old->at(slot);
      if (member->key.is_removed()) continue;
      auto* moved = new (block->at(block->slots)) JsonMember(std::move(*member));
      block->AddToIndex(moved->name(), block->slots++);
    }
    Free(old, old->Bytes());
  }
  block->members = block->slots;
  bits_ = reinterpret_cast<uint64_t>(block) | kObject;
}

void JsonValue::ReserveMembers(size_t members) {
  const size_t capacity = object() == nullptr ? 0 : object()->capacity;
  if (members > capacity) Rebuild(members);
}

size_t JsonValue::SlotOf(std::string_view name) const {
  ObjectBlock* block = object();
  if (block == nullptr) return kNoSlot;
  if (block->index_size == 0) {
    for (size_t slot = 0; slot < block->slots; ++slot) {
      const JsonMember* member = block->at(slot);
      if (!member->key.is_removed() && member->name() == name) return slot;
    }
    return kNoSlot;
  }
  const size_t mask = block->index_size - 1;
  for (size_t place = HashBytes(name) & mask; block->index()[place] != kNobody; place = (place + 1) & mask) {
    const size_t slot = block->index()[place] - 1;
    const JsonMember* member = block->at(slot);
    if (!member->key.is_removed() && member->name() == name) return slot;
  }
  return kNoSlot;
}

JsonValue* JsonValue::Find(std::string_view name) {
  const size_t slot = SlotOf(name);
  return slot == kNoSlot ? nullptr : &object()->at(slot)->value;
}

bool JsonValue::Set(std::string_view name, JsonValue value) {
  if (JsonValue* old = Find(name); old != nullptr) {
    *old = std::move(value);
    return false;
  }
  JsonValue key = String(name);
  ObjectBlock* block = object();
  if (block == nullptr || block->slots == block->capacity) {
    Rebuild(Grown(size(), size() + 1));
    block = object();
  }
  auto* member = new (block->at(block->slots)) JsonMember{std::move(key), std::move(value)};
  block->AddToIndex(member->name(), block->slots++);
  ++block->members;
  return true;
}

void JsonValue::DropRemoved() {
  if (size() == 0) return;
  if (is_array()) {
    JsonValue* const begin = items();
    JsonValue* const end =
        std::remove_if(begin, begin + size(), [](const JsonValue& item) { return item.is_removed(); });
    for (JsonValue* item = end; item < begin + size(); ++item) *item = JsonValue();
    return Erase(static_cast<size_t>(end - begin), size() - static_cast<size_t>(end - begin));
  }
  ObjectBlock* block = object();
  for (size_t slot = 0; slot < block->slots; ++slot) {
    JsonMember* member = block->at(slot);
    if (member->key.is_removed() || !member->value.is_removed()) continue;
    member->key.MarkRemoved();
    member->value = JsonValue();
    --block->members;
  }
  if (block->members == 0) {
    *this = Object();
  } else if (block->slots > 2 * block->members) {
    Rebuild(block->members);
  }
}

// --- Trees --------------------------------------------------------------------------------------------------------------------

JsonValue* JsonValue::Child(size_t i) {
  if (is_array()) return items() + i;
  JsonMember* member = MemberAt(i);
  return member == nullptr ? nullptr : &member->value;
}

JsonValue JsonValue::Clone() const {
  if (!OwnsBlock(bits_)) return JsonValue(bits_);
  switch (Tag(bits_)) {
    case kInteger:
      return Integer(integer());
    case kDouble:
      return Number(number());
    case kString:
      return String(string());
    case kArray: {
      JsonValue copy = Array();
      copy.Reserve(size());
      for (size_t i = 0; i < size(); ++i) copy.Append(at(i).Clone());
      return copy;
    }
    default: {
      JsonValue copy = Object();
      copy.ReserveMembers(size());
      ObjectBlock* block = copy.object();
      for (size_t slot = 0; slot < slots(); ++slot) {
        const JsonMember* member = MemberAt(slot);
        if (member == nullptr) continue;
        auto* added = new (block->at(block->slots)) JsonMember{member->key.Clone(), member->value.Clone()};
        block->AddToIndex(added->name(), block->slots++);
        ++block->members;
      }
      return copy;
    }
  }
}

bool JsonValue::Equals(const JsonValue& other) const {
  if (bits_ == other.bits_) return true;
  if (is_numeric() && other.is_numeric()) {
    if (type() == Type::kInteger && other.type() == Type::kInteger) return integer() == other.integer();
    return number() == other.number();
  }
  if (type() != other.type()) return false;
  switch (type()) {
    case Type::kString:
      return string() == other.string();
    case Type::kArray:
      if (size() != other.size()) return false;
      for (size_t i = 0; i < size(); ++i) {
        if (!at(i).Equals(other.at(i))) return false;
      }
      return true;
    case Type::kObject:
      if (size() != other.size()) return false;
      for (size_t slot = 0; slot < slots(); ++slot) {
        const JsonMember* member = MemberAt(slot);
        if (member == nullptr) continue;
        const JsonValue* theirs = other.Find(member->name());
        if (theirs == nullptr || !member->value.Equals(*theirs)) return false;
      }
      return true;
    default:
      return false;
  }
}

size_t JsonValue::Depth() const {
  if (!is_container()) return 0;
  size_t deepest = 0;
  for (size_t i = 0; i < child_slots(); ++i) {
    const JsonValue* child = Child(i);
    if (child != nullptr && child->is_container()) deepest = std::max(deepest, child->Depth());
  }
  return deepest + 1;
}

size_t JsonValue::MemoryBytes(size_t samples) const {
  if (!OwnsBlock(bits_)) return 0;
  switch (Tag(bits_)) {
    case kInteger:
    case kDouble:
      return AllocationSize(sizeof(int64_t));
    case kString:
      return AllocationSize(StringBlock::Bytes(string().size()));
    default:
      break;
  }
  size_t bytes = AllocationSize(is_array() ? array()->Bytes() : object()->Bytes());
  size_t below = 0;
  size_t seen = 0;
  for (size_t i = 0; i < child_slots() && (samples == 0 || seen < samples); ++i) {
    const JsonValue* child = Child(i);
    if (child == nullptr) continue;
    ++seen;
    below += child->MemoryBytes(samples);
    if (is_object()) below += MemberAt(i)->key.MemoryBytes(0);
  }
  if (seen > 0 && seen < size()) {
    below = static_cast<size_t>(static_cast<double>(below) / static_cast<double>(seen) * static_cast<double>(size()));
  }
  return bytes + below;
}

size_t JsonValue::Blocks(size_t limit) const {
  if (!OwnsBlock(bits_)) return 0;
  size_t blocks = 1;
  for (size_t i = 0; i < child_slots() && i < 2 * limit && blocks < limit; ++i) {
    const JsonValue* child = Child(i);
    if (child == nullptr) continue;
    blocks += child->Blocks(limit - blocks);
    if (is_object() && OwnsBlock(MemberAt(i)->key.bits_)) ++blocks;
  }
  return blocks;
}

void JsonValue::Validate(size_t depth) const {
  CHECK(!is_removed());
  if (!is_container()) return;
  CHECK(depth < kMaxJsonDepth);
  size_t children = 0;
  for (size_t i = 0; i < child_slots(); ++i) {
    const JsonValue* child = Child(i);
    if (child == nullptr) continue;
    ++children;
    child->Validate(depth + 1);
    if (is_object()) CHECK(SlotOf(MemberAt(i)->name()) == i);
  }
  CHECK(children == size());
}

}  // namespace kvorum
