// Any bytes as a path, a regular expression and a JSON text, a line each: an error, or what must hold: a text that was written reads back
// the same, so do its bytes for snapshots; what a path finds lies in the value, and can be removed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/check.h"
#include "json/codec.h"
#include "json/path.h"
#include "json/regex.h"
#include "json/text.h"

namespace {

using namespace kvorum;

std::string_view TakeLine(std::string_view* rest) {
  const size_t end = std::min(rest->find('\n'), rest->size());
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return line;
}

void CheckCodec(const JsonValue& value, const std::string& text) {
  Buffer bytes;
  JsonEncoder encoder;
  encoder.Begin(value);
  std::string_view name;
  std::string_view more;
  while (encoder.Next(&bytes, &name, &more)) {
    bytes.Append(name);
    bytes.Append(more);
  }
  JsonDecoder decoder;
  std::string_view rest = bytes.view();
  CHECK(decoder.Feed(&rest) && rest.empty() && decoder.done());
  std::string again;
  WriteJson(decoder.Take(), &again);
  CHECK(again == text);
}

void FeedDecoder(std::string_view bytes) {
  JsonDecoder decoder;
  if (!decoder.Feed(&bytes) || !decoder.done()) return;
  const JsonValue value = decoder.Take();
  value.Validate();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  FeedDecoder(rest);
  const std::string_view path_text = TakeLine(&rest);
  const std::string_view regex_text = TakeLine(&rest);
  if (const auto regex = Regex::Compile(regex_text); regex != nullptr) (void)regex->Search(rest);
  JsonPath path;
  std::string error;
  const bool has_path = JsonPath::Parse(path_text, &path, &error);
  CHECK(has_path == error.empty());
  JsonValue value;
  if (!ParseJson(rest, &value, &error)) return 0;
  value.Validate();
  std::string text;
  WriteJson(value, &text);
  JsonValue again;
  CHECK(ParseJson(text, &again, &error));
  CHECK(again.Equals(value));
  const JsonValue copy = value.Clone();
  std::string copied;
  WriteJson(copy, &copied);
  CHECK(copied == text && value.Blocks(SIZE_MAX / 4) == copy.Blocks(SIZE_MAX / 4));
  CheckCodec(value, text);
  if (!has_path) return 0;
  std::vector<JsonMatch> matches;
  if (!path.Find(value, &matches)) return 0;
  CHECK(path.First(value) == (matches.empty() ? nullptr : matches[0].value));
  if (matches.size() != 1 || matches[0].parent == nullptr) return 0;
  matches[0].value->MarkRemoved();
  matches[0].parent->DropRemoved();
  value.Validate();
  return 0;
}
