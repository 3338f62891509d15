// Any bytes as a plain text: units that keep their promises; and of what is UTF-8, every character that is no space, in its order.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"
#include "text/unicode.h"

namespace {

using namespace kvorum;

// The reader is told UTF-8 by the bytes' form, and not by what they stand for.
bool IsPlainUtf8(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    if (TakeCodePoint(text, &offset) >= kRawByte) return false;
  }
  return text.find('\0') == text.npos && !text.starts_with("\xEF\xBB\xBF");
}

std::string WithoutSpace(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryFile file;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string& path = file.Fill(bytes);
  std::string all;
  for (const Unit& unit : CheckedUnits([&path](const UnitSink& sink) { return ReadText(path, sink); }))
    all += unit.text;
  if (IsPlainUtf8(bytes)) CHECK(WithoutSpace(all) == WithoutSpace(bytes));
  return 0;
}
