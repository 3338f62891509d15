// Object: a value that is not a string (list, set, sorted set, hash, vector set). Each type is a class of its own in this room; what is
// common to them all is here. An object knows neither its key nor its deadline.
//
// Threads: one at a time. An object taken out of its database may be destroyed on another thread.
// Ownership: the Entry of its key owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "base/allocator.h"

namespace kvorum {

// The first five numbered as Redis's RDB and OBJECT code number them. Files hold these numbers.
enum class ObjectType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kJson = 6,
  kVectorSet = 7
};

// As TYPE says it: "string", "list", "set", "zset", "hash", "ReJSON-RL", "vectorset".
std::string_view TypeName(ObjectType type);

class Object {
 public:
  virtual ~Object() = default;
  virtual ObjectType type() const = 0;
  // As OBJECT ENCODING says it: "listpack", "hashtable", ...
  virtual std::string_view encoding() const = 0;
  // Elements, fields or members.
  virtual size_t size() const = 0;
  // Bytes of the object and all it owns, its own sizeof included; an estimate from `samples` elements where a walk would be
  // O(n) (0: walk all).
  virtual size_t MemoryBytes(size_t samples) const = 0;
  // How many blocks freeing it frees: above kLazyFreeEffort it is freed on another thread where that was asked for.
  virtual size_t FreeEffort() const = 0;
  virtual std::unique_ptr<Object> Clone() const = 0;
  // A text that is equal for equal values of whatever encoding and in whatever order an unordered type holds them, for
  // DEBUG DIGEST and for tests that compare what effects make. O(n log n).
  virtual std::string CanonicalText() const = 0;
  virtual void Validate() const = 0;

  static void* operator new(size_t bytes) { return Allocate(bytes); }
  static void operator delete(void* block, size_t bytes) { Free(block, bytes); }
};

// Objects with more blocks than this are worth another thread's time.
inline constexpr size_t kLazyFreeEffort = 64;

}  // namespace kvorum
