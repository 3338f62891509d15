// Chunker: a text as pieces of some size that a search can find and a model can read.
//
// A chunk is a part of the text that begins and ends between characters; a piece of a character is in none. Chunks are in order, each
// begins and ends behind the one before, and what no chunk holds is white space.
//
//   kCharacters  windows of `size` characters, each beginning `overlap` characters before the last one ended
//   kTokens      the same in words, as the search cuts them; what stands between words goes with the word before
//   kStructure   whole paragraphs while they fit in `size` characters, else whole sentences (ICU), else words, else characters. A
//                chunk repeats the last sentences of the one before, as far as they are within `overlap` characters.
//
// Threads: no state. Complexity: O(bytes * size / (size - overlap)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

enum class ChunkBy : uint8_t { kCharacters, kTokens, kStructure };

struct ChunkOptions {
  ChunkBy by = ChunkBy::kStructure;
  size_t size = 1000;
  size_t overlap = 100;
};

// Empty if the options are good, else what is wrong with them.
std::string CheckChunkOptions(const ChunkOptions& options);
// "structure:1000:100", which names them for good.
std::string ChunkOptionsText(const ChunkOptions& options);

struct Chunk {
  size_t begin = 0;  // bytes
  size_t end = 0;
  size_t begin_character = 0;
  size_t end_character = 0;
};

// `options` are good.
std::vector<Chunk> ChunkText(std::string_view text, const ChunkOptions& options);

}  // namespace kvorum
