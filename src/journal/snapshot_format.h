// The bytes of a snapshot, format version 1. All numbers are little-endian; a checksum is CRC-32C.
//
//   snapshot = header, block*, footer
//
//   header   0  "KVSNAP\r\n"
//            8  u32 format version, 1
//           12  u32 zero
//           16  u64 index of the last entry of the journal that it covers
//           24  u64 version of the configuration of that entry
//           32  u64 microseconds since 1970 when it was begun
//           40  u64 number of databases
//           48  12 bytes of zero
//           60  u32 checksum of bytes 0 to 60
//           64
//
//   block    0  u32 checksum of bytes 4 to 32, begun with the header's (as 4 bytes)
//            4  u32 checksum of the stored payload
//            8  u64 number of the block, from 0
//           16  u32 records in it
//           20  u32 encoding of the payload: 0 as it is. (Others are to come; a reader refuses those it does not know.)
//           24  u64 bytes of stored payload
//           32  payload
//
//   footer   0  u32 checksum of bytes 4 to 48, begun with the header's (as 4 bytes)
//            4  u32 checksum of the checksums (bytes 0 to 4) of all blocks, in order
//            8  u64 2^64-1, where a block has its number
//           16  u64 blocks
//           24  u64 records
//           32  u64 bytes of the whole file
//           40  "KVSNEND\n"
//           48
//
// What a payload holds is its writer's business; so is what a record is. A file without its footer is not finished.
// Checksums begin with the header's so that a block of another snapshot is none here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kvorum {

inline constexpr uint32_t kSnapshotFormat = 1;
inline constexpr size_t kSnapshotHeaderBytes = 64;
inline constexpr size_t kBlockHeaderBytes = 32;
inline constexpr size_t kSnapshotFooterBytes = 48;
// What a writer aims at: large enough that a block's costs vanish, small enough to fill between two commands in pieces.
inline constexpr size_t kSnapshotBlockBytes = 1 << 20;

struct SnapshotHeader {
  uint64_t index = 0;  // of the last entry it covers; 0: of none
  uint64_t config_version = 1;
  uint64_t unix_micros = 0;
  uint64_t databases = 0;
};

struct BlockHeader {
  uint64_t number = 0;
  uint32_t records = 0;
  uint32_t encoding = 0;
  uint64_t payload_bytes = 0;
  uint32_t payload_checksum = 0;
};

struct SnapshotFooter {
  uint64_t blocks = 0;
  uint64_t records = 0;
  uint64_t file_bytes = 0;
  uint32_t blocks_checksum = 0;
};

// Returns the seed of the checksums that follow.
uint32_t EncodeSnapshotHeader(const SnapshotHeader& header, char* to);
void EncodeBlockHeader(uint32_t seed, const BlockHeader& header, char* to);
void EncodeSnapshotFooter(uint32_t seed, const SnapshotFooter& footer, char* to);

enum class SnapshotHeaderState { kGood, kForeign, kDamaged, kNewer };
[[nodiscard]] SnapshotHeaderState DecodeSnapshotHeader(const char* from, SnapshotHeader* header, uint32_t* seed,
                                                       uint32_t* format);
[[nodiscard]] bool DecodeBlockHeader(uint32_t seed, const char* from, BlockHeader* header);
[[nodiscard]] bool DecodeSnapshotFooter(uint32_t seed, const char* from, SnapshotFooter* footer);
// Of the 8 bytes at offset 8 of a block or footer.
[[nodiscard]] bool IsSnapshotFooter(const char* from);

}  // namespace kvorum
