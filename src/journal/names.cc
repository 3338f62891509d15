#include "journal/names.h"

#include "base/numbers.h"

namespace kvorum {
namespace {

constexpr size_t kDigits = kMaxUint64Chars;
constexpr std::string_view kSegmentPrefix = "journal-";
constexpr std::string_view kSegmentSuffix = ".kvj";
constexpr std::string_view kSnapshotPrefix = "snapshot-";
constexpr std::string_view kSnapshotSuffix = ".kvs";
constexpr std::string_view kUnfinishedSuffix = ".tmp";
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

}  // namespace

std::string SegmentName(uint64_t first_index) { return Name(kSegmentPrefix, first_index, kSegmentSuffix); }
std::string SnapshotName(uint64_t index) { return Name(kSnapshotPrefix, index, kSnapshotSuffix); }
std::string UnfinishedSnapshotName(uint64_t index) { return Name(kSnapshotPrefix, index, kUnfinishedSuffix); }

FileName ParseFileName(std::string_view name) {
  uint64_t index = 0;
  if (Parse(name, kSegmentPrefix, kSegmentSuffix, &index) && index > 0) return {FileKind::kSegment, index};
  if (Parse(name, kSnapshotPrefix, kSnapshotSuffix, &index)) return {FileKind::kSnapshot, index};
  if (Parse(name, kSnapshotPrefix, kUnfinishedSuffix, &index)) return {FileKind::kUnfinishedSnapshot, index};
  if (name.starts_with(kDamagedPrefix)) return {FileKind::kDamaged};
  if (name == "lock") return {FileKind::kLock};
  return {};
}

}  // namespace kvorum
