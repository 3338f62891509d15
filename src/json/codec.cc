#include "json/codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/bytes.h"

namespace kvorum {
namespace {

enum class Kind : uint8_t { kNull, kFalse, kTrue, kInteger, kNumber, kString, kArray, kObject };

uint64_t Zigzag(int64_t number) { return static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63); }
int64_t Unzigzag(uint64_t number) { return static_cast<int64_t>(number >> 1) ^ -static_cast<int64_t>(number & 1); }

void AppendVarint(uint64_t number, Buffer* out) {
  char* to = out->Prepare(kMaxVarintBytes);
  out->Commit(static_cast<size_t>(PutVarint(to, number) - to));
}

Kind KindOf(const JsonValue& value) {
  switch (value.type()) {
    case JsonValue::Type::kNull:
      return Kind::kNull;
    case JsonValue::Type::kBoolean:
      return value.boolean() ? Kind::kTrue : Kind::kFalse;
    case JsonValue::Type::kInteger:
      return Kind::kInteger;
    case JsonValue::Type::kNumber:
      return Kind::kNumber;
    case JsonValue::Type::kString:
      return Kind::kString;
    case JsonValue::Type::kArray:
      return Kind::kArray;
    case JsonValue::Type::kObject:
      return Kind::kObject;
  }
  return Kind::kNull;
}

// A varint that may be cut off: *whole is false then. False: it is no varint.
bool TakeCut(std::string_view* in, uint64_t* value, bool* whole) {
  *whole = TakeVarint(in, value);
  if (*whole || in->size() >= kMaxVarintBytes) return *whole;
  return std::all_of(in->begin(), in->end(), [](char byte) { return static_cast<uint8_t>(byte) >= 0x80; });
}

}  // namespace

void JsonEncoder::Begin(const JsonValue& value) {
  root_ = &value;
  open_.clear();
}

bool JsonEncoder::Next(Buffer* out, std::string_view* name, std::string_view* text) {
  *name = *text = {};
  const JsonValue* value = std::exchange(root_, nullptr);
  bool has_name = false;
  while (value == nullptr) {
    if (open_.empty()) return false;
    Open& top = open_.back();
    if (top.next == top.container->child_slots()) {
      open_.pop_back();
      continue;
    }
    const size_t slot = top.next++;
    value = top.container->Child(slot);
    if (value == nullptr || !top.container->is_object()) continue;
    has_name = true;
    *name = top.container->MemberAt(slot)->name();
  }
  const Kind kind = KindOf(*value);
  out->Append(static_cast<char>(kind));
  if (has_name) AppendVarint(name->size(), out);
  switch (kind) {
    case Kind::kInteger:
      AppendVarint(Zigzag(value->integer()), out);
      break;
    case Kind::kNumber: {
      const double number = value->number();
      std::memcpy(out->Prepare(sizeof(number)), &number, sizeof(number));
      out->Commit(sizeof(number));
      break;
    }
    case Kind::kString:
      *text = value->string();
      AppendVarint(text->size(), out);
      break;
    case Kind::kArray:
    case Kind::kObject:
      AppendVarint(value->size(), out);
      if (value->size() > 0) open_.push_back({value, 0});
      break;
    default:
      break;
  }
  return true;
}

bool JsonDecoder::Feed(std::string_view* bytes) {
  bool whole = true;
  while (!done_ && whole) {
    if (!TakeNode(bytes, &whole)) return false;
  }
  return true;
}

bool JsonDecoder::TakeNode(std::string_view* in, bool* whole) {
  constexpr const char* kBadNumber = "a number in a JSON value is damaged";
  std::string_view rest = *in;
  *whole = !rest.empty();
  if (!*whole) return true;
  const auto kind = static_cast<Kind>(rest[0]);
  rest.remove_prefix(1);
  if (kind > Kind::kObject) return Fail("a JSON value is of no kind that there is");
  uint64_t name_size = 0;
  if (!open_.empty() && open_.back().container.is_object()) {
    if (!TakeCut(&rest, &name_size, whole)) return Fail(kBadNumber);
    if (!*whole) return true;
  }
  uint64_t number = 0;
  if (kind == Kind::kNumber) {
    *whole = rest.size() >= sizeof(number);
    if (!*whole) return true;
    number = GetU64(rest.data());
    rest.remove_prefix(sizeof(number));
  } else if (kind >= Kind::kInteger) {
    if (!TakeCut(&rest, &number, whole)) return Fail(kBadNumber);
    if (!*whole) return true;
  }
  const uint64_t text_size = kind == Kind::kString ? number : 0;
  if (name_size > kMaxJsonStringBytes || text_size > kMaxJsonStringBytes) return Fail("a JSON string is too long");
  *whole = rest.size() >= name_size + text_size;
  if (!*whole) return true;
  const std::string_view name = rest.substr(0, static_cast<size_t>(name_size));
  const std::string_view text = rest.substr(name.size(), static_cast<size_t>(text_size));
  rest.remove_prefix(name.size() + text.size());
  *in = rest;
  switch (kind) {
    case Kind::kInteger:
      return Add(name, JsonValue::Integer(Unzigzag(number)));
    case Kind::kNumber: {
      const auto value = std::bit_cast<double>(number);
      if (!std::isfinite(value)) return Fail("a JSON number is not finite");
      return Add(name, JsonValue::Number(value));
    }
    case Kind::kString:
      return Add(name, JsonValue::String(text));
    case Kind::kArray:
    case Kind::kObject: {
      if (number > kMaxJsonItems) return Fail("a JSON value has too many items");
      JsonValue container = kind == Kind::kArray ? JsonValue::Array() : JsonValue::Object();
      if (number == 0 && open_.size() < kMaxJsonDepth) return Add(name, std::move(container));
      if (open_.size() >= kMaxJsonDepth) return Fail("a JSON value is too deep");
      // Each takes a byte at least.
      const auto here = static_cast<size_t>(std::min<uint64_t>(number, rest.size()));
      kind == Kind::kArray ? container.Reserve(here) : container.ReserveMembers(here);
      open_.push_back({std::move(container), number, JsonValue::String(name)});
      return true;
    }
    case Kind::kNull:
      return Add(name, JsonValue());
    default:
      return Add(name, JsonValue::Boolean(kind == Kind::kTrue));
  }
}

bool JsonDecoder::Add(std::string_view name, JsonValue value) {
  JsonValue key = JsonValue::String(name);
  while (!open_.empty()) {
    Open& top = open_.back();
    if (top.container.is_array()) {
      top.container.Append(std::move(value));
    } else if (!top.container.Set(key.string(), std::move(value))) {
      return Fail("a JSON object has a name twice");
    }
    if (--top.left > 0) return true;
    value = std::move(top.container);
    key = std::move(top.key);
    open_.pop_back();
  }
  root_ = std::move(value);
  done_ = true;
  return true;
}

}  // namespace kvorum
