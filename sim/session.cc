#include "sim/session.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kvorum::sim {
namespace {

constexpr size_t kMostPieces = 1 << 14;

}  // namespace

uint64_t SimSession::PendingBytes(std::string_view* last) const {
  static std::vector<Output::Piece> pieces(kMostPieces);
  const size_t count = output.Sendable(UINT64_MAX, pieces.data(), pieces.size());
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += pieces[i].size;
  *last = count == 0 ? std::string_view() : pieces[count - 1].view();
  return sum;
}

void SimSession::NoteOutput(uint64_t index) {
  std::string_view last;
  const uint64_t end = taken_ + PendingBytes(&last);
  if (end <= noted_) return;
  Part part{.begin = noted_, .index = index, .is_of_this_turn = true};
  // [1, 0]: it is on the disk, whatever the session's durability.
  if (awaited_sync != 0 && last.ends_with("*2\r\n:1\r\n:0\r\n")) {
    part = {.begin = noted_, .index = awaited_sync, .durability = Durability::kSync, .is_asked = true};
  }
  awaited_sync = 0;
  parts_.push_back(part);
  noted_ = end;
}

void SimSession::EndTurn(Durability durability) {
  for (Part& part : parts_) {
    if (!std::exchange(part.is_of_this_turn, false)) continue;
    part.durability = durability;
  }
}

SimSession::Told SimSession::Take(uint64_t committed, Durability now) {
  Told told;
  Output::Piece piece;
  while (output.Sendable(committed, &piece, 1) == 1) {
    told.bytes += piece.view();
    output.Consume(piece.size);
  }
  taken_ += told.bytes.size();
  while (!parts_.empty() && parts_.front().begin < taken_) {
    const Part& part = parts_.front();
    uint64_t& index = told.index[static_cast<size_t>(part.is_asked ? part.durability : std::min(part.durability, now))];
    index = std::max(index, part.index);
    // A part that was sent up to its middle has told what it tells.
    parts_.pop_front();
  }
  return told;
}

}  // namespace kvorum::sim
