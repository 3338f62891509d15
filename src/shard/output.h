// Output: the replies of a session that have not been sent yet.
//
// A buffer of limited size, then, when it is full, a list of blocks; limits and CLIENT LIST count them apart as Redis does
// (obl; oll and omem). A reply may have to wait for the journal: Hold marks all that is there as not to be sent before an
// index is committed.
//
// Threads: one. Ownership: owns its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "base/buffer.h"

namespace kvorum {

inline constexpr size_t kOutputBufferBytes = 16 << 10;
inline constexpr size_t kMinOutputBufferBytes = 1 << 10;

class Output {
 public:
  void Append(std::string_view bytes);
  // Takes over a large reply without copying it, leaving `reply` empty.
  void AppendBuffer(Buffer& reply);

  bool empty() const { return first_.size() == sent_ && blocks_.empty(); }
  // Bytes in the buffer and in the list.
  size_t buffer_bytes() const { return first_.size(); }
  size_t buffer_capacity() const { return first_.capacity(); }
  size_t list_length() const { return blocks_.size(); }
  size_t list_bytes() const { return list_bytes_; }
  // Of the list, with its bookkeeping (omem).
  size_t list_memory_bytes() const { return list_bytes_ + blocks_.size() * sizeof(Buffer); }
  size_t memory_bytes() const { return first_.capacity() + list_memory_bytes(); }
  // The most the buffer has held since the last ResizeBuffer, for shrinking it.
  size_t buffer_peak() const { return peak_; }
  void ResetPeak() { peak_ = first_.size(); }
  // When the buffer is empty.
  void ResizeBuffer(size_t capacity);

  // Nothing that is there now may be sent before `index` is committed.
  void Hold(uint64_t index);
  // The pieces that may be sent, in order: fills at most `max` of them and returns how many.
  struct Piece {
    const char* data;
    size_t size;
    std::string_view view() const { return {data, size}; }
  };
  size_t Sendable(uint64_t committed, Piece* pieces, size_t max) const;
  // Whether nothing may be sent before more is committed.
  bool begins_held(uint64_t committed) const { return !holds_.empty() && holds_.front().index > committed; }
  // Whether something waits for more than that.
  bool held(uint64_t committed) const { return !holds_.empty() && holds_.back().index > committed; }
  // That many bytes were sent.
  void Consume(size_t bytes);
  void Clear();

 private:
  struct HoldMark {
    uint64_t index;
    uint64_t end;  // in bytes ever appended
  };

  Buffer first_;
  size_t sent_ = 0;  // of first_, or of the first block once first_ is done
  size_t peak_ = 0;
  size_t list_bytes_ = 0;  // capacities of the blocks
  size_t front_sent_ = 0;
  std::deque<Buffer> blocks_;
  std::deque<HoldMark> holds_;
  uint64_t appended_ = 0;
  uint64_t consumed_ = 0;
  size_t capacity_ = kOutputBufferBytes;
};

}  // namespace kvorum
