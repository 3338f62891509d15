#include "documents/chunker.h"

#include <gtest/gtest.h>

#include <random>

#include "documents/test_chunks.h"

namespace kvorum {
namespace {

std::vector<std::string> Texts(std::string_view text, const ChunkOptions& options) {
  std::vector<std::string> texts;
  for (const Chunk& chunk : ChunkText(text, options))
    texts.emplace_back(text.substr(chunk.begin, chunk.end - chunk.begin));
  return texts;
}

using Strings = std::vector<std::string>;

TEST(Chunker, OptionsThatAreNone) {
  EXPECT_EQ(CheckChunkOptions({}), "");
  EXPECT_NE(CheckChunkOptions({ChunkBy::kTokens, 0, 0}), "");
  EXPECT_NE(CheckChunkOptions({ChunkBy::kTokens, 100, 100}).find("not below"), std::string::npos);
  EXPECT_EQ(CheckChunkOptions({ChunkBy::kTokens, 100, 99}), "");
  EXPECT_EQ(ChunkOptionsText({ChunkBy::kTokens, 100, 99}), "tokens:100:99");
}

TEST(Chunker, Characters) {
  EXPECT_EQ(Texts("abcdefgh", {ChunkBy::kCharacters, 4, 1}), (Strings{"abcd", "defg", "gh"}));
  EXPECT_EQ(Texts("abcdefgh", {ChunkBy::kCharacters, 4, 0}), (Strings{"abcd", "efgh"}));
  EXPECT_EQ(Texts("äöü€😀x", {ChunkBy::kCharacters, 2, 1}), (Strings{"äö", "öü", "ü€", "€😀", "😀x"}));
  EXPECT_EQ(Texts("", {ChunkBy::kCharacters, 4, 0}), Strings{});
  EXPECT_EQ(Texts(" \n ", {ChunkBy::kCharacters, 4, 0}), Strings{});
}

TEST(Chunker, Tokens) {
  EXPECT_EQ(Texts("One, two - three. Four", {ChunkBy::kTokens, 2, 1}),
            (Strings{"One, two -", "two - three.", "three. Four"}));
  EXPECT_EQ(Texts("(a) b", {ChunkBy::kTokens, 9, 1}), (Strings{"(a) b"}));
  EXPECT_EQ(Texts("...", {ChunkBy::kTokens, 9, 1}), (Strings{"..."}));
}

TEST(Chunker, ParagraphsThenSentencesThenWords) {
  const ChunkOptions options{ChunkBy::kStructure, 40, 0};
  EXPECT_EQ(Texts("First paragraph here.\n\nSecond one.\n\nThe third paragraph is not that short.", options),
            (Strings{"First paragraph here.\n\nSecond one.", "The third paragraph is not that short."}));
  EXPECT_EQ(Texts("A sentence of some words. Another sentence of words. And one.", options),
            (Strings{"A sentence of some words.", "Another sentence of words. And one."}));
  EXPECT_EQ(Texts("one two three four five six seven eight nine ten eleven", options),
            (Strings{"one two three four five six seven eight", "nine ten eleven"}));
  EXPECT_EQ(Texts(std::string(90, 'x'), options),
            (Strings{std::string(40, 'x'), std::string(40, 'x'), std::string(10, 'x')}));
}

TEST(Chunker, RepeatsWholeSentences) {
  const Strings chunks = Texts("Aa bb cc dd. Ee ff gg. Hh ii jj kk. Ll mm.", {ChunkBy::kStructure, 25, 12});
  ASSERT_GE(chunks.size(), 2u);
  EXPECT_EQ(chunks[0], "Aa bb cc dd. Ee ff gg.");
  EXPECT_EQ(chunks[1], "Ee ff gg. Hh ii jj kk.");
}

// Any text, any options: what the header promises.
TEST(Chunker, KeepsItsPromises) {
  const unsigned seed = std::random_device()();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {"word", " ", " ",  "\n",    "\n\n", ". ",       "Über", "中文。", "😀",
                                     "\t",   "a", "? ", "x\\-y", "\xC3", "\xF0\x9F", "\r\n", "e\u0301"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned count = random() % 120; count > 0; --count) text += pieces[random() % std::size(pieces)];
    ChunkOptions options;
    options.by = static_cast<ChunkBy>(random() % 3);
    options.size = 1 + random() % 60;
    options.overlap = random() % options.size;
    const std::string breach = ChunkBreach(text, options, ChunkText(text, options));
    ASSERT_EQ(breach, "") << ChunkOptionsText(options) << " of: " << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace kvorum
