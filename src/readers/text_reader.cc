// Plain text: as it is, in units of some length that end between paragraphs where there are any.
#include "documents/limits.h"
#include "documents/text_stream.h"
#include "documents/unit_builder.h"
#include "readers/reader.h"

namespace kvorum {
namespace {

// A unit ends at the first empty line behind so much; it says nothing about the text, only bounds memory.
constexpr size_t kGoodUnitBytes = 64 << 10;

}  // namespace

DocumentError ReadText(const std::string& path, const UnitSink& sink) {
  TextStream stream;
  if (DocumentError error = stream.Open(path)) return error;
  UnitBuilder units(sink);
  std::string paragraph;
  size_t bytes = 0;
  std::string_view line;
  while (!units.is_stopped() && stream.NextLine(&line)) {
    const bool is_blank = TrimSpace(line).empty();
    if (!is_blank) {
      if (!paragraph.empty()) paragraph += '\n';
      paragraph += line;
    }
    if (is_blank || paragraph.size() > kMaxUnitBytes / 2) {
      bytes += paragraph.size();
      units.Paragraph(paragraph);
      paragraph.clear();
      if (bytes > kGoodUnitBytes) {
        units.Begin(UnitKind::kText);
        bytes = 0;
      }
    }
  }
  units.Paragraph(paragraph);
  units.End();
  if (stream.error()) return stream.error();
  if (units.error()) return units.error();
  return units.has_text() || units.is_stopped() ? DocumentError() : DocumentError("holds no text");
}

}  // namespace kvorum
