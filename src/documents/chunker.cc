#include "documents/chunker.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

// A stretch of text that is kept whole if it can be. Atoms are in order and cover the text.
struct Atom {
  size_t begin = 0;
  size_t end = 0;
  size_t begin_character = 0;
  size_t end_character = 0;
  bool begins_paragraph = false;

  size_t characters() const { return end_character - begin_character; }
};

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Without white space (ASCII's) at its ends. False: nothing is left.
bool Trim(std::string_view text, Chunk* chunk) {
  while (chunk->begin < chunk->end && IsBlank(text[chunk->begin])) {
    ++chunk->begin;
    ++chunk->begin_character;
  }
  while (chunk->end > chunk->begin && IsBlank(text[chunk->end - 1])) {
    --chunk->end;
    --chunk->end_character;
  }
  return chunk->begin < chunk->end;
}

void Add(std::string_view text, const Atom& first, const Atom& last, std::vector<Chunk>& chunks) {
  Chunk chunk{first.begin, last.end, first.begin_character, last.end_character};
  if (!Trim(text, &chunk)) return;
  // What is new in it may all have been white space.
  if (!chunks.empty() && (chunk.end <= chunks.back().end || chunk.begin <= chunks.back().begin)) {
    if (chunk.end <= chunks.back().end) return;
    chunks.back().end = chunk.end;
    chunks.back().end_character = chunk.end_character;
    return;
  }
  chunks.push_back(chunk);
}

// Windows of `size` atoms.
std::vector<Chunk> Windows(std::string_view text, const std::vector<Atom>& atoms, const ChunkOptions& options) {
  std::vector<Chunk> chunks;
  for (size_t begin = 0; begin < atoms.size(); begin += options.size - options.overlap) {
    const size_t end = std::min(begin + options.size, atoms.size());
    Add(text, atoms[begin], atoms[end - 1], chunks);
    if (end == atoms.size()) break;
  }
  return chunks;
}

std::vector<Atom> CharacterAtoms(std::string_view text) {
  std::vector<Atom> atoms;
  for (size_t offset = 0; offset < text.size();) {
    const size_t begin = offset;
    TakeCodePoint(text, &offset);
    atoms.push_back({begin, offset, atoms.size(), atoms.size() + 1});
  }
  return atoms;
}

// From each word's begin to the next one's. The first takes what is before it, too.
std::vector<Atom> TokenAtoms(std::string_view text) {
  std::vector<Atom> atoms;
  Tokenizer tokenizer(text);
  Token token;
  while (tokenizer.Next(&token)) {
    // The tokenizer drops backslashes within words, but where words are it tells exactly.
    if (!atoms.empty() && token.begin <= atoms.back().begin) continue;
    if (!atoms.empty()) atoms.back().end = token.begin;
    atoms.push_back({atoms.empty() ? 0 : token.begin, text.size()});
  }
  if (atoms.empty() && !text.empty()) atoms.push_back({0, text.size()});
  size_t character = 0;
  for (Atom& atom : atoms) {
    atom.begin_character = character;
    character += CountCodePoints(text.substr(atom.begin, atom.end - atom.begin));
    atom.end_character = character;
  }
  return atoms;
}

// Sentences, and what is longer than `size` characters in parts.
class SentenceCutter {
 public:
  SentenceCutter(std::string_view text, size_t size) : text_(text), size_(size) {
    UErrorCode status = U_ZERO_ERROR;
    sentences_.reset(icu::BreakIterator::createSentenceInstance(icu::Locale::getEnglish(), status));
    CHECK(U_SUCCESS(status));
  }

  std::vector<Atom> Cut() {
    for (size_t begin = 0; begin < text_.size();) {
      const size_t end = EndOfParagraph(begin);
      CutParagraph(begin, end);
      begin = end;
    }
    return std::move(atoms_);
  }

 private:
  // Behind the empty lines that end it.
  size_t EndOfParagraph(size_t begin) const {
    size_t at = begin;
    while ((at = text_.find('\n', at)) != std::string_view::npos) {
      size_t next = at + 1;
      size_t lines = 1;
      while (next < text_.size() && IsBlank(text_[next])) lines += text_[next++] == '\n';
      if (lines > 1) return next;
      at = next;
    }
    return text_.size();
  }

  void CutParagraph(size_t begin, size_t end) {
    const std::string_view paragraph = text_.substr(begin, end - begin);
    is_paragraph_ = true;
    UErrorCode status = U_ZERO_ERROR;
    UText* utext = utext_openUTF8(nullptr, paragraph.data(), static_cast<int64_t>(paragraph.size()), &status);
    CHECK(U_SUCCESS(status));
    sentences_->setText(utext, status);
    size_t from = 0;
    if (U_SUCCESS(status)) {
      sentences_->first();
      for (int32_t to = sentences_->next(); to != icu::BreakIterator::DONE; to = sentences_->next()) {
        const size_t cut = BetweenCharacters(paragraph, static_cast<size_t>(to));
        if (cut <= from) continue;
        CutSentence(begin + from, begin + cut);
        from = cut;
      }
    }
    if (from < paragraph.size()) CutSentence(begin + from, end);
    utext_close(utext);
  }

  // ICU counts some invalid bytes together that we count one by one; for valid text this changes nothing.
  static size_t BetweenCharacters(std::string_view text, size_t at) {
    size_t offset = at > 4 ? at - 4 : 0;
    while (offset > 0 && (static_cast<uint8_t>(text[offset]) & 0xC0) == 0x80 && at - offset < 8) --offset;
    while (offset < at) TakeCodePoint(text, &offset);
    return offset;
  }

  void CutSentence(size_t begin, size_t end) {
    while (begin < end) {
      size_t offset = begin;
      size_t count = 0;
      size_t word_end = begin;  // behind the last white space that is within
      size_t words_count = 0;
      while (offset < end && count < size_) {
        const char32_t point = TakeCodePoint(text_.substr(0, end), &offset);
        ++count;
        if (IsSpace(point)) {
          word_end = offset;
          words_count = count;
        }
      }
      // A cut between words, unless that would leave next to nothing.
      if (offset < end && words_count > size_ / 2) {
        offset = word_end;
        count = words_count;
      }
      atoms_.push_back({begin, offset, character_, character_ + count, is_paragraph_});
      is_paragraph_ = false;
      character_ += count;
      begin = offset;
    }
  }

  const std::string_view text_;
  const size_t size_;
  std::unique_ptr<icu::BreakIterator> sentences_;
  std::vector<Atom> atoms_;
  size_t character_ = 0;
  bool is_paragraph_ = false;
};

// The atom behind the last one of a chunk that begins with `begin`.
size_t EndOfChunk(const std::vector<Atom>& atoms, size_t begin, size_t size) {
  size_t end = begin;
  size_t paragraph = begin;  // where the last paragraph began that is behind `begin`
  const size_t first = atoms[begin].begin_character;
  while (end < atoms.size() && atoms[end].end_character - first <= size) {
    if (end > begin && atoms[end].begins_paragraph) paragraph = end;
    ++end;
  }
  if (end == atoms.size() || atoms[end].begins_paragraph) return end;
  // The last paragraph does not fit: it goes to the next chunk if this one is not small without it.
  if (paragraph > begin && atoms[paragraph].begin_character - first >= size / 2) return paragraph;
  return end;
}

std::vector<Chunk> Structured(std::string_view text, const ChunkOptions& options) {
  const std::vector<Atom> atoms = SentenceCutter(text, options.size).Cut();
  std::vector<Chunk> chunks;
  for (size_t begin = 0; begin < atoms.size();) {
    const size_t end = EndOfChunk(atoms, begin, options.size);
    Add(text, atoms[begin], atoms[end - 1], chunks);
    if (end == atoms.size()) break;
    // Back by whole atoms, but so that the chunk gets something new.
    size_t next = end;
    while (next - 1 > begin && atoms[end - 1].end_character - atoms[next - 1].begin_character <= options.overlap &&
           atoms[end].end_character - atoms[next - 1].begin_character <= options.size)
      --next;
    begin = next;
  }
  return chunks;
}

}  // namespace

std::string CheckChunkOptions(const ChunkOptions& options) {
  const char* unit = options.by == ChunkBy::kTokens ? " tokens" : " characters";
  if (options.size == 0) return "a chunk size of 0 makes no chunks";
  if (options.overlap >= options.size)
    return "an overlap of " + std::to_string(options.overlap) + unit + " is not below the chunk size of " +
           std::to_string(options.size) + ": every chunk would begin where the one before did";
  return {};
}

std::string ChunkOptionsText(const ChunkOptions& options) {
  const char* by = options.by == ChunkBy::kCharacters ? "characters"
                   : options.by == ChunkBy::kTokens   ? "tokens"
                                                      : "structure";
  return std::string(by) + ":" + std::to_string(options.size) + ":" + std::to_string(options.overlap);
}

std::vector<Chunk> ChunkText(std::string_view text, const ChunkOptions& options) {
  CHECK(options.overlap < options.size);
  switch (options.by) {
    case ChunkBy::kCharacters:
      return Windows(text, CharacterAtoms(text), options);
    case ChunkBy::kTokens:
      return Windows(text, TokenAtoms(text), options);
    case ChunkBy::kStructure:
      break;
  }
  return Structured(text, options);
}

}  // namespace kvorum
