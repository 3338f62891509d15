// PDF, by poppler: a unit a page, in the order of reading.
#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "readers/file_bytes.h"
#include "readers/plain_letters.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

std::string Utf8(const poppler::ustring& text) {
  const poppler::byte_array bytes = text.to_utf8();
  return {bytes.begin(), bytes.end()};
}

bool IsLower(char c) { return (c >= 'a' && c <= 'z') || (static_cast<uint8_t>(c) & 0x80); }

// Words that were parted at the end of a line become one again, form feeds go.
std::string JoinHyphens(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-' && i > 0 && IsLower(text[i - 1]) && i + 2 < text.size() && text[i + 1] == '\n' &&
        IsLower(text[i + 2])) {
      ++i;
    } else if (text[i] != '\f' && text[i] != '\0') {
      out += text[i];
    }
  }
  return out;
}

// A PDF has lines and no paragraphs. One ends where a line is clearly shorter than the page's long ones and either closes a sentence or
// is followed by what does not go on with it (a heading, say).
std::string PartParagraphs(std::string_view text) {
  std::vector<std::string_view> lines;
  std::vector<size_t> lengths;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    lines.push_back(TrimSpace(rest.substr(0, end)));
    if (!lines.back().empty()) lengths.push_back(lines.back().size());
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  if (lengths.empty()) return {};
  const auto long_one = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() * 9 / 10);
  std::nth_element(lengths.begin(), long_one, lengths.end());
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    out += lines[i];
    out += '\n';
    if (lines[i].empty() || i + 1 == lines.size() || lines[i].size() * 4 >= *long_one * 3) continue;
    const char last = lines[i].back();
    const char next = lines[i + 1].empty() ? ' ' : lines[i + 1].front();
    if (last == '.' || last == '!' || last == '?' || last == ':' || (last != ',' && next >= 'A' && next <= 'Z'))
      out += '\n';
  }
  return out;
}

}  // namespace

DocumentError ReadPdf(const std::string& path, const UnitSink& sink) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return DocumentError(std::strerror(errno));
  if (static_cast<uint64_t>(status.st_size) > kMaxPdfBytes)
    return DocumentError("is larger than " + MebibytesText(kMaxPdfBytes));
  poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
  const std::unique_ptr<poppler::document> document(poppler::document::load_from_file(path));
  if (!document) return DocumentError("is no PDF that could be read: it is broken");
  if (document->is_locked()) return DocumentError("is encrypted: a password is needed to read it");
  const int pages = document->pages();
  if (pages <= 0) return DocumentError("is a PDF without pages");
  if (static_cast<uint32_t>(pages) > kMaxPages)
    return DocumentError("claims to have " + std::to_string(pages) + " pages; at most " + std::to_string(kMaxPages) +
                         " are read");
  UnitBuilder units(sink);
  units.SetDocumentTitle(Utf8(document->get_title()));
  int broken = 0;
  for (int i = 0; i < pages && !units.is_stopped(); ++i) {
    const std::unique_ptr<poppler::page> page(document->create_page(i));
    if (!page) {
      ++broken;
      continue;
    }
    units.Begin(UnitKind::kPage, static_cast<uint32_t>(i) + 1);
    units.Paragraph(PartParagraphs(
        JoinHyphens(PlainLetters(Utf8(page->text(poppler::rectf(), poppler::page::non_raw_non_physical_layout))))));
    units.End();
  }
  if (units.error()) return units.error();
  if (broken > 0)
    return DocumentError(std::to_string(broken) + " of " + std::to_string(pages) + " pages could not be read");
  return units.has_text() || units.is_stopped()
             ? DocumentError()
             : DocumentError("holds no text: its pages are pictures, perhaps of a scanner");
}

}  // namespace kvorum
