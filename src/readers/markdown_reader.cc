// Markdown: headings (both kinds) part it into sections; marks of emphasis and the addresses of links are dropped, and what is
// within fences stays as it is. Front matter gives the title.
#include <algorithm>

#include "documents/limits.h"
#include "documents/text_stream.h"
#include "documents/unit_builder.h"
#include "readers/markdown.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

// 1 to 6 for "# text"; 0: no heading.
int HeadingLevel(std::string_view line) {
  size_t level = 0;
  while (level < line.size() && line[level] == '#') ++level;
  return level >= 1 && level <= 6 && (level == line.size() || line[level] == ' ' || line[level] == '\t')
             ? static_cast<int>(level)
             : 0;
}

bool IsRunOf(std::string_view line, char c) {
  return !line.empty() && std::all_of(line.begin(), line.end(), [c](char x) { return x == c; });
}

// What ends a fence: its characters, at least as many.
std::string_view FenceOf(std::string_view line) {
  for (char c : {'`', '~'}) {
    size_t count = 0;
    while (count < line.size() && line[count] == c) ++count;
    if (count >= 3) return line.substr(0, count);
  }
  return {};
}

class MarkdownReader {
 public:
  explicit MarkdownReader(const UnitSink& sink) : units_(sink) {}

  DocumentError Read(TextStream& stream) {
    std::string_view line;
    while (!units_.is_stopped() && stream.NextLine(&line)) {
      TakeLine(line);
      is_first_ = false;
    }
    EndParagraph();
    units_.Flush();
    if (stream.error()) return stream.error();
    if (units_.error()) return units_.error();
    return units_.has_text() || units_.is_stopped() ? DocumentError() : DocumentError("holds no text");
  }

 private:
  void TakeLine(std::string_view line) {
    const std::string_view trimmed = TrimSpace(line);
    if (in_front_matter_) {
      TakeFrontMatter(trimmed);
    } else if (is_first_ && trimmed == "---") {
      in_front_matter_ = true;
    } else if (!fence_.empty()) {
      if (trimmed.starts_with(fence_) && IsRunOf(trimmed, fence_[0])) {
        fence_.clear();
        EndParagraph();
      } else {
        AddLine(line, false);
      }
    } else if (!FenceOf(trimmed).empty()) {
      EndParagraph();
      fence_ = FenceOf(trimmed);
    } else {
      TakeTextLine(line, trimmed);
    }
  }

  void TakeFrontMatter(std::string_view trimmed) {
    if (trimmed == "---" || trimmed == "...") in_front_matter_ = false;
    if (trimmed.starts_with("title:")) {
      std::string_view title = TrimSpace(trimmed.substr(6));
      if (title.size() >= 2 && title.front() == title.back() && (title.front() == '"' || title.front() == '\'')) {
        title = title.substr(1, title.size() - 2);
      }
      units_.SetDocumentTitle(title);
    }
  }

  void TakeTextLine(std::string_view line, std::string_view trimmed) {
    if (trimmed.empty()) {
      EndParagraph();
    } else if (int level = HeadingLevel(trimmed)) {
      EndParagraph();
      trimmed.remove_prefix(static_cast<size_t>(level));
      while (trimmed.ends_with('#')) trimmed.remove_suffix(1);
      Heading(level, trimmed);
    } else if (lines_ == 1 && (IsRunOf(trimmed, '=') || IsRunOf(trimmed, '-'))) {
      const std::string text = std::move(paragraph_);
      paragraph_.clear();
      lines_ = 0;
      Heading(trimmed[0] == '=' ? 1 : 2, text);
    } else if (trimmed.size() >= 3 && (IsRunOf(trimmed, '-') || IsRunOf(trimmed, '*') || IsRunOf(trimmed, '_'))) {
      EndParagraph();  // a rule
    } else {
      AddLine(line, true);
    }
  }

  void Heading(int level, std::string_view text) {
    const std::string plain = PlainMarkdown(text);
    if (level == 1 && units_.document_title().empty()) units_.SetDocumentTitle(plain);
    units_.Heading(level, plain);
  }

  void AddLine(std::string_view line, bool has_marks) {
    if (!paragraph_.empty()) paragraph_ += '\n';
    if (has_marks) {
      paragraph_ += PlainMarkdown(line);
    } else {
      paragraph_ += line;
    }
    ++lines_;
    if (paragraph_.size() > kMaxUnitBytes / 2) EndParagraph();
  }

  void EndParagraph() {
    units_.Paragraph(paragraph_);
    paragraph_.clear();
    lines_ = 0;
  }

  UnitBuilder units_;
  std::string paragraph_;
  size_t lines_ = 0;  // of the paragraph
  std::string fence_;
  bool is_first_ = true;
  bool in_front_matter_ = false;
};

}  // namespace

DocumentError ReadMarkdown(const std::string& path, const UnitSink& sink) {
  TextStream stream;
  if (DocumentError error = stream.Open(path)) return error;
  return MarkdownReader(sink).Read(stream);
}

std::string PlainMarkdown(std::string_view line) {
  std::string out;
  // Where the next "](" is, looked for once: a line of brackets would otherwise take their number squared.
  size_t middle = 0;
  size_t close = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size() && std::string_view("\\`*_{}[]()#+-.!|>").find(line[i + 1]) != line.npos) {
      out += line[++i];
    } else if ((c == '*' || c == '_') && i + 1 < line.size() && line[i + 1] == c) {
      ++i;  // strong
    } else if (c == '`') {
      const size_t end = line.find('`', i + 1);
      if (end == line.npos) {
        out += c;
        continue;
      }
      out += line.substr(i + 1, end - i - 1);
      i = end;
    } else if (c == '*' && i + 1 < line.size() && line[i + 1] != ' ' && line.find('*', i + 1) != line.npos) {
      // emphasis begins
    } else if (c == '*' && i > 0 && line[i - 1] != ' ') {
      // and ends
    } else if (c == '[' || (c == '!' && i + 1 < line.size() && line[i + 1] == '[')) {
      const size_t open = c == '!' ? i + 1 : i;
      if (middle != line.npos && middle <= open) middle = line.find("](", open);
      if (middle != line.npos && close != line.npos && close <= middle) close = line.find(')', middle);
      if (middle == line.npos || close == line.npos) {
        out += c;
        continue;
      }
      out += line.substr(open + 1, middle - open - 1);
      i = close;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace kvorum
