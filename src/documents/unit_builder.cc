#include "documents/unit_builder.h"

#include <algorithm>
#include <utility>

#include "documents/limits.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

constexpr size_t kMostContinuationBytes = 3;  // of a character in UTF-8

// The longest part, at most `limit` bytes, that ends where a character does; what is none may end anywhere.
size_t CutBefore(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  for (size_t back = 0; back <= std::min(limit, kMostContinuationBytes); ++back) {
    if ((static_cast<uint8_t>(text[limit - back]) & 0xC0) != 0x80) return limit - back;
  }
  return limit;
}

// Valid UTF-8, whatever came: dictionaries of old and broken files hold all kinds of bytes.
std::string ValidUtf8(std::string text) {
  bool is_valid = true;
  for (size_t offset = 0; offset < text.size() && is_valid;) is_valid = TakeCodePoint(text, &offset) < kRawByte;
  if (is_valid) return text;
  std::string out;
  for (size_t offset = 0; offset < text.size();) {
    const char32_t point = TakeCodePoint(text, &offset);
    AppendCodePoint(out, point < kRawByte ? point : 0xFFFD);
  }
  return out;
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (char c : TrimSpace(text)) {
    if (!IsBlank(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

void UnitBuilder::SetDocumentTitle(std::string_view title) {
  const std::string line = OneLine(title);
  document_title_ = ValidUtf8(line.substr(0, CutBefore(line, kMaxTitleBytes)));
}

void UnitBuilder::Begin(UnitKind kind, uint32_t number) {
  End();
  kind_ = kind;
  number_ = number ? number : next_number_;
  next_number_ = number_ + 1;
  headings_.clear();
}

void UnitBuilder::Heading(int level, std::string_view text) {
  const std::string whole = OneLine(text);
  std::string line = ValidUtf8(whole.substr(0, CutBefore(whole, kMaxTitleBytes)));
  if (line.empty()) return;
  Flush();
  // A deeper one says what stands above it.
  if (!headings_.empty() && headings_.back().level >= level) KeepBareHeading();
  if (kind_ == UnitKind::kText || kind_ == UnitKind::kSection) {
    kind_ = UnitKind::kSection;
    number_ = next_number_++;
  }
  while (!headings_.empty() && headings_.back().level >= level) headings_.pop_back();
  if (headings_.size() < kMaxHeadings) headings_.push_back({level, std::move(line)});
  if (whole.size() > kMaxTitleBytes) Paragraph(whole);
}

void UnitBuilder::Append(std::string_view text, std::string_view separator) {
  text = TrimSpace(text);
  while (!text.empty() && !is_stopped_) {
    if (!text_.empty() && text_.size() + separator.size() + text.size() > kMaxUnitBytes) Flush();
    const size_t take = CutBefore(text, kMaxUnitBytes);
    if (!text_.empty()) text_ += separator;
    text_ += text.substr(0, take);
    text = text.substr(take);
  }
}

void UnitBuilder::KeepBareHeading() {
  if (!headings_.empty() && headings_.back().is_bare) Hand(headings_.back().text);
}

void UnitBuilder::End() {
  Flush();
  KeepBareHeading();
}

void UnitBuilder::Flush() {
  if (!text_.empty()) Hand(std::exchange(text_, {}));
}

void UnitBuilder::Hand(std::string text) {
  if (is_stopped_) return;
  total_bytes_ += text.size();
  if (total_bytes_ > kMaxDocumentTextBytes) {
    error_ = DocumentError("has more text than " + std::to_string(kMaxDocumentTextBytes >> 30) + " GiB");
    is_stopped_ = true;
    return;
  }
  Unit unit;
  unit.kind = kind_;
  unit.number = number_;
  unit.document_title = document_title_;
  for (HeadingAt& heading : headings_) {
    unit.headings.push_back(heading.text);
    heading.is_bare = false;
  }
  unit.text = ValidUtf8(std::move(text));
  if (next_number_ <= number_) next_number_ = number_ + 1;
  if (!sink_(std::move(unit))) is_stopped_ = true;
}

}  // namespace kvorum
