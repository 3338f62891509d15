#include "journal/segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"

namespace kvorum {
namespace {

constexpr std::string_view kMagic = "KVJRNL\r\n";
constexpr size_t kHeaderChecksumAt = 60;
constexpr uint64_t kPayloadMask = (uint64_t{1} << 56) - 1;
constexpr size_t kReadBytes = 1 << 20;

bool AllZeros(const char* bytes, size_t size) {
  return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

}  // namespace

void EncodeSegmentHeader(const SegmentHeader& header, char* to) {
  std::memset(to, 0, kSegmentHeaderBytes);
  std::memcpy(to, kMagic.data(), kMagic.size());
  PutU32(to + 8, kSegmentFormat);
  PutU64(to + 16, header.first_index);
  PutU64(to + 24, header.config_version);
  PutU64(to + 32, header.synced_index);
  PutU64(to + 40, header.unix_micros);
  PutU32(to + kHeaderChecksumAt, Crc32c(0, to, kHeaderChecksumAt));
}

uint32_t FrameSeed(uint64_t first_index) { return Crc32c(0, &first_index, sizeof(first_index)); }

void EncodeFrameHeader(uint32_t seed, const FrameHeader& header, char* to) {
  PutU32(to + 4, header.payload_checksum);
  PutU64(to + 8, header.index);
  PutU64(to + 16, header.config_version);
  PutU64(to + 24, header.synced_index);
  PutU64(to + 32, header.unix_micros);
  PutU64(to + 40, static_cast<uint64_t>(header.kind) << 56 | header.payload_bytes);
  PutU32(to, Crc32c(seed, to + 4, kFrameHeaderBytes - 4));
}

bool DecodeFrameHeader(uint32_t seed, const char* from, FrameHeader* header) {
  const uint64_t kind_and_bytes = GetU64(from + 40);
  const uint64_t kind = kind_and_bytes >> 56;
  if (kind != static_cast<uint64_t>(FrameKind::kEntry) && kind != static_cast<uint64_t>(FrameKind::kMark)) return false;
  if (GetU32(from) != Crc32c(seed, from + 4, kFrameHeaderBytes - 4)) return false;
  header->kind = static_cast<FrameKind>(kind);
  header->payload_bytes = kind_and_bytes & kPayloadMask;
  header->payload_checksum = GetU32(from + 4);
  header->index = GetU64(from + 8);
  header->config_version = GetU64(from + 16);
  header->synced_index = GetU64(from + 24);
  header->unix_micros = GetU64(from + 32);
  return true;
}

SegmentScanner::SegmentScanner(File& file, uint64_t first_index)
    : file_(file), first_index_(first_index), seed_(FrameSeed(first_index)), next_index_(first_index) {}

void SegmentScanner::Refresh() {
  window_.Clear();
  problem_.clear();
  out_of_order_ = false;
  error_ = file_.Size(&file_bytes_);
}

const char* SegmentScanner::Bytes(uint64_t offset, size_t size) {
  if (offset >= window_offset_ && offset + size <= window_offset_ + window_.size()) {
    return window_.data() + (offset - window_offset_);
  }
  if (offset > file_bytes_ || size > file_bytes_ - offset) return nullptr;
  const auto wanted = static_cast<size_t>(std::min<uint64_t>(file_bytes_ - offset, std::max(size, kReadBytes)));
  window_.Clear();
  window_.Reserve(wanted);
  window_offset_ = offset;
  size_t read = 0;
  if (FileError error = file_.Read(offset, window_.Prepare(wanted), wanted, &read)) {
    error_ = std::move(error);
    return nullptr;
  }
  window_.Commit(read);
  return read >= size ? window_.data() : nullptr;  // less: the file was cut meanwhile
}

bool SegmentScanner::OnlyZerosFrom(uint64_t offset) {
  while (offset < file_bytes_) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(file_bytes_ - offset, kReadBytes));
    const char* bytes = Bytes(offset, size);
    if (bytes == nullptr || !AllZeros(bytes, size)) return false;
    offset += size;
  }
  return true;
}

SegmentScanner::Found SegmentScanner::Bad(std::string problem) {
  problem_ = std::move(problem);
  return Found::kBad;
}

SegmentScanner::Found SegmentScanner::ReadFailed() { return error_ ? Found::kError : Bad("the file ends too early"); }

SegmentScanner::Found SegmentScanner::Begin() {
  Refresh();
  file_.WillReadAll();
  behind_ = kSegmentHeaderBytes;
  const char* bytes = error_ ? nullptr : Bytes(0, kSegmentHeaderBytes);
  if (bytes == nullptr) {
    return error_ ? Found::kError : Bad(fmt::format("the segment's header is cut off after {} bytes", file_bytes_));
  }
  if (std::string_view(bytes, kMagic.size()) != kMagic) return Bad("this is no segment of a journal");
  if (GetU32(bytes + kHeaderChecksumAt) != Crc32c(0, bytes, kHeaderChecksumAt)) {
    return Bad("the segment's header has a wrong checksum");
  }
  if (const uint32_t format = GetU32(bytes + 8); format != kSegmentFormat) {
    problem_ = fmt::format("the segment has format version {}; this Kvorum knows {}", format, kSegmentFormat);
    return Found::kVersion;
  }
  header_ = {GetU64(bytes + 16), GetU64(bytes + 24), GetU64(bytes + 32), GetU64(bytes + 40)};
  if (header_.first_index != first_index_) {
    out_of_order_ = true;
    return Bad(fmt::format("the segment begins with entry {}, which its name does not say", header_.first_index));
  }
  offset_ = kSegmentHeaderBytes;
  config_version_ = header_.config_version;
  synced_index_ = header_.synced_index;
  return Found::kEntry;
}

SegmentScanner::Found SegmentScanner::CheckOrder(const FrameHeader& frame) {
  const uint64_t expected = frame.kind == FrameKind::kEntry ? next_index_ : next_index_ - 1;
  out_of_order_ = true;
  if (frame.index != expected) return Bad(fmt::format("entry {} stands where {} must", frame.index, expected));
  if (frame.config_version < config_version_) {
    return Bad(fmt::format("entry {} is of configuration {}, and one before it of {}", frame.index,
                           frame.config_version, config_version_));
  }
  out_of_order_ = false;
  return Found::kEntry;
}

SegmentScanner::Found SegmentScanner::Next() {
  if (offset_ == file_bytes_) return Found::kEnd;
  behind_ = offset_ + 1;
  const char* bytes = Bytes(offset_, kFrameHeaderBytes);
  FrameHeader frame;
  if (bytes == nullptr || !DecodeFrameHeader(seed_, bytes, &frame)) {
    if (error_) return Found::kError;
    if (OnlyZerosFrom(offset_)) return Found::kEnd;
    if (error_) return Found::kError;
    return Bad(bytes == nullptr ? fmt::format("entry {} is cut off in its header", next_index_)
                                : fmt::format("the header of entry {} has a wrong checksum", next_index_));
  }
  const uint64_t payload_at = offset_ + kFrameHeaderBytes;
  if (frame.payload_bytes > file_bytes_ - payload_at) {
    behind_ = file_bytes_;
    return Bad(fmt::format("entry {} is cut off: {} of its {} bytes are there", frame.index, file_bytes_ - payload_at,
                           frame.payload_bytes));
  }
  behind_ = payload_at + frame.payload_bytes;
  const char* payload = frame.payload_bytes == 0 ? "" : Bytes(payload_at, static_cast<size_t>(frame.payload_bytes));
  if (payload == nullptr) return ReadFailed();
  entry_ = {frame.index,
            frame.config_version,
            frame.synced_index,
            frame.unix_micros,
            offset_,
            {payload, static_cast<size_t>(frame.payload_bytes)}};
  if (Crc32c(0, entry_.payload) != frame.payload_checksum) {
    return Bad(fmt::format("entry {} has a wrong checksum", frame.index));
  }
  if (const Found found = CheckOrder(frame); found != Found::kEntry) return found;
  offset_ = behind_;
  config_version_ = frame.config_version;
  synced_index_ = std::max(synced_index_, frame.synced_index);
  if (frame.kind == FrameKind::kMark) return Found::kMark;
  ++next_index_;
  return Found::kEntry;
}

// Byte by byte where no length can be believed: rare, and a gigabyte takes seconds.
SegmentScanner::Found SegmentScanner::LookBehind(Later* later) {
  uint64_t offset = behind_;
  while (offset + kFrameHeaderBytes <= file_bytes_) {
    const auto chunk = static_cast<size_t>(std::min<uint64_t>(file_bytes_ - offset, kReadBytes));
    const char* bytes = Bytes(offset, chunk);
    if (bytes == nullptr) return error_ ? Found::kError : Found::kEnd;
    size_t at = 0;
    FrameHeader frame;
    while (at + kFrameHeaderBytes <= chunk && !DecodeFrameHeader(seed_, bytes + at, &frame)) ++at;
    offset += at;
    if (at + kFrameHeaderBytes > chunk) {
      if (offset + kFrameHeaderBytes > file_bytes_) break;
      continue;
    }
    later->entries += frame.kind == FrameKind::kEntry ? 1 : 0;
    later->synced_index = std::max(later->synced_index, frame.synced_index);
    offset += kFrameHeaderBytes + std::min(frame.payload_bytes, file_bytes_ - offset - kFrameHeaderBytes);
  }
  return Found::kEnd;
}

}  // namespace kvorum
