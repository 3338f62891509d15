// JsonValue: a JSON value, in 8 bytes and what hangs on them: a tree that can be changed in place.
//
// null, booleans, integers of 61 bits, strings of up to 7 bytes, and numbers that are an integer below 2^53 over a power of ten (nearly
// all that people write) need no memory beyond that. Other integers and numbers are a block of 8 bytes, strings their length and bytes,
// arrays and objects a block of their items. An object keeps the order in which its members came, and has an index of their names when
// it has many.
//
// The depth of a tree is limited by whoever builds it (kMaxJsonDepth): what walks it may recurse.
//
// Threads: one. Ownership: a value owns what is below it. Views of strings and pointers to items are good until the container they are
// in changes; short strings lie in the value itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace kvorum {

// Containers within each other.
inline constexpr size_t kMaxJsonDepth = 128;
// Items of one array, members of one object.
inline constexpr size_t kMaxJsonItems = size_t{1} << 29;
// Bytes of one string.
inline constexpr size_t kMaxJsonStringBytes = size_t{1} << 30;

struct JsonMember;

class JsonValue {
 public:
  enum class Type : uint8_t { kNull, kBoolean, kInteger, kNumber, kString, kArray, kObject };

  JsonValue() = default;
  JsonValue(JsonValue&& other) noexcept : bits_(std::exchange(other.bits_, kNull)) {}
  JsonValue& operator=(JsonValue&& other) noexcept {
    if (this != &other) {
      const uint64_t old = std::exchange(bits_, std::exchange(other.bits_, kNull));
      if (OwnsBlock(old)) Destroy(old);
    }
    return *this;
  }
  ~JsonValue() {
    if (OwnsBlock(bits_)) Destroy(bits_);
  }

  static JsonValue Boolean(bool value) { return JsonValue(value ? kTrue : kFalse); }
  static JsonValue Integer(int64_t value);
  // Finite.
  static JsonValue Number(double value);
  static JsonValue String(std::string_view text) { return Joined(text, {}); }
  // The two texts, one after the other.
  static JsonValue Joined(std::string_view text, std::string_view more);
  static JsonValue Array() { return JsonValue(kArray); }
  static JsonValue Object() { return JsonValue(kObject); }

  Type type() const;
  bool is_null() const { return bits_ == kNull; }
  bool is_string() const { return type() == Type::kString; }
  bool is_array() const { return Tag(bits_) == kArray; }
  bool is_object() const { return Tag(bits_) == kObject; }
  bool is_container() const { return is_array() || is_object(); }
  bool is_numeric() const { return type() == Type::kInteger || type() == Type::kNumber; }

  bool boolean() const { return bits_ == kTrue; }
  int64_t integer() const;
  // Of an integer as well.
  double number() const;
  std::string_view string() const;

  // Items of an array, members of an object.
  size_t size() const;

  // --- Arrays
  JsonValue& at(size_t i) { return items()[i]; }
  const JsonValue& at(size_t i) const { return const_cast<JsonValue*>(this)->items()[i]; }
  void Reserve(size_t items);
  void Append(JsonValue value);
  // Takes the values. O(items behind).
  void Insert(size_t position, std::span<JsonValue> values);
  void Erase(size_t position, size_t count);

  // --- Objects
  // O(1), or O(members) if there are few.
  JsonValue* Find(std::string_view name);
  const JsonValue* Find(std::string_view name) const { return const_cast<JsonValue*>(this)->Find(name); }
  // True if it is new, and so is the last.
  bool Set(std::string_view name, JsonValue value);
  // Where members may be, in their order, 0 to slots(); null where one was removed.
  size_t slots() const;
  JsonMember* MemberAt(size_t slot);
  const JsonMember* MemberAt(size_t slot) const { return const_cast<JsonValue*>(this)->MemberAt(slot); }
  void ReserveMembers(size_t members);

  // --- Removing many
  // Frees the value and marks its place in its container, which is good for nothing then but to be told to DropRemoved.
  void MarkRemoved() {
    *this = JsonValue();
    bits_ = kRemoved;
  }
  bool is_removed() const { return bits_ == kRemoved; }
  void DropRemoved();

  // Item or member `i` of slots() (of an array: its items); null where there is none.
  JsonValue* Child(size_t i);
  const JsonValue* Child(size_t i) const { return const_cast<JsonValue*>(this)->Child(i); }
  size_t child_slots() const { return is_array() ? size() : is_object() ? slots() : 0; }

  JsonValue Clone() const;
  bool Equals(const JsonValue& other) const;
  // Containers within each other: 0 of what is none.
  size_t Depth() const;
  // Of all that hangs on it, without its own 8; `samples` of each container's items (0: all).
  size_t MemoryBytes(size_t samples) const;
  // How many blocks there are below; counts up to about `limit`.
  size_t Blocks(size_t limit) const;
  void Validate(size_t depth = 0) const;

 private:
  friend struct JsonMember;
  struct ArrayBlock;
  struct ObjectBlock;

  // The low 3 bits.
  static constexpr uint64_t kSimple = 0;  // null, booleans, and short strings: bits 3 and 4 say which
  static constexpr uint64_t kShortInteger = 1;
  static constexpr uint64_t kInteger = 2;
  static constexpr uint64_t kDouble = 3;
  static constexpr uint64_t kString = 4;
  static constexpr uint64_t kArray = 5;
  static constexpr uint64_t kObject = 6;
  static constexpr uint64_t kDecimal = 7;  // bits 3 to 7: digits behind the point, the rest: the integer

  static constexpr uint64_t kNull = 0;
  static constexpr uint64_t kFalse = 1 << 5;
  static constexpr uint64_t kTrue = 2 << 5;
  static constexpr uint64_t kRemoved = 3 << 5;
  static constexpr uint64_t kShortString = 1 << 3;  // its length in bits 5 to 7, its bytes above
  static constexpr size_t kMaxShortString = 7;

  explicit JsonValue(uint64_t bits) : bits_(bits) {}
  static uint64_t Tag(uint64_t bits) { return bits & 7; }
  static bool OwnsBlock(uint64_t bits) {
    const uint64_t tag = Tag(bits);
    return tag >= kInteger && tag <= kObject && bits > 7;
  }
  static void* Block(uint64_t bits) { return reinterpret_cast<void*>(bits & ~uint64_t{7}); }
  static void Destroy(uint64_t bits);
  // nullptr when it is empty.
  ArrayBlock* array() const { return static_cast<ArrayBlock*>(Block(bits_)); }
  ObjectBlock* object() const { return static_cast<ObjectBlock*>(Block(bits_)); }
  JsonValue* items();
  void SetCapacity(size_t items);
  // Moves the members to a block of its own, without those that were removed.
  void Rebuild(size_t members);
  size_t SlotOf(std::string_view name) const;

  uint64_t bits_ = kNull;
};
static_assert(sizeof(JsonValue) == 8);

struct JsonMember {
  JsonValue key;
  JsonValue value;

  std::string_view name() const { return key.string(); }
};

// "null", "boolean", "integer", "number", "string", "array", "object".
std::string_view JsonTypeName(JsonValue::Type type);

}  // namespace kvorum
