// The blocks in which Redis holds small collections, as they lie in RDB: listpacks, and of older versions ziplists, zipmaps and
// intsets. All but intsets are turned into packed entries (structures/packed_entry.h), the form in which we hold them ourselves.
//
//   listpack := bytes:4 count:2 entry* FF          count FFFF: not known. The whole block has `bytes` bytes.
//   entry    := head [number | length text] back    head 0xxxxxxx: 0..127; 10xxxxxx text; 110xxxxx x8: 13 bits, signed;
//                                                   1110xxxx x8 text; F0 length:4 text; F1..F4 integers of 2, 3, 4, 8 bytes.
//                                                   back: the entry's length, as in our trailers
//   ziplist  := bytes:4 tail:4 count:2 entry* FF
//   entry    := previous head [text | number]       previous: the length of the entry before, 1 byte or FE and 4
//   zipmap   := count:1 (length field length free:1 value byte{free})* FF      length: 1 byte, or FE and 4
//   intset   := width:4 count:4 integer*            2, 4 or 8 bytes each, ascending
//
// The blocks may be anything; every byte of them is checked. All lengths in them are little-endian but the ziplist's texts'.
//
// Threads: no state. Complexity: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/buffer.h"

namespace kvorum {

// Append what the block holds to *entries, in canonical form, and set *count. False: it is not such a block.
[[nodiscard]] bool UnpackListpack(std::string_view block, Buffer* entries, size_t* count);
[[nodiscard]] bool UnpackZiplist(std::string_view block, Buffer* entries, size_t* count);
[[nodiscard]] bool UnpackZipmap(std::string_view block, Buffer* entries, size_t* count);

// An intset that was checked.
class IntsetBlock {
 public:
  // False: it is not one.
  [[nodiscard]] bool Open(std::string_view block);
  size_t size() const { return size_; }
  int64_t At(size_t index) const;

 private:
  const char* integers_ = nullptr;
  size_t width_ = 0;
  size_t size_ = 0;
};

// The listpack that holds the same as packed entries, appended. `count` entries.
void AppendListpack(std::string_view entries, size_t count, Buffer* out);

// Whether two of the entries at 0, step, 2 * step, ... are equal. O(entries log entries).
[[nodiscard]] bool HasRepeatedEntries(std::string_view entries, size_t count, size_t step);

}  // namespace kvorum
