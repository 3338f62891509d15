// The bytes of a journal's segment, format version 1. All numbers are little-endian; a checksum is CRC-32C.
//
//   segment = header, frame*, zeros*
//
//   header   0  "KVJRNL\r\n"
//            8  u32 format version, 1
//           12  u32 zero
//           16  u64 index of the first entry; the file's name has it too
//           24  u64 version of the configuration under which it was begun
//           32  u64 synced: up to this index everything was known to be on the disk when it was begun
//           40  u64 microseconds since 1970 when it was begun
//           48  12 bytes of zero
//           60  u32 checksum of bytes 0 to 60
//           64
//
//   frame    0  u32 checksum of bytes 4 to 48, begun with that of the first index of the segment (as 8 bytes)
//            4  u32 checksum of the payload
//            8  u64 index
//           16  u64 version of the configuration under which it was written
//           24  u64 synced: up to this index everything was known to be on the disk when it was written
//           32  u64 microseconds since 1970
//           40  u64 bytes of payload; in the top byte the kind: 1 an entry, 2 a mark
//           48  payload
//
// Indexes go up by one from entry to entry. A mark has no payload and the index of the entry before it: it is there for
// its `synced`, which nothing else would state when no entry follows. Configuration versions never go down.
//
// Why the header of a frame has a checksum of its own: so that its length can be believed when the payload is damaged.
// Why it is begun with the segment's index: so that a copy of another segment's bytes, or of an old use of the same
// disk block, is no frame here.
//
// Why each frame says what was synced: after a power cut pages that were not synced are there or not in any mixture, so
// whole entries can stand behind a hole. That is a torn tail, and cut. The same hole in what had been synced is damage,
// and never cut. What distinguishes them is whether anything later states that the index of the hole had been synced;
// see recovery.h.
//
// Zeros at the end are room made ahead (Journal's zero_ahead_bytes), not damage.
//
// Threads: SegmentScanner one at a time. Ownership: a scanner borrows the file; an entry's payload is valid until the
// next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "os/file.h"

namespace kvorum {

inline constexpr uint32_t kSegmentFormat = 1;
inline constexpr size_t kSegmentHeaderBytes = 64;
inline constexpr size_t kFrameHeaderBytes = 48;

struct SegmentHeader {
  uint64_t first_index = 0;
  uint64_t config_version = 0;
  uint64_t synced_index = 0;
  uint64_t unix_micros = 0;
};

void EncodeSegmentHeader(const SegmentHeader& header, char* to);  // kSegmentHeaderBytes

enum class FrameKind : uint8_t { kEntry = 1, kMark = 2 };

struct FrameHeader {
  FrameKind kind = FrameKind::kEntry;
  uint64_t index = 0;
  uint64_t config_version = 0;
  uint64_t synced_index = 0;
  uint64_t unix_micros = 0;
  uint64_t payload_bytes = 0;  // below 2^56
  uint32_t payload_checksum = 0;
};

// What the checksums of a segment's frames begin with.
uint32_t FrameSeed(uint64_t first_index);
void EncodeFrameHeader(uint32_t seed, const FrameHeader& header, char* to);  // kFrameHeaderBytes
// False if the bytes are none.
[[nodiscard]] bool DecodeFrameHeader(uint32_t seed, const char* from, FrameHeader* header);

// One entry as it is read back.
struct JournalEntry {
  uint64_t index = 0;
  uint64_t config_version = 0;
  uint64_t synced_index = 0;
  uint64_t unix_micros = 0;
  uint64_t offset = 0;  // of its frame in its segment
  std::string_view payload;
};

// Walks the frames of one segment in order.
class SegmentScanner {
 public:
  enum class Found {
    kEntry,
    kMark,
    kEnd,      // the file ends here, or has nothing but zeros from here on
    kBad,      // what is here is no frame, or not the one that must come: `problem` says why
    kVersion,  // of a format that we do not know
    kError,    // the system could not read: `error` says why
  };

  // Of a segment whose name says that it begins with first_index.
  SegmentScanner(File& file, uint64_t first_index);

  // The header. kEntry: it is good.
  [[nodiscard]] Found Begin();
  // The next frame. After kBad, kEnd or kError the same again, unless the file has changed and Refresh was called.
  [[nodiscard]] Found Next();
  // Forgets what was read ahead: the file may have grown.
  void Refresh();

  const SegmentHeader& header() const { return header_; }
  const JournalEntry& entry() const { return entry_; }
  uint64_t next_index() const { return next_index_; }
  uint64_t config_version() const { return config_version_; }
  // Where the next frame begins, or the bad one stands.
  uint64_t offset() const { return offset_; }
  uint64_t file_bytes() const { return file_bytes_; }
  const std::string& problem() const { return problem_; }
  // The bad frame's checksums are right: it was written like that, out of order.
  bool out_of_order() const { return out_of_order_; }
  const FileError& error() const { return error_; }
  // The largest `synced` stated so far.
  uint64_t synced_index() const { return synced_index_; }

  // What stands behind the bad place, however much later: frames whose headers are good.
  struct Later {
    uint64_t entries = 0;
    uint64_t synced_index = 0;  // the largest that any of them states
  };
  [[nodiscard]] Found LookBehind(Later* later);  // kEnd or kError

 private:
  // [offset, offset + size) in memory; nullptr if the file ends before, or on an error, which is kept.
  const char* Bytes(uint64_t offset, size_t size);
  bool OnlyZerosFrom(uint64_t offset);
  Found Bad(std::string problem);
  Found ReadFailed();
  Found CheckOrder(const FrameHeader& frame);

  File& file_;
  const uint64_t first_index_;
  const uint32_t seed_;
  SegmentHeader header_;
  JournalEntry entry_;
  uint64_t file_bytes_ = 0;
  uint64_t offset_ = 0;
  uint64_t behind_ = 0;  // where LookBehind begins
  uint64_t next_index_;
  uint64_t config_version_ = 0;
  uint64_t synced_index_ = 0;
  bool out_of_order_ = false;
  std::string problem_;
  FileError error_;
  Buffer window_;
  uint64_t window_offset_ = 0;
};

}  // namespace kvorum
