// Markdown: headings (both kinds) part it into sections; marks of emphasis, comments and the addresses of links are dropped, and what is
// within fences stays as it is. Front matter gives the title.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

// "Title ##" without the end; that of "C#" is part of it.
std::string_view WithoutClosing(std::string_view heading) {
  const size_t end = heading.find_last_not_of('#');
  if (end == std::string_view::npos) return {};
  return heading[end] == ' ' || heading[end] == '\t' ? heading.substr(0, end) : heading;
}

// "key: value", or what may follow such a line: a list, or more of the value, further in.
bool IsFrontMatter(std::string_view line, bool is_first) {
  if (!is_first && (line.empty() || line[0] == ' ' || line[0] == '\t' || line.starts_with("- "))) return true;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (colon + 1 < line.size() && line[colon + 1] != ' ') return false;
  return std::all_of(line.begin(), line.begin() + static_cast<ptrdiff_t>(colon), [](char c) {
    return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// "[label]: address", with a title perhaps: where links of that label lead. Notes ("[^1]: text") are text.
bool IsLinkAddress(std::string_view line) {
  if (!line.starts_with('[') || line.starts_with("[^")) return false;
  const size_t end = line.find(']');
  if (end == std::string_view::npos || end + 1 >= line.size() || line[end + 1] != ':') return false;
  const std::string_view rest = TrimSpace(line.substr(end + 2));
  const size_t space = rest.find_first_of(" \t");
  if (rest.substr(0, space).find_first_of("/.#:") == std::string_view::npos) return false;
  if (space == std::string_view::npos) return true;
  const char next = TrimSpace(rest.substr(space)).front();
  return next == '"' || next == '\'' || next == '(';
}

// "|---|:-:|": between the head of a table and its rows.
bool IsTableRule(std::string_view line) {
  return line.find('|') != line.npos && line.find('-') != line.npos && line.find_first_not_of("|-: \t") == line.npos;
}

constexpr std::string_view kCommentBegin = "<!--";
constexpr std::string_view kCommentEnd = "-->";

// What is longer is no front matter, and no comment.
constexpr size_t kMostFrontMatterLines = 200;
constexpr size_t kMostCommentLines = 1000;

class MarkdownReader {
 public:
  explicit MarkdownReader(const UnitSink& sink) : units_(sink) {}

  DocumentError Read(TextStream& stream) {
    std::string_view line;
    while (!units_.is_stopped() && stream.NextLine(&line)) {
      TakeLine(line);
      is_first_ = false;
    }
    EndFrontMatter();
    EndComment();
    EndParagraph();
    units_.End();
    if (stream.error()) return stream.error();
    if (units_.error()) return units_.error();
    return units_.has_text() || units_.is_stopped() ? DocumentError() : DocumentError("holds no text");
  }

 private:
  void TakeLine(std::string_view line) {
    const std::string_view trimmed = TrimSpace(line);
    if (in_front_matter_) {
      TakeFrontMatter(line, trimmed);
    } else if (!comment_.empty()) {
      TakeComment(line);
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
    } else if (trimmed.starts_with(kCommentBegin) && !keeps_comments_) {
      TakeComment(line);
    } else {
      TakeTextLine(line, trimmed);
    }
  }

  void TakeFrontMatter(std::string_view line, std::string_view trimmed) {
    if (trimmed == "---" || trimmed == "...") {
      for (const std::string& entry : front_matter_) TakeTitle(TrimSpace(entry));
      in_front_matter_ = false;
      front_matter_.clear();
      return;
    }
    const bool is_first = front_matter_.empty();
    front_matter_.emplace_back(line);
    if (!IsFrontMatter(line, is_first) || front_matter_.size() > kMostFrontMatterLines) EndFrontMatter();
  }

  // It was none: the first line was a rule, and the others are text.
  void EndFrontMatter() {
    in_front_matter_ = is_first_ = false;
    for (const std::string& line : std::exchange(front_matter_, {})) TakeLine(line);
  }

  void TakeComment(std::string_view line) {
    const size_t from = comment_.empty() ? line.find(kCommentBegin) + kCommentBegin.size() : 0;
    const size_t end = line.find(kCommentEnd, from);
    if (end != line.npos) {
      EndParagraph();
      comment_.clear();
      const std::string_view rest = line.substr(end + kCommentEnd.size());
      if (!TrimSpace(rest).empty()) TakeTextLine(rest, TrimSpace(rest));
      return;
    }
    comment_.emplace_back(line);
    if (comment_.size() > kMostCommentLines) EndComment();
  }

  // It never ends: text like any, and what follows is not looked at for more of them.
  void EndComment() {
    if (comment_.empty()) return;
    keeps_comments_ = true;
    for (const std::string& line : std::exchange(comment_, {})) TakeLine(line);
  }

  void TakeTitle(std::string_view entry) {
    if (!entry.starts_with("title:")) return;
    std::string_view title = TrimSpace(entry.substr(6));
    if (title.size() >= 2 && title.front() == title.back() && (title.front() == '"' || title.front() == '\'')) {
      title = title.substr(1, title.size() - 2);
    }
    units_.SetDocumentTitle(title);
  }

  void TakeTextLine(std::string_view line, std::string_view trimmed) {
    if (trimmed.empty()) {
      EndParagraph();
    } else if (int level = HeadingLevel(trimmed)) {
      EndParagraph();
      trimmed.remove_prefix(static_cast<size_t>(level));
      Heading(level, WithoutClosing(trimmed));
    } else if (lines_ == 1 && (IsRunOf(trimmed, '=') || IsRunOf(trimmed, '-'))) {
      const std::string text = std::move(paragraph_);
      paragraph_.clear();
      lines_ = 0;
      Heading(trimmed[0] == '=' ? 1 : 2, text);
    } else if (trimmed.size() >= 3 && (IsRunOf(trimmed, '-') || IsRunOf(trimmed, '*') || IsRunOf(trimmed, '_'))) {
      EndParagraph();  // a rule
    } else if (IsTableRule(trimmed) || (lines_ == 0 && IsLinkAddress(trimmed))) {
      // nothing to read
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
  std::vector<std::string> front_matter_;  // as long as it may be some
  std::vector<std::string> comment_;       // likewise
  bool keeps_comments_ = false;
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
