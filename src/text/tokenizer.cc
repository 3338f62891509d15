#include "text/tokenizer.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "text/unicode.h"

namespace kvorum {
namespace {

// Where ICU's dictionary ends words in a run without separators.
void SegmentRun(std::string_view run, std::vector<size_t>* ends) {
  UErrorCode status = U_ZERO_ERROR;
  UText* text = utext_openUTF8(nullptr, run.data(), static_cast<int64_t>(run.size()), &status);
  UBreakIterator* breaks = ubrk_open(UBRK_WORD, "zh", nullptr, 0, &status);
  ubrk_setUText(breaks, text, &status);
  if (U_SUCCESS(status)) {
    ubrk_first(breaks);
    for (int32_t end = ubrk_next(breaks); end != UBRK_DONE; end = ubrk_next(breaks)) {
      ends->push_back(static_cast<size_t>(end));
    }
  }
  ubrk_close(breaks);
  utext_close(text);
  if (ends->empty() || ends->back() != run.size()) ends->push_back(run.size());
}

}  // namespace

Tokenizer::Tokenizer(std::string_view text, Language language)
    : text_(text), by_dictionary_(language == Language::kChinese) {}

bool Tokenizer::NextSegment(Token* token) {
  const size_t end = ends_[next_end_++];
  word_.clear();
  for (size_t offset = segment_begin_; offset < end;) {
    const char32_t point = FoldCase(TakeCodePoint(text_, &offset));
    if (word_.size() < kMaxTokenBytes) AppendCodePoint(word_, point);
  }
  *token = {word_, position_++, segment_begin_, end};
  segment_begin_ = end;
  return true;
}

bool Tokenizer::Next(Token* token) {
  if (next_end_ < ends_.size()) return NextSegment(token);
  word_.clear();
  size_t begin = offset_;
  bool in_word = false;
  bool escaped_any = false;
  while (offset_ < text_.size()) {
    const size_t start = offset_;
    char32_t point = TakeCodePoint(text_, &offset_);
    if (IsSeparator(point)) {
      bool escaped = false;
      if (point == '\\' && offset_ < text_.size()) {
        size_t after = offset_;
        const char32_t next = TakeCodePoint(text_, &after);
        if (IsSeparator(next) && next != kStemMark) {
          escaped = true;
          point = next;
          offset_ = after;
        }
      }
      if (!escaped) {
        if (!in_word) continue;
        offset_ = start;
        break;
      }
      escaped_any = true;
    }
    if (!in_word) begin = start;
    in_word = true;
    if (word_.size() < kMaxTokenBytes) AppendCodePoint(word_, FoldCase(point));
  }
  if (!in_word) return false;
  if (by_dictionary_ && !escaped_any) {
    ends_.clear();
    SegmentRun(text_.substr(begin, offset_ - begin), &ends_);
    for (size_t& end : ends_) end += begin;
    next_end_ = 0;
    segment_begin_ = begin;
    return NextSegment(token);
  }
  *token = {word_, position_++, begin, offset_};
  return true;
}

}  // namespace kvorum
