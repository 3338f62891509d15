#include "documents/test_chunks.h"

#include <algorithm>

#include "text/unicode.h"

namespace kvorum {
namespace {

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

}  // namespace

std::string ChunkBreach(std::string_view text, const ChunkOptions& options, const std::vector<Chunk>& chunks) {
  std::vector<size_t> places;  // where characters begin
  for (size_t offset = 0; offset < text.size();) {
    places.push_back(offset);
    TakeCodePoint(text, &offset);
  }
  places.push_back(text.size());
  const size_t overlap = options.by == ChunkBy::kTokens ? text.size() : options.overlap;
  size_t covered = 0;
  const Chunk* before = nullptr;
  for (const Chunk& chunk : chunks) {
    const std::string at = " at byte " + std::to_string(chunk.begin);
    if (chunk.begin >= chunk.end || chunk.end > text.size()) return "an empty chunk, or one beyond the text" + at;
    if (chunk.end_character >= places.size() || places[chunk.begin_character] != chunk.begin ||
        places[chunk.end_character] != chunk.end)
      return "its characters are not its bytes" + at;
    if (before && (chunk.begin <= before->begin || chunk.end <= before->end)) return "not behind the one before" + at;
    if (chunk.begin > covered && !IsBlank(text.substr(covered, chunk.begin - covered)))
      return "text is left out before" + at;
    if (options.by != ChunkBy::kTokens && chunk.end_character - chunk.begin_character > options.size)
      return "too long" + at;
    if (before && before->end_character > chunk.begin_character + overlap) return "overlaps too much" + at;
    covered = chunk.end;
    before = &chunk;
  }
  return IsBlank(text.substr(covered)) ? "" : "text is left out at the end";
}

}  // namespace kvorum
