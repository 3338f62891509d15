// Frames: units as bytes, between the process that reads documents and the one that wants them.
//
//   frame    u32 length of what follows, then a byte for its kind:
//   'U'      a unit: u8 kind, u32 number, string document title, u32 count and so many strings: headings, string text
//   'E'      string: the document could not be read, or not to its end, and why
//   'F'      nothing: the document has been read to its end
//   string   u32 length, bytes
//
// Numbers are little-endian. Who decodes trusts nothing: a reader that was broken by a document may send anything.
//
// Threads: no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "documents/unit.h"

namespace kvorum {

// kPassingError: DocumentError::is_passing().
enum class FrameKind : uint8_t { kUnit = 'U', kError = 'E', kPassingError = 'P', kFinished = 'F' };

struct Frame {
  FrameKind kind = FrameKind::kFinished;
  Unit unit;
  DocumentError error;
};

// With its length in front.
std::string EncodeUnit(const Unit& unit);
std::string EncodeError(const DocumentError& error);
std::string EncodeFinished();

// Without its length. False: no frame.
[[nodiscard]] bool DecodeFrame(std::string_view bytes, Frame* frame);

}  // namespace kvorum
