#include "journal/names.h"

#include "base/numbers.h"

namespace kvorum {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kDigits = kMaxUint64Chars;
constexpr std::string_view kSegmentPrefix = "journal-";
constexpr std::string_view kSegmentSuffix = ".kvj";
constexpr std::string_view kSnapshotPrefix = "snapshot-";
constexpr std::string_view kSnapshotSuffix = ".kvs";
constexpr std::string_view kUnfinishedSuffix = ".tmp";
constexpr std::string_view kGraphPrefix = "vectors-";
constexpr std::string_view kGraphSuffix = ".kvg";
constexpr std::string_view kUnfinishedGraphSuffix = ".kvg.tmp";
constexpr size_t kHashDigits = 16;
constexpr std::string_view kDamagedPrefix = "damaged-";

std::string Name(std::string_view prefix, uint64_t index, std::string_view suffix) {
  char digits[kMaxUint64Chars];
  const size_t size = FormatUint64(index, digits);
  return std::string(prefix).append(kDigits - size, '0').append(digits, size).append(suffix);
}

bool Parse(std::string_view name, std::string_view prefix, std::string_view suffix, uint64_t* index) {
  if (name.size() != prefix.size() + kDigits + suffix.size()) return false;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  std::string_view digits = name.substr(prefix.size(), kDigits);
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return ParseUint64(digits, index);
}

bool ParseHash(std::string_view name, std::string_view prefix, std::string_view suffix, uint64_t* hash) {
  if (name.size() != prefix.size() + kHashDigits + suffix.size()) return false;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  *hash = 0;
  for (const char c : name.substr(prefix.size(), kHashDigits)) {
    const size_t digit = kHexDigits.find(c);
    if (digit == kHexDigits.npos) return false;
    *hash = *hash << 4 | digit;
  }
  return true;
}

std::string HashName(std::string_view prefix, uint64_t hash, std::string_view suffix) {
  std::string name(prefix);
  for (int shift = 60; shift >= 0; shift -= 4) name += kHexDigits[hash >> shift & 15];
  return name.append(suffix);
}

}  // namespace

std::string SegmentName(uint64_t first_index) { return Name(kSegmentPrefix, first_index, kSegmentSuffix); }
std::string SnapshotName(uint64_t index) { return Name(kSnapshotPrefix, index, kSnapshotSuffix); }
std::string UnfinishedSnapshotName(uint64_t index) { return Name(kSnapshotPrefix, index, kUnfinishedSuffix); }
std::string GraphName(uint64_t hash) { return HashName(kGraphPrefix, hash, kGraphSuffix); }
std::string UnfinishedGraphName(uint64_t hash) { return HashName(kGraphPrefix, hash, kUnfinishedGraphSuffix); }

FileName ParseFileName(std::string_view name) {
  uint64_t index = 0;
  if (Parse(name, kSegmentPrefix, kSegmentSuffix, &index) && index > 0) return {FileKind::kSegment, index};
  if (Parse(name, kSnapshotPrefix, kSnapshotSuffix, &index)) return {FileKind::kSnapshot, index};
  if (Parse(name, kSnapshotPrefix, kUnfinishedSuffix, &index)) return {FileKind::kUnfinishedSnapshot, index};
  if (ParseHash(name, kGraphPrefix, kGraphSuffix, &index)) return {FileKind::kGraph, index};
  if (ParseHash(name, kGraphPrefix, kUnfinishedGraphSuffix, &index)) return {FileKind::kUnfinishedGraph, index};
  if (name.starts_with(kDamagedPrefix)) return {FileKind::kDamaged};
  if (name == "lock") return {FileKind::kLock};
  return {};
}

}  // namespace kvorum
