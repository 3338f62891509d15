#include "retrieval/sentences.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/check.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

// Behind these a full stop ends no sentence; lower case, ascending.
constexpr std::string_view kAbbreviations[] = {
    "al",  "approx", "c",    "ca",  "capt", "cf",  "col", "dr", "e.g", "ed",  "eq",  "etc", "fig",
    "gen", "gov",    "hon",  "i.e", "inc",  "jr",  "lt",  "mr", "mrs", "ms",  "mt",  "no",  "op",
    "p",   "pp",     "prof", "rev", "sec",  "sen", "sgt", "sr", "st",  "u.s", "vol", "vs"};

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

// Whether a sentence that ends like this goes on: "by Dr.", "of J. S."
bool EndsInAbbreviation(std::string_view sentence) {
  if (!sentence.ends_with('.')) return false;
  sentence.remove_suffix(1);
  size_t begin = sentence.size();
  while (begin > 0 && !IsBlank(sentence[begin - 1]) && sentence[begin - 1] != '(') --begin;
  const std::string_view word = sentence.substr(begin);
  if (word.size() == 1 && IsUpper(word[0])) return true;
  return std::binary_search(std::begin(kAbbreviations), std::end(kAbbreviations), FoldCase(word));
}

TextSpan Trim(std::string_view text, TextSpan span) {
  while (span.begin < span.end && IsBlank(text[span.begin])) ++span.begin;
  while (span.begin < span.end && IsBlank(text[span.end - 1])) --span.end;
  return span;
}

// A line break that is no end of a paragraph, as a space: the same number of bytes.
std::string JoinLines(std::string_view text) {
  std::string joined(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\r') continue;
    size_t end = i;
    size_t breaks = 0;
    for (; end < text.size() && IsBlank(text[end]); ++end) breaks += text[end] == '\n';
    if (breaks <= 1)
      std::fill(joined.begin() + static_cast<ptrdiff_t>(i), joined.begin() + static_cast<ptrdiff_t>(end), ' ');
    i = std::max(i, end - 1);
  }
  return joined;
}

struct CloseBreaks {
  void operator()(UBreakIterator* breaks) const { ubrk_close(breaks); }
};

UBreakIterator* ThreadsBreaks() {
  thread_local const std::unique_ptr<UBreakIterator, CloseBreaks> breaks = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UBreakIterator, CloseBreaks> opened(ubrk_open(UBRK_SENTENCE, "en", nullptr, 0, &status));
    CHECK(U_SUCCESS(status));
    return opened;
  }();
  return breaks.get();
}

}  // namespace

std::vector<TextSpan> SplitSentences(std::string_view text) {
  const std::string joined = JoinLines(text);
  UErrorCode status = U_ZERO_ERROR;
  UText* utext = utext_openUTF8(nullptr, joined.data(), static_cast<int64_t>(joined.size()), &status);
  UBreakIterator* breaks = ThreadsBreaks();
  ubrk_setUText(breaks, utext, &status);
  CHECK(U_SUCCESS(status));
  std::vector<TextSpan> sentences;
  bool goes_on = false;
  size_t begin = 0;
  for (int32_t next = (ubrk_first(breaks), ubrk_next(breaks)); next != UBRK_DONE; next = ubrk_next(breaks)) {
    const auto end = static_cast<size_t>(next);
    const TextSpan span = Trim(joined, {begin, end});
    const bool paragraph_ends = joined.substr(begin, end - begin).find('\n') != std::string::npos;
    begin = end;
    if (span.begin < span.end) {
      if (goes_on) {
        sentences.back().end = span.end;
      } else {
        sentences.push_back(span);
      }
      goes_on = EndsInAbbreviation(std::string_view(joined).substr(span.begin, span.end - span.begin));
    }
    if (paragraph_ends) goes_on = false;
  }
  utext_close(utext);
  return sentences;
}

}  // namespace kvorum
