#include "structures/packed_entry.h"

namespace kvorum {
namespace {

// Integers are laid out little-endian by copying from memory.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

constexpr unsigned char kMediumText = 0x40;
constexpr unsigned char kLongText = 0x50;
constexpr unsigned char kInt16 = 0x51;
constexpr unsigned char kInt24 = 0x52;
constexpr unsigned char kInt32 = 0x53;
constexpr unsigned char kInt64 = 0x54;
constexpr unsigned char kInt13 = 0x60;
constexpr unsigned char kUint7 = 0x80;

constexpr size_t kMediumTextBytes = 4095;

// Sign-extends the `bytes` bytes at p.
int64_t LoadInteger(const char* p, size_t bytes) {
  uint64_t raw = 0;
  std::memcpy(&raw, p, bytes);
  int unused_bits = static_cast<int>(64 - 8 * bytes);
  return static_cast<int64_t>(raw << unused_bits) >> unused_bits;
}

// Like PackedBodyBytes, but for bytes that may be anything: false if the body does not fit into `bytes`.
bool SafeBodyBytes(const char* entry, size_t bytes, size_t* body) {
  if (bytes == 0) return false;
  unsigned char tag = static_cast<unsigned char>(*entry);
  size_t head = tag < kMediumText || tag >= kUint7 ? 1
                : tag < kLongText || tag >= kInt13 ? 2
                : tag == kLongText                 ? 5
                                                   : 1;
  if (tag > kInt64 && tag < kInt13) return false;
  if (head > bytes) return false;
  *body = PackedBodyBytes(entry);
  return *body <= bytes;
}

}  // namespace

void PackedEntry::SetLongTextHead() {
  size_t size = text_.size();
  if (size <= kMediumTextBytes) {
    head_[0] = static_cast<char>(kMediumText | size >> 8);
    head_[1] = static_cast<char>(size & 0xFF);
    head_bytes_ = 2;
  } else {
    CHECK(size <= UINT32_MAX);
    head_[0] = static_cast<char>(kLongText);
    uint32_t length = static_cast<uint32_t>(size);
    std::memcpy(head_ + 1, &length, sizeof(length));
    head_bytes_ = 5;
  }
}

void PackedEntry::SetNumber(int64_t number) {
  unsigned char tag;
  size_t bytes;
  if (number >= 0 && number <= 127) {
    head_[0] = static_cast<char>(kUint7 | number);
    head_bytes_ = 1;
    return;
  }
  if (number >= -4096 && number <= 4095) {
    unsigned biased = static_cast<unsigned>(number + 4096);
    head_[0] = static_cast<char>(kInt13 | biased >> 8);
    head_[1] = static_cast<char>(biased & 0xFF);
    head_bytes_ = 2;
    return;
  }
  if (number >= INT16_MIN && number <= INT16_MAX) {
    tag = kInt16, bytes = 2;
  } else if (number >= -(1 << 23) && number < 1 << 23) {
    tag = kInt24, bytes = 3;
  } else if (number >= INT32_MIN && number <= INT32_MAX) {
    tag = kInt32, bytes = 4;
  } else {
    tag = kInt64, bytes = 8;
  }
  head_[0] = static_cast<char>(tag);
  std::memcpy(head_ + 1, &number, bytes);
  head_bytes_ = static_cast<uint8_t>(1 + bytes);
}

void PackedEntry::WriteLongTrailer(char* out, uint64_t body) const {
  char* p = out + trailer_bytes_;
  for (int i = 1; i < trailer_bytes_; ++i, body >>= 7) *--p = static_cast<char>(0x80 | (body & 0x7F));
  *--p = static_cast<char>(body);
}

PackedValue DecodePackedEntry(const char* entry) {
  const unsigned char* p = reinterpret_cast<const unsigned char*>(entry);
  unsigned tag = *p;
  if (tag < kMediumText) return {.text = {entry + 1, tag}};
  if (tag >= kUint7) return {.number = tag & 0x7F, .is_number = true};
  if (tag >= kInt13) return {.number = static_cast<int64_t>((tag & 0x1F) << 8 | p[1]) - 4096, .is_number = true};
  size_t body = PackedBodyBytes(entry);
  if (tag < kLongText) return {.text = {entry + 2, body - 2}};
  if (tag == kLongText) return {.text = {entry + 5, body - 5}};
  return {.number = LoadInteger(entry + 1, body - 1), .is_number = true};
}

bool ValidatePackedEntries(const char* entries, size_t bytes, size_t* count) {
  *count = 0;
  const char* end = entries + bytes;
  for (const char* p = entries; p < end; ++*count) {
    size_t body;
    size_t left = static_cast<size_t>(end - p);
    if (!SafeBodyBytes(p, left, &body)) return false;
    size_t whole = body + PackedTrailerBytes(body);
    if (whole > left) return false;
    PackedValue value = DecodePackedEntry(p);
    PackedEntry again = value.is_number ? PackedEntry(value.number) : PackedEntry(value.text);
    if (again.bytes() != whole || !again.Equals(p)) return false;
    uint64_t length = body;
    for (const char* trailer = p + whole - 1; trailer >= p + body; --trailer, length >>= 7) {
      unsigned char expected = static_cast<unsigned char>((length & 0x7F) | (trailer > p + body ? 0x80 : 0));
      if (static_cast<unsigned char>(*trailer) != expected) return false;
    }
    p += whole;
  }
  return true;
}

}  // namespace kvorum
