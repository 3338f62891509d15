// Takes the fuzzer's bytes for a snapshot, first as they are, then as instructions that write good headers around bad
// contents.
#include <memory>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/snapshot_format.h"
#include "journal/snapshot_reader.h"
#include "os/fake_disk.h"

namespace {

using namespace kvorum;

void Read(const std::string& bytes) {
  FakeDisk disk(1);
  CHECK(!disk.CreateFolder("d"));
  disk.SetContents("d/x", bytes);
  std::unique_ptr<SnapshotReader> reader;
  uint64_t total = 0;
  uint64_t blocks = 0;
  if (StorageError error = SnapshotReader::Open(disk, "d/x", nullptr, &reader)) {
    CHECK(error.file() == "d/x");
    return;
  }
  while (true) {
    std::string_view payload;
    uint32_t records;
    bool found;
    if (StorageError error = reader->Next(&payload, &records, &found)) {
      CHECK(error.file() == "d/x" && error.offset() <= bytes.size());
      return;
    }
    if (!found) break;
    total += payload.size() + kBlockHeaderBytes;
    ++blocks;
  }
  CHECK(total + kSnapshotHeaderBytes + kSnapshotFooterBytes == bytes.size() && blocks == reader->footer().blocks);
}

std::string Build(const uint8_t* data, size_t size) {
  const uint8_t* const end = data + size;
  const auto byte = [&]() -> uint8_t { return data == end ? 0 : *data++; };
  char header[kSnapshotHeaderBytes];
  const uint32_t seed = EncodeSnapshotHeader({byte(), byte(), 0, 16}, header);
  std::string file(header, sizeof(header));
  SnapshotFooter footer;
  while (data != end) {
    const uint8_t how = byte();
    const size_t length = std::min<size_t>(byte() % 64, static_cast<size_t>(end - data));
    const std::string payload(reinterpret_cast<const char*>(data), length);
    data += length;
    BlockHeader block;
    block.number = footer.blocks + (how % 16 == 1 ? byte() : 0);
    block.records = byte();
    block.encoding = how % 16 == 2 ? byte() : 0;
    block.payload_bytes = payload.size() + (how % 16 == 3 ? byte() : 0);
    if (how % 16 == 4) block.payload_bytes = UINT64_MAX - byte();
    block.payload_checksum = Crc32c(0, payload) + (how % 16 == 5);
    char bytes[kBlockHeaderBytes];
    EncodeBlockHeader(seed, block, bytes);
    file.append(bytes, sizeof(bytes)).append(payload);
    footer.blocks_checksum = Crc32c(footer.blocks_checksum, bytes, 4);
    ++footer.blocks;
    footer.records += block.records;
    if (how % 16 == 6) footer.records += byte();
    if (how % 16 == 7) footer.blocks += byte();
  }
  footer.file_bytes = file.size() + kSnapshotFooterBytes;
  char bytes[kSnapshotFooterBytes];
  EncodeSnapshotFooter(seed, footer, bytes);
  return file.append(bytes, sizeof(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Read(std::string(reinterpret_cast<const char*>(data), size));
  Read(Build(data, size));
  return 0;
}
