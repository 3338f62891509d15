// Frames from any bytes: decoding never reads beyond them, and what was decoded as a unit is encoded to the same bytes.
#include <cstdlib>

#include "base/check.h"
#include "documents/frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Frame frame;
  if (!DecodeFrame(bytes, &frame)) return 0;
  if (frame.kind == FrameKind::kUnit) CHECK(EncodeUnit(frame.unit).substr(4) == bytes);
  if (frame.kind == FrameKind::kError || frame.kind == FrameKind::kPassingError)
    CHECK(EncodeError(frame.error).substr(4) == bytes);
  return 0;
}
