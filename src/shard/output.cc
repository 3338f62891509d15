#include "shard/output.h"

#include <algorithm>

#include "base/check.h"

namespace kvorum {

void Output::Append(std::string_view bytes) {
  appended_ += bytes.size();
  if (blocks_.empty()) {
    if (first_.capacity() < capacity_) first_.Resize(capacity_);
    const size_t fits = std::min(first_.available(), bytes.size());
    first_.Append(bytes.substr(0, fits));
    peak_ = std::max(peak_, first_.size());
    bytes.remove_prefix(fits);
  }
  if (bytes.empty()) return;
  if (!blocks_.empty()) {
    Buffer& last = blocks_.back();
    const size_t fits = std::min(last.available(), bytes.size());
    last.Append(bytes.substr(0, fits));
    bytes.remove_prefix(fits);
    if (bytes.empty()) return;
  }
  Buffer& block = blocks_.emplace_back();
  block.Resize(AllocationSize(std::max(kOutputBufferBytes, bytes.size())));
  block.Append(bytes);
  list_bytes_ += block.capacity();
}

void Output::AppendBuffer(Buffer& reply) {
  appended_ += reply.size();
  list_bytes_ += reply.capacity();
  blocks_.push_back(std::move(reply));
  reply = Buffer();
}

void Output::ResizeBuffer(size_t capacity) {
  capacity_ = capacity;
  if (first_.empty() && first_.capacity() != 0) first_.Resize(capacity);
}

void Output::Hold(uint64_t index) {
  // Nothing new since the last mark: what it says is enough.
  if (appended_ == consumed_ || (!holds_.empty() && holds_.back().end == appended_)) return;
  // What comes later cannot leave earlier.
  holds_.push_back({holds_.empty() ? index : std::max(index, holds_.back().index), appended_});
}

size_t Output::Sendable(uint64_t committed, Piece* pieces, size_t max) const {
  // Everything up to the last mark whose index is committed, or all if no mark waits.
  uint64_t limit = appended_;
  uint64_t last_end = consumed_;
  for (const HoldMark& mark : holds_) {
    if (mark.index > committed) {
      limit = last_end;
      break;
    }
    last_end = mark.end;
  }
  uint64_t left = limit - consumed_;
  size_t count = 0;
  auto take = [&](std::string_view piece) {
    piece = piece.substr(0, std::min<uint64_t>(piece.size(), left));
    if (piece.empty() || count == max) return;
    left -= piece.size();
    pieces[count++] = {piece.data(), piece.size()};
  };
  take(first_.view().substr(sent_));
  for (size_t i = 0; i < blocks_.size() && count < max && left > 0; ++i) {
    take(blocks_[i].view().substr(i == 0 ? front_sent_ : 0));
  }
  return count;
}

void Output::Consume(size_t bytes) {
  consumed_ += bytes;
  CHECK(consumed_ <= appended_);
  while (!holds_.empty() && holds_.front().end <= consumed_) holds_.pop_front();
  const size_t from_first = std::min(bytes, first_.size() - sent_);
  sent_ += from_first;
  bytes -= from_first;
  if (sent_ == first_.size()) {
    first_.Clear();
    sent_ = 0;
    if (first_.capacity() != capacity_ && first_.capacity() != 0) first_.Resize(capacity_);
  }
  while (bytes > 0) {
    Buffer& block = blocks_.front();
    const size_t from_block = std::min(bytes, block.size() - front_sent_);
    front_sent_ += from_block;
    bytes -= from_block;
    if (front_sent_ < block.size()) break;
    list_bytes_ -= block.capacity();
    blocks_.pop_front();
    front_sent_ = 0;
  }
}

void Output::Clear() {
  first_.Clear();
  blocks_.clear();
  holds_.clear();
  sent_ = front_sent_ = list_bytes_ = 0;
  consumed_ = appended_;
}

}  // namespace kvorum
