#include "rdb/packed_forms.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "structures/packed_entry.h"

namespace kvorum {
namespace {

constexpr size_t kListpackHeaderBytes = 6;
constexpr size_t kZiplistHeaderBytes = 10;
constexpr size_t kIntsetHeaderBytes = 8;
constexpr unsigned char kBlockEnd = 0xFF;
constexpr uint16_t kUnknownCount = 0xFFFF;

template <typename Number>
Number LoadNumber(const char* from) {
  Number number;
  std::memcpy(&number, from, sizeof(number));
  return number;
}

// Sign-extends the `bytes` bytes at p.
int64_t LoadInteger(const char* p, size_t bytes) {
  uint64_t raw = 0;
  std::memcpy(&raw, p, bytes);
  const int unused_bits = static_cast<int>(64 - 8 * bytes);
  return static_cast<int64_t>(raw << unused_bits) >> unused_bits;
}

void AppendEntry(const PackedEntry& entry, Buffer* entries) {
  entry.Write(entries->Prepare(entry.bytes()));
  entries->Commit(entry.bytes());
}

// How many bytes a listpack takes for an entry's length. The edges are one lower than they need to be, but so they are.
size_t BackBytes(uint64_t body) {
  if (body <= 127) return 1;
  if (body < 16383) return 2;
  if (body < 2097151) return 3;
  return body < 268435455 ? 4 : 5;
}

void WriteBack(char* out, size_t bytes, uint64_t body) {
  for (size_t i = bytes; i-- > 0; body >>= 7) out[i] = static_cast<char>((body & 0x7F) | (i > 0 ? 0x80 : 0));
}

// What the entry at `p` holds, if its body fits into `left` bytes.
bool ReadListpackEntry(const char* p, size_t left, PackedValue* value, size_t* body) {
  const auto head = static_cast<unsigned char>(*p);
  auto text = [&](size_t head_bytes, size_t length) {
    if (length > left - head_bytes) return false;
    *value = {.text = {p + head_bytes, length}};
    *body = head_bytes + length;
    return true;
  };
  auto number = [&](size_t head_bytes, int64_t integer) {
    *value = {.number = integer, .is_number = true};
    *body = head_bytes;
    return true;
  };
  if (head < 0x80) return number(1, head);
  if (head < 0xC0) return text(1, head & 0x3F);
  if (head < 0xF0) {
    if (left < 2) return false;
    const size_t low = static_cast<unsigned char>(p[1]);
    if (head >= 0xE0) return text(2, size_t{head & 0xFu} << 8 | low);
    const auto bits = static_cast<int64_t>(size_t{head & 0x1Fu} << 8 | low);
    return number(2, bits >= 4096 ? bits - 8192 : bits);
  }
  if (head == 0xF0) return left >= 5 && text(5, LoadNumber<uint32_t>(p + 1));
  if (head > 0xF4) return false;
  const size_t bytes = head == 0xF4 ? 8 : size_t{head} - 0xEF;
  return left > bytes && number(1 + bytes, LoadInteger(p + 1, bytes));
}

// What the ziplist entry at `p` (behind `previous`) holds, if it fits into `left` bytes.
bool ReadZiplistEntry(const char* p, size_t left, PackedValue* value, size_t* body) {
  if (left == 0) return false;
  const auto head = static_cast<unsigned char>(*p);
  size_t head_bytes;
  size_t length;
  if (head < 0x40) {
    head_bytes = 1;
    length = head;
  } else if (head < 0x80) {
    if (left < 2) return false;
    head_bytes = 2;
    length = size_t{head & 0x3Fu} << 8 | static_cast<unsigned char>(p[1]);
  } else if (head == 0x80) {
    if (left < 5) return false;
    head_bytes = 5;
    length = __builtin_bswap32(LoadNumber<uint32_t>(p + 1));
  } else {
    const size_t bytes = head == 0xC0   ? 2
                         : head == 0xD0 ? 4
                         : head == 0xE0 ? 8
                         : head == 0xF0 ? 3
                         : head == 0xFE ? 1
                                        : 0;
    if (bytes == 0 && (head < 0xF1 || head > 0xFD)) return false;
    if (left < 1 + bytes) return false;
    *value = {.number = bytes == 0 ? head - 0xF1 : LoadInteger(p + 1, bytes), .is_number = true};
    *body = 1 + bytes;
    return true;
  }
  if (length > left - head_bytes) return false;
  *value = {.text = {p + head_bytes, length}};
  *body = head_bytes + length;
  return true;
}

PackedEntry EntryOf(const PackedValue& value) {
  return value.is_number ? PackedEntry(value.number) : PackedEntry(value.text);
}

// Our tag -> the listpack's head. Both forms have their bytes in the same places.
constexpr std::array<uint8_t, 256> MakeHeads() {
  std::array<uint8_t, 256> heads{};
  for (unsigned tag = 0; tag < 256; ++tag) {
    unsigned head = tag ^ 0x80;                                 // short texts and numbers from 0 to 127
    if (tag >= 0x40 && tag < 0x60) head = tag + 0xA0;           // longer texts, integers
    if (tag >= 0x60 && tag < 0x80) head = (tag ^ 0x10) + 0x60;  // 13 bits: ours are biased
    heads[tag] = static_cast<uint8_t>(head);
  }
  return heads;
}
constexpr std::array<uint8_t, 256> kHeads = MakeHeads();

// Writes header and end of the block that begins at `header_at` and goes to the end of *out.
void FinishListpack(size_t header_at, size_t count, Buffer* out) {
  char* block = out->data() + header_at;
  const auto bytes = static_cast<uint32_t>(out->size() - header_at);
  const auto stated = static_cast<uint16_t>(count < kUnknownCount ? count : kUnknownCount);
  std::memcpy(block, &bytes, sizeof(bytes));
  std::memcpy(block + 4, &stated, sizeof(stated));
  block[bytes - 1] = static_cast<char>(kBlockEnd);
}

// With an entry whose length a listpack tells in a byte more than we do.
void AppendOddListpack(std::string_view entries, size_t count, Buffer* out) {
  const size_t header_at = out->size();
  out->Prepare(kListpackHeaderBytes + entries.size() + count + 1);
  out->Commit(kListpackHeaderBytes);
  for (const char *p = entries.data(), *end = p + entries.size(); p < end; p += PackedEntryBytes(p)) {
    const size_t body = PackedBodyBytes(p);
    const size_t back = BackBytes(body);
    char* to = out->Prepare(body + back);
    std::memcpy(to, p, body);
    *to = static_cast<char>(kHeads[static_cast<unsigned char>(*p)]);
    WriteBack(to + body, back, body);
    out->Commit(body + back);
  }
  out->Append(static_cast<char>(kBlockEnd));
  FinishListpack(header_at, count, out);
}

}  // namespace

bool UnpackListpack(std::string_view block, Buffer* entries, size_t* count) {
  *count = 0;
  if (block.size() < kListpackHeaderBytes + 1 || LoadNumber<uint32_t>(block.data()) != block.size()) return false;
  const char* p = block.data() + kListpackHeaderBytes;
  const char* end = block.data() + block.size() - 1;
  if (static_cast<unsigned char>(*end) != kBlockEnd) return false;
  entries->Prepare(block.size());
  for (; p < end; ++*count) {
    PackedValue value;
    size_t body;
    const auto left = static_cast<size_t>(end - p);
    if (!ReadListpackEntry(p, left, &value, &body)) return false;
    const size_t back_bytes = BackBytes(body);
    char back[5];
    WriteBack(back, back_bytes, body);
    if (back_bytes > left - body || std::memcmp(p + body, back, back_bytes) != 0) return false;
    AppendEntry(EntryOf(value), entries);
    p += body + back_bytes;
  }
  const auto stated = LoadNumber<uint16_t>(block.data() + 4);
  return stated == kUnknownCount || stated == *count;
}

bool UnpackZiplist(std::string_view block, Buffer* entries, size_t* count) {
  *count = 0;
  if (block.size() < kZiplistHeaderBytes + 1 || LoadNumber<uint32_t>(block.data()) != block.size()) return false;
  const char* begin = block.data();
  const char* p = begin + kZiplistHeaderBytes;
  const char* end = begin + block.size() - 1;
  if (static_cast<unsigned char>(*end) != kBlockEnd) return false;
  size_t previous = 0;
  const char* last = p;
  for (; p < end; ++*count) {
    last = p;
    size_t stated_previous = static_cast<unsigned char>(*p++);
    if (stated_previous == 0xFE) {
      if (end - p < 4) return false;
      stated_previous = LoadNumber<uint32_t>(p);
      p += 4;
    }
    PackedValue value;
    size_t body;
    if (stated_previous != previous || !ReadZiplistEntry(p, static_cast<size_t>(end - p), &value, &body)) return false;
    AppendEntry(EntryOf(value), entries);
    p += body;
    previous = static_cast<size_t>(p - last);
  }
  if (LoadNumber<uint32_t>(begin + 4) != static_cast<size_t>(last - begin)) return false;
  const auto stated = LoadNumber<uint16_t>(begin + 8);
  return stated == kUnknownCount || stated == *count;
}

bool UnpackZipmap(std::string_view block, Buffer* entries, size_t* count) {
  *count = 0;
  if (block.size() < 2 || static_cast<unsigned char>(block.back()) != kBlockEnd) return false;
  const char* p = block.data() + 1;
  const char* end = block.data() + block.size() - 1;
  auto read_length = [&p, end](size_t* length) {
    if (p == end) return false;
    *length = static_cast<unsigned char>(*p++);
    if (*length < 0xFE) return true;
    if (*length == 0xFF || end - p < 4) return false;
    *length = LoadNumber<uint32_t>(p);
    p += 4;
    return true;
  };
  while (p < end) {
    size_t length;
    if (!read_length(&length) || length > static_cast<size_t>(end - p)) return false;
    AppendEntry(PackedEntry(std::string_view(p, length)), entries);
    p += length;
    if (!read_length(&length) || p == end) return false;
    const size_t free = static_cast<unsigned char>(*p++);
    if (length + free > static_cast<size_t>(end - p)) return false;
    AppendEntry(PackedEntry(std::string_view(p, length)), entries);
    p += length + free;
    *count += 2;
  }
  const auto stated = static_cast<unsigned char>(block[0]);
  return stated >= 0xFE || stated == *count / 2;
}

bool IntsetBlock::Open(std::string_view block) {
  if (block.size() < kIntsetHeaderBytes) return false;
  width_ = LoadNumber<uint32_t>(block.data());
  size_ = LoadNumber<uint32_t>(block.data() + 4);
  if (width_ != 2 && width_ != 4 && width_ != 8) return false;
  if (block.size() - kIntsetHeaderBytes != size_ * width_) return false;
  integers_ = block.data() + kIntsetHeaderBytes;
  for (size_t i = 1; i < size_; ++i) {
    if (At(i - 1) >= At(i)) return false;
  }
  return true;
}

int64_t IntsetBlock::At(size_t index) const { return LoadInteger(integers_ + index * width_, width_); }

void AppendListpack(std::string_view entries, size_t count, Buffer* out) {
  const size_t header_at = out->size();
  const size_t bytes = kListpackHeaderBytes + entries.size() + 1;
  char* block = out->Prepare(bytes);
  char* p = block + kListpackHeaderBytes;
  if (!entries.empty()) std::memcpy(p, entries.data(), entries.size());
  for (const char *from = entries.data(), *end = from + entries.size(); from < end;) {
    const size_t body = PackedBodyBytes(from);
    const size_t trailer = PackedTrailerBytes(body);
    if (BackBytes(body) != trailer) return AppendOddListpack(entries, count, out);
    *p = static_cast<char>(kHeads[static_cast<unsigned char>(*p)]);
    from += body + trailer;
    p += body + trailer;
  }
  out->Commit(bytes);
  FinishListpack(header_at, count, out);
}

bool HasRepeatedEntries(std::string_view entries, size_t count, size_t step) {
  if (count <= step) return false;
  struct Seen {
    uint64_t hash;
    std::string_view entry;
  };
  std::vector<Seen> seen;
  seen.reserve(count / step + 1);
  const char* p = entries.data();
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = PackedEntryBytes(p);
    if (i % step == 0) seen.push_back({HashBytes({p, bytes}), {p, bytes}});
    p += bytes;
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.hash < b.hash; });
  for (size_t i = 1; i < seen.size(); ++i) {
    for (size_t j = i; j-- > 0 && seen[j].hash == seen[i].hash;) {
      if (seen[j].entry == seen[i].entry) return true;
    }
  }
  return false;
}

}  // namespace kvorum
