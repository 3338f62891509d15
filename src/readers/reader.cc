#include "readers/reader.h"

#include <cerrno>
#include <cstring>

#include "readers/file_bytes.h"

namespace kvorum {
namespace {

// What password-protected and old Office documents are.
constexpr std::string_view kCompoundFile = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
constexpr size_t kStartBytes = 4096;  // tell the format

bool IsBinary(DocumentFormat format) {
  return format == DocumentFormat::kPdf || format == DocumentFormat::kPptx || format == DocumentFormat::kDocx;
}

}  // namespace

DocumentError ReadDocument(const std::string& path, const UnitSink& sink) {
  if (DocumentError error = CheckIsFile(path)) return error;
  std::string first;
  if (DocumentError error = ReadStart(path, kStartBytes, &first)) return error;
  if (first.empty()) return DocumentError("is empty");
  if (first.starts_with(kCompoundFile))
    return DocumentError("is encrypted, or of the Office formats before 2007, which cannot be read");
  DocumentFormat format = FormatOfName(path);
  const DocumentFormat by_bytes = FormatOfBytes(first, path);
  // Bytes say it better than names; but a text may speak of PDF's first bytes, and both kinds of Office are archives.
  const bool is_pdf = first.starts_with("%PDF-");
  const bool is_archive = first.starts_with("PK\x03\x04") && format != DocumentFormat::kPptx;
  // What a server answers instead of a file, and is kept under the file's name.
  const bool is_html = by_bytes == DocumentFormat::kHtml && IsBinary(format);
  if (format == DocumentFormat::kNone || is_pdf || is_archive || is_html) format = by_bytes;
  switch (format) {
    case DocumentFormat::kMarkdown:
      return ReadMarkdown(path, sink);
    case DocumentFormat::kHtml:
      return ReadHtml(path, sink);
    case DocumentFormat::kPdf:
      return ReadPdf(path, sink);
    case DocumentFormat::kPptx:
      return ReadPptx(path, sink);
    case DocumentFormat::kDocx:
      return ReadDocx(path, sink);
    case DocumentFormat::kDictd:
      return ReadDictd(path, sink);
    case DocumentFormat::kText:
    case DocumentFormat::kNone:
      break;
  }
  return ReadText(path, sink);
}

}  // namespace kvorum
