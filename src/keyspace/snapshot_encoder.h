// SnapshotEncoder: a value as the bytes of a snapshot (snapshot_record.h), in as many steps as wanted.
//
// Work is counted in units of about a byte copied: so many bytes, and kElementWork for each element, which stands for finding it
// in memory. A step ends when its work is done, within a long text as well.
//
// Threads: one. Ownership: borrows the value, which must not change or go until it is done. Memory: a few elements' addresses; a frame of a vector set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "json/codec.h"
#include "keyspace/entry.h"
#include "keyspace/snapshot_record.h"

namespace kvorum {

class VectorSetSaver;

class SnapshotEncoder {
 public:
  static constexpr size_t kElementWork = 64;

  SnapshotEncoder();
  SnapshotEncoder(SnapshotEncoder&& other) noexcept;
  SnapshotEncoder& operator=(SnapshotEncoder&& other) noexcept;
  ~SnapshotEncoder();

  // Of a value that is neither inline nor an integer.
  void Begin(const Entry& entry);
  // Appends what about `work` makes, at least something. True: that was all. *done_work grows by the work done.
  [[nodiscard]] bool Write(size_t work, Buffer* out, size_t* done_work);

  static snapshot_record::Form FormOf(const Entry& entry);
  // What stays the same as long as the value does, wherever its entry moves.
  static const void* IdentityOf(const Entry& entry);
  // The first 8 bytes of the entry's record, without its mark, and without the number or pointer behind the deadline.
  static void WriteShell(const Entry& entry, snapshot_record::Form form, uint64_t payload, uint8_t more_flags,
                         Buffer* out);
  // The whole record of an inline or integer string. Returns its size.
  static size_t WriteWhole(const Entry& entry, Buffer* out) {
    const size_t size = entry.AllocatedSize();
    char* to = out->Prepare(size);
    std::memcpy(to, &entry, size);
    to[offsetof(Entry, flags_)] = static_cast<char>(entry.flags_ & ~Entry::kMark);
    out->Commit(size);
    return size;
  }
  static bool IsShort(const Entry& entry) { return entry.encoding() <= Entry::Encoding::kInteger; }
  // Where in WriteShell's record `flags` and the payload stand.
  static constexpr size_t kFlagsOffset = 4;
  static size_t PayloadOffset(const Entry& entry) { return entry.PayloadOffset(); }

 private:
  struct Element {
    std::string_view first;
    std::string_view second;
    double score;
  };
  enum class Kind : uint8_t { kText, kIntegers, kNodes, kMembers, kFields, kScores, kFrames, kJson };

  void BeginObject(const Object& object);
  // Writes the next element. False: there is none.
  bool Next(Buffer* out);
  bool NextNode(Buffer* out);
  bool NextIntegers(Buffer* out);
  bool NextFrame();
  bool NextJson(Buffer* out);
  // Gathers elements of the next place that has any. False: there is none.
  bool Gather();
  // Appends the text or, if it is long, lets it wait in rest_.
  void Text(std::string_view text, Buffer* out);

  const Object* value_ = nullptr;
  Kind kind_ = Kind::kText;
  char head_[3 * kMaxVarintBytes];  // what comes before the elements
  size_t head_bytes_ = 0;
  std::string_view rest_[2];  // of long texts
  size_t place_ = 0;          // integer, bucket, rank
  const void* node_ = nullptr;
  std::vector<Element> gathered_;
  size_t next_gathered_ = 0;
  std::unique_ptr<VectorSetSaver> saver_;
  std::string frame_;  // of the saver's; rest_ may lie in it
  JsonEncoder json_;
};

}  // namespace kvorum
