#include "journal/snapshot_format.h"

#include <string_view>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVSNAP\r\n";
constexpr std::string_view kEndMagic = "KVSNEND\n";
constexpr size_t kHeaderChecksumAt = 60;

}  // namespace

uint32_t EncodeSnapshotHeader(const SnapshotHeader& header, char* to) {
  std::memset(to, 0, kSnapshotHeaderBytes);
  std::memcpy(to, kMagic.data(), kMagic.size());
  PutU32(to + 8, kSnapshotFormat);
  PutU64(to + 16, header.index);
  PutU64(to + 24, header.config_version);
  PutU64(to + 32, header.unix_micros);
  PutU64(to + 40, header.databases);
  PutU32(to + kHeaderChecksumAt, Crc32c(0, to, kHeaderChecksumAt));
  return Crc32c(0, to + kHeaderChecksumAt, sizeof(uint32_t));
}

SnapshotHeaderState DecodeSnapshotHeader(const char* from, SnapshotHeader* header, uint32_t* seed, uint32_t* format) {
  if (std::string_view(from, kMagic.size()) != kMagic) return SnapshotHeaderState::kForeign;
  if (GetU32(from + kHeaderChecksumAt) != Crc32c(0, from, kHeaderChecksumAt)) return SnapshotHeaderState::kDamaged;
  *format = GetU32(from + 8);
  if (*format != kSnapshotFormat) return SnapshotHeaderState::kNewer;
  *header = {GetU64(from + 16), GetU64(from + 24), GetU64(from + 32), GetU64(from + 40)};
  *seed = Crc32c(0, from + kHeaderChecksumAt, sizeof(uint32_t));
  return SnapshotHeaderState::kGood;
}

void EncodeBlockHeader(uint32_t seed, const BlockHeader& header, char* to) {
  PutU32(to + 4, header.payload_checksum);
  PutU64(to + 8, header.number);
  PutU32(to + 16, header.records);
  PutU32(to + 20, header.encoding);
  PutU64(to + 24, header.payload_bytes);
  PutU32(to, Crc32c(seed, to + 4, kBlockHeaderBytes - 4));
}

bool DecodeBlockHeader(uint32_t seed, const char* from, BlockHeader* header) {
  if (GetU32(from) != Crc32c(seed, from + 4, kBlockHeaderBytes - 4)) return false;
  *header = {GetU64(from + 8), GetU32(from + 16), GetU32(from + 20), GetU64(from + 24), GetU32(from + 4)};
  return true;
}

void EncodeSnapshotFooter(uint32_t seed, const SnapshotFooter& footer, char* to) {
  PutU32(to + 4, footer.blocks_checksum);
  PutU64(to + 8, UINT64_MAX);
  PutU64(to + 16, footer.blocks);
  PutU64(to + 24, footer.records);
  PutU64(to + 32, footer.file_bytes);
  std::memcpy(to + 40, kEndMagic.data(), kEndMagic.size());
  PutU32(to, Crc32c(seed, to + 4, kSnapshotFooterBytes - 4));
}

bool DecodeSnapshotFooter(uint32_t seed, const char* from, SnapshotFooter* footer) {
  if (GetU32(from) != Crc32c(seed, from + 4, kSnapshotFooterBytes - 4)) return false;
  *footer = {GetU64(from + 16), GetU64(from + 24), GetU64(from + 32), GetU32(from + 4)};
  return IsSnapshotFooter(from) && std::string_view(from + 40, kEndMagic.size()) == kEndMagic;
}

bool IsSnapshotFooter(const char* from) { return GetU64(from + 8) == UINT64_MAX; }

}  // namespace kvorum
