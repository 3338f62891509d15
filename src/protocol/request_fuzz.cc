// Any bytes, cut at any places, must parse as they do in one piece. The first bytes choose limits and the sizes of the pieces.
#include <cstddef>
#include <cstdint>

#include "protocol/request_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  constexpr size_t kChoices = 8;
  if (size < kChoices + 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + kChoices, size - kChoices);
  RequestLimits limits;
  limits.inline_bytes = data[0] & 2 ? 32 : 64 << 10;
  if (data[0] & 1) {
    limits.authenticated = false;
    limits.bulks = kStrangerBulks;
    limits.bulk_bytes = kStrangerBulkBytes;
  }
  size_t turn = 0;
  const ParsedStream pieces = ParseInPieces(bytes, limits, [data, &turn]() -> size_t {
    const size_t choice = data[1 + turn++ % (kChoices - 1)];
    return choice % 17 + 1;
  });
  // Limits on lines without an end are checked when bytes come, so pieces can meet them where the whole does not.
  const ParsedStream whole = ParseAtOnce(bytes, limits);
  if (pieces.error.starts_with("too big") || whole.error.starts_with("too big")) return 0;
  CHECK(pieces == whole);
  return 0;
}
