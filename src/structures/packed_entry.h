// One entry of a packed block: a byte string or an integer, prefixed by what it is and followed by its length, so that a block
// of entries can be walked both ways. PackedList and QuickList are made of them.
//
//   entry := tag [length | number] text trailer
//
//   tag         follows                    holds
//   00..3F      tag bytes of text          text of 0..63 bytes
//   40..4F LL   bytes of text              text of 64..4095 bytes; the length is (tag & F) << 8 | LL
//   50 L4       bytes of text              longer text, up to 2^32-1 bytes; length little-endian, like all below
//   51 N2, 52 N3, 53 N4, 54 N8             integers of 16, 24, 32, 64 bits, two's complement
//   60..7F NN                              -4096..4095: ((tag & 1F) << 8 | NN) - 4096
//   80..FF                                 0..127
//
//   trailer     the number of bytes before it in this entry, 7 bits a byte, the lowest 7 last; a set high bit says that the
//               byte to its left belongs to it too. 1 byte up to 127, 2 up to 16383, then 3, 4, 5.
//
// Text that is the canonical decimal form of a 64-bit integer is always held as the integer, integers always in their shortest
// form. So equal values have equal bytes. Every value takes as many bytes as in a listpack of Redis's (where ours differs is
// the layout), so configured limits in bytes mean the same.
//
// Threads: no state. Complexity: O(1) and the bytes copied or compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/numbers.h"

namespace kvorum {

// What an entry holds. `text` points into the block: good until the block changes.
struct PackedValue {
  std::string_view text = {};  // unless is_number
  int64_t number = 0;
  bool is_number = false;

  // As text. `buffer` has kMaxInt64Chars bytes, and is used for numbers only.
  std::string_view View(char* buffer) const {
    if (!is_number) return text;
    return {buffer, FormatInt64(number, buffer)};
  }
};

// How many bytes a trailer takes that says `body` bytes.
inline size_t PackedTrailerBytes(uint64_t body) {
  if (body < 1u << 7) return 1;
  if (body < 1u << 14) return 2;
  if (body < 1u << 21) return 3;
  return body < 1u << 28 ? 4 : 5;
}

// A value about to become an entry, or to be looked for. Borrows the text.
class PackedEntry {
 public:
  explicit PackedEntry(std::string_view text) {
    int64_t number;
    if (MayBeNumber(text) && ParseCanonicalInt64(text, &number)) {
      SetNumber(number);
    } else {
      SetText(text);
    }
    SetTrailer();
  }
  explicit PackedEntry(int64_t number) {
    SetNumber(number);
    SetTrailer();
  }

  size_t bytes() const { return head_bytes_ + text_.size() + trailer_bytes_; }

  void Write(char* out) const {
    std::memcpy(out, head_, head_bytes_);
    if (!text_.empty()) std::memcpy(out + head_bytes_, text_.data(), text_.size());
    size_t body = head_bytes_ + text_.size();
    if (trailer_bytes_ == 1) {
      out[body] = static_cast<char>(body);
    } else {
      WriteLongTrailer(out + body, body);
    }
  }

  // `entry` is the first byte of an entry.
  bool Equals(const char* entry) const {
    return *entry == head_[0] && std::memcmp(entry, head_, head_bytes_) == 0 &&
           std::memcmp(entry + head_bytes_, text_.data(), text_.size()) == 0;
  }

 private:
  static bool MayBeNumber(std::string_view text) {
    if (text.empty() || text.size() > kMaxInt64Chars) return false;
    // The last byte too: it tells most identifiers that begin with a digit.
    return (text[0] == '-' || IsDigit(text[0])) && IsDigit(text.back());
  }
  static constexpr size_t kShortTextBytes = 63;

  static bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

  void SetText(std::string_view text) {
    if (!text.empty()) text_ = text;  // memcmp wants no null, even for 0 bytes
    if (text.size() <= kShortTextBytes) {
      head_[0] = static_cast<char>(text.size());
      head_bytes_ = 1;
    } else {
      SetLongTextHead();
    }
  }
  void SetTrailer() { trailer_bytes_ = static_cast<uint8_t>(PackedTrailerBytes(head_bytes_ + text_.size())); }
  void SetLongTextHead();
  void SetNumber(int64_t number);
  void WriteLongTrailer(char* out, uint64_t body) const;

  std::string_view text_{"", 0};
  uint8_t head_bytes_;
  uint8_t trailer_bytes_;
  char head_[9];
};

// The bytes of the entry that begins at `entry`, without its trailer.
inline size_t PackedBodyBytes(const char* entry) {
  const unsigned char* p = reinterpret_cast<const unsigned char*>(entry);
  unsigned tag = *p;
  if (tag < 0x40) return 1 + size_t{tag};
  if (tag >= 0x80) return 1;
  if (tag >= 0x60) return 2;
  if (tag < 0x50) return 2 + (size_t{tag & 0xF} << 8 | p[1]);
  if (tag == 0x50) {
    uint32_t length;
    std::memcpy(&length, p + 1, sizeof(length));
    return 5 + size_t{length};
  }
  CHECK(tag <= 0x54);
  return tag == 0x54 ? 9 : 3 + size_t{tag - 0x51};
}

inline size_t PackedEntryBytes(const char* entry) {
  size_t body = PackedBodyBytes(entry);
  return body + PackedTrailerBytes(body);
}

// The first byte of the entry that ends before `end`.
inline const char* PackedEntryBefore(const char* end) {
  const unsigned char* p = reinterpret_cast<const unsigned char*>(end) - 1;
  if (*p < 0x80) return end - 1 - *p;
  uint64_t body = 0;
  for (int shift = 0;; shift += 7, --p) {
    CHECK(shift < 35);
    body |= uint64_t{*p & 0x7Fu} << shift;
    if (*p < 0x80) break;
  }
  return reinterpret_cast<const char*>(p) - body;
}

PackedValue DecodePackedEntry(const char* entry);

// Checks that the bytes are whole entries in canonical form that can be walked both ways, and nothing else; returns their
// number. Reads nothing outside the bytes, whatever they hold.
[[nodiscard]] bool ValidatePackedEntries(const char* entries, size_t bytes, size_t* count);

}  // namespace kvorum
