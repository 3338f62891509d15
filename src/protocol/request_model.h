// What tests and the fuzzer of RequestParser share: a stream fed in pieces, as a connection feeds it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "protocol/request.h"

namespace kvorum {

// The requests of a stream, and how it ended.
struct ParsedStream {
  std::vector<std::vector<std::string>> requests;
  std::string error;  // of the protocol, or empty
  size_t unconsumed = 0;

  bool operator==(const ParsedStream&) const = default;
};

// Feeds `bytes` piece by piece. `piece_bytes` says how large the next piece is (at least 1). What is unconsumed moves to another
// address with each piece, as it does when buffers grow.
template <typename PieceBytes>
ParsedStream ParseInPieces(std::string_view bytes, const RequestLimits& limits, PieceBytes piece_bytes) {
  ParsedStream stream;
  RequestParser parser;
  std::string pending;
  std::vector<std::string_view> args;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes());
    bytes.remove_prefix(piece.size());
    std::string moved = pending + std::string(piece);
    pending.swap(moved);
    size_t consumed = 0;
    while (consumed < pending.size()) {
      size_t taken = 0;
      // What was there of earlier requests stays.
      static constexpr std::string_view kEarlier = "earlier";
      args.assign(1, kEarlier);
      const ParseStatus status = parser.Parse(std::string_view(pending).substr(consumed), limits, args, &taken);
      CHECK(args[0].data() == kEarlier.data() && (status == ParseStatus::kComplete || args.size() == 1));
      if (status == ParseStatus::kIncomplete) break;
      if (status == ParseStatus::kError) {
        stream.error = parser.error();
        CHECK(!stream.error.empty());
        return stream;
      }
      CHECK(taken > 0 && taken <= pending.size() - consumed);
      consumed += taken;
      if (args.size() > 1) stream.requests.emplace_back(args.begin() + 1, args.end());
    }
    pending.erase(0, consumed);
  }
  stream.unconsumed = pending.size();
  return stream;
}

inline ParsedStream ParseAtOnce(std::string_view bytes, const RequestLimits& limits = {}) {
  return ParseInPieces(bytes, limits, [] { return std::string_view::npos; });
}

}  // namespace kvorum
