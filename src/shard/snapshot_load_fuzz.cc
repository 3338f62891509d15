// Takes the fuzzer's bytes for the records of a snapshot: as they are, or as instructions that write good heads around bad contents.
// What is accepted must be sound, and come back the same when it is written and loaded once more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "keyspace/snapshot_record.h"
#include "keyspace/snapshot_walk.h"
#include "shard/snapshot_decoder.h"

namespace {

using namespace kvorum;
namespace record = snapshot_record;

struct Block {
  std::string bytes;
  uint32_t records = 0;
};
using Blocks = std::vector<Block>;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  uint8_t Byte() { return at_ == end_ ? 0 : *at_++; }
  std::string Bytes(size_t size) {
    const size_t here = std::min(size, static_cast<size_t>(end_ - at_));
    std::string bytes(reinterpret_cast<const char*>(at_), here);
    at_ += here;
    return bytes;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

std::string U32(uint32_t number) { return {reinterpret_cast<const char*>(&number), sizeof(number)}; }
std::string U64(uint64_t number) { return {reinterpret_cast<const char*>(&number), sizeof(number)}; }

// Blocks as they are: how many records, how many bytes (as 2 bytes each), bytes.
Blocks RawBlocks(Input in) {
  Blocks blocks;
  while (!in.empty()) {
    Block& block = blocks.emplace_back();
    block.records = in.Byte();
    const size_t low = in.Byte();
    block.bytes = in.Bytes(low | static_cast<size_t>(in.Byte()) << 8);
  }
  return blocks;
}

class Builder {
 public:
  explicit Builder(Input in) : in_(in) { Run(); }

  // With the sizes that it has in front.
  Blocks Take() {
    Block sizes;
    for (const auto& [db, counts] : counts_) {
      sizes.bytes += U32(uint32_t{record::kSizes} << 24) + U32(db) + U64(counts.first) + U64(counts.second);
      ++sizes.records;
    }
    blocks_.insert(blocks_.begin(), sizes);
    return blocks_;
  }

 private:
  void Run() {
    blocks_.emplace_back();
    Database(0);
    while (!in_.empty()) {
      switch (in_.Byte() % 8) {
        case 0:
          blocks_.emplace_back();
          Database(db_);
          break;
        case 1:
          Database(in_.Byte() % 17);
          break;
        case 2:
        case 3:
          ShortKey();
          break;
        case 4:
          Piece();
          break;
        default:
          LongKey();
      }
    }
  }
  void Add(const std::string& bytes) {
    blocks_.back().bytes += bytes;
    ++blocks_.back().records;
  }
  void Database(uint32_t db) {
    db_ = db;
    Add(U32(uint32_t{record::kDatabase} << 24) + U32(db));
  }
  std::string Shell(uint8_t kind, uint8_t flags, const std::string& key, uint16_t value_bytes) {
    auto& counts = counts_[db_];
    ++counts.first;
    counts.second += flags & 1;
    std::string head = U32(uint32_t{kind} << 24 | in_.Byte());
    head += static_cast<char>(flags);
    head += static_cast<char>(key.size());
    head += static_cast<char>(value_bytes);
    head += static_cast<char>(value_bytes >> 8);
    if (flags & 1) head += U64(in_.Byte());
    return head;
  }
  void ShortKey() {
    const uint8_t flags = in_.Byte() % 8 & ~2;
    const std::string key = in_.Bytes(in_.Byte() % 8);
    if (in_.Byte() % 2 == 0) return Add(Shell(1 << 4, flags, key, 0) + U64(in_.Byte()) + key);
    const std::string value = in_.Bytes(in_.Byte());
    Add(Shell(0, flags, key, static_cast<uint16_t>(value.size())) + key + value);
  }
  void LongKey() {
    const uint8_t kind = in_.Byte();
    const uint8_t flags = in_.Byte() & 0b10001;
    const std::string key = in_.Bytes(in_.Byte() % 8);
    const uint32_t id = flags & record::kPiecesFollow ? 1 + in_.Byte() % 4 : 0;
    const std::string value = in_.Bytes(in_.Byte());
    Add(Shell(kind, flags, key, 0) + U32(static_cast<uint32_t>(value.size())) + U32(id) + key + value);
  }
  void Piece() {
    const uint8_t how = in_.Byte();
    const std::string bytes = in_.Bytes(in_.Byte());
    Add(U32(uint32_t{record::kPiece} << 24 | (how & 1)) + U32(1 + (how >> 1) % 4) +
        U32(static_cast<uint32_t>(bytes.size())) + bytes);
  }

  Input in_;
  Blocks blocks_;
  uint32_t db_ = 0;
  std::map<uint32_t, std::pair<uint64_t, uint64_t>> counts_;
};

bool Load(const Blocks& blocks, Keyspace& keyspace) {
  uint64_t bytes = 0;
  for (const Block& block : blocks) bytes += block.bytes.size();
  SnapshotDecoder decoder(keyspace, bytes);
  for (const Block& block : blocks) {
    if (decoder.Block(block.bytes, block.records)) continue;
    CHECK(!decoder.error().empty() && decoder.error_offset() <= block.bytes.size());
    return false;
  }
  if (decoder.Finish()) return true;
  CHECK(!decoder.error().empty());
  return false;
}

std::map<std::string, std::string> Contents(Keyspace& keyspace) {
  std::map<std::string, std::string> contents;
  for (int i = 0; i < keyspace.size(); ++i) {
    keyspace.database(i).Validate();
    keyspace.database(i).ForEach([&](const Entry* entry) {
      char digits[kIntegerTextBytes];
      std::string text(entry->encoding_name());
      text += entry->is_string() ? std::string(entry->Text(digits)) : entry->object()->CanonicalText();
      contents[std::to_string(i) + " " + std::string(entry->key())] =
          text + std::to_string(entry->deadline_ms()) + "," + std::to_string(entry->clock());
    });
  }
  return contents;
}

class Collector final : public SnapshotSink {
 public:
  void TakeBlock(Buffer* block, uint32_t records) override {
    blocks.push_back({std::string(block->view()), records});
    block->Clear();
  }
  Blocks blocks;
};

void Try(const Blocks& blocks) {
  KeyspaceSettings settings;
  Keyspace keyspace(16, &settings);
  if (!Load(blocks, keyspace)) return;
  const auto contents = Contents(keyspace);
  Collector collector;
  SnapshotWalk walk(keyspace, collector);
  while (walk.Step(1)) {
  }
  Keyspace again(16, &settings);
  CHECK(Load(collector.blocks, again));
  CHECK(contents == Contents(again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Input in(data + 1, size - 1);
  Try(data[0] % 2 == 0 ? RawBlocks(in) : Builder(in).Take());
  return 0;
}
