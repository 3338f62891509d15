#include "search/query_scanner.h"

#include "text/tokenizer.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

// ASCII separators that the grammar uses; the others only part words.
constexpr std::string_view kMeaningful = "()|-~@*%\"$[]{}=:\\";

}  // namespace

void QueryScanner::SkipSpaces() {
  while (!done()) {
    size_t next = offset_;
    if (!IsSpace(TakeCodePoint(text_, &next))) return;
    offset_ = next;
  }
}

void QueryScanner::SkipIgnored() {
  while (!done()) {
    size_t next = offset_;
    const char32_t point = TakeCodePoint(text_, &next);
    if (!IsSeparator(point)) return;
    if (point < 0x80 && kMeaningful.find(static_cast<char>(point)) != std::string_view::npos) return;
    offset_ = next;
  }
}

bool QueryScanner::Take(std::string_view token) {
  SkipIgnored();
  if (!LooksAt(token)) return false;
  offset_ += token.size();
  return true;
}

std::string QueryScanner::TakeWord() {
  std::string word;
  while (!done()) {
    size_t next = offset_;
    char32_t point = TakeCodePoint(text_, &next);
    if (IsSeparator(point)) {
      if (point != '\\' || next >= text_.size()) break;
      point = TakeCodePoint(text_, &next);
      if (point == kStemMark) break;
    }
    offset_ = next;
    if (word.size() < kMaxTokenBytes) AppendCodePoint(word, FoldCase(point));
  }
  return word;
}

std::string QueryScanner::TakeName(Dots dots) {
  std::string name;
  while (!done()) {
    size_t next = offset_;
    char32_t point = TakeCodePoint(text_, &next);
    if (IsSeparator(point)) {
      const bool inner_dot = point == '.' && dots == Dots::kInside && !name.empty() && StartsWord(next);
      const bool escape = point == '\\' && next < text_.size();
      if (!inner_dot && !escape) break;
      if (escape) point = TakeCodePoint(text_, &next);
    }
    offset_ = next;
    AppendCodePoint(name, point);
  }
  return name;
}

bool QueryScanner::StartsWord(size_t offset) const {
  if (offset >= text_.size()) return false;
  const char32_t point = TakeCodePoint(text_, &offset);
  return !IsSeparator(point) || (point == '\\' && offset < text_.size());
}

std::string_view QueryScanner::TakeUntil(std::string_view ends) {
  const size_t begin = offset_;
  while (!done() && static_cast<uint8_t>(peek()) > ' ' && ends.find(peek()) == std::string_view::npos) ++offset_;
  return text_.substr(begin, offset_ - begin);
}

bool QueryScanner::TakeQuoted(char quote, bool unescape, std::string* content) {
  content->clear();
  ++offset_;
  while (!done()) {
    const char c = peek();
    if (c == quote) {
      ++offset_;
      return true;
    }
    if (c == '\\' && offset_ + 1 < text_.size()) {
      if (!unescape && peek(1) != quote) *content += c;
      *content += peek(1);
      offset_ += 2;
      continue;
    }
    *content += c;
    ++offset_;
  }
  return false;
}

std::string QueryScanner::Near() const {
  QueryScanner copy = *this;
  copy.SkipIgnored();
  std::string word = copy.TakeName();
  if (word.empty() && !copy.done()) word = copy.peek();
  return word.substr(0, 64);
}

}  // namespace kvorum
