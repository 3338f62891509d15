#include "documents/format.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace kvorum {
namespace {

struct Ending {
  std::string_view text;
  DocumentFormat format;
};

// `.dict` files belong to the `.index` beside them.
constexpr Ending kEndings[] = {
    {".txt", DocumentFormat::kText},  {".text", DocumentFormat::kText},   {".log", DocumentFormat::kText},
    {".rst", DocumentFormat::kText},  {".md", DocumentFormat::kMarkdown}, {".markdown", DocumentFormat::kMarkdown},
    {".html", DocumentFormat::kHtml}, {".htm", DocumentFormat::kHtml},    {".xhtml", DocumentFormat::kHtml},
    {".pdf", DocumentFormat::kPdf},   {".pptx", DocumentFormat::kPptx},   {".ppsx", DocumentFormat::kPptx},
    {".docx", DocumentFormat::kDocx}, {".index", DocumentFormat::kDictd},
};

// Readers of PDF put up with something before its mark, so much.
constexpr size_t kPdfMarkWithin = 1024;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool EndsWith(std::string_view text, std::string_view ending) {
  if (text.size() <= ending.size()) return false;
  text.remove_prefix(text.size() - ending.size());
  return std::equal(text.begin(), text.end(), ending.begin(), [](char a, char b) { return Lower(a) == b; });
}

// Whether `text`, from its first byte that is no space on, begins so.
bool BeginsWith(std::string_view text, std::string_view lower) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t')) {
    text.remove_prefix(1);
  }
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) { return a == Lower(b); });
}

}  // namespace

DocumentFormat FormatOfName(std::string_view path) {
  for (const Ending& ending : kEndings) {
    if (EndsWith(path, ending.text)) return ending.format;
  }
  return DocumentFormat::kNone;
}

DocumentFormat FormatOfBytes(std::string_view first_bytes, std::string_view path) {
  if (first_bytes.find("%PDF-") < kPdfMarkWithin) return DocumentFormat::kPdf;
  if (first_bytes.starts_with("PK\x03\x04")) {
    return EndsWith(path, ".pptx") || EndsWith(path, ".ppsx") ? DocumentFormat::kPptx : DocumentFormat::kDocx;
  }
  for (std::string_view start : {"<!doctype html", "<html"}) {
    if (BeginsWith(first_bytes, start)) return DocumentFormat::kHtml;
  }
  return DocumentFormat::kText;
}

std::string DictionaryBeside(std::string_view index_path) {
  constexpr std::string_view kIndex = ".index";
  if (!EndsWith(index_path, kIndex)) return {};
  const std::string base(index_path.substr(0, index_path.size() - kIndex.size()));
  for (const char* ending : {".dict.dz", ".dict"}) {
    if (access((base + ending).c_str(), F_OK) == 0) return base + ending;
  }
  return {};
}

const char* FormatName(DocumentFormat format) {
  switch (format) {
    case DocumentFormat::kText:
      return "text";
    case DocumentFormat::kMarkdown:
      return "Markdown";
    case DocumentFormat::kHtml:
      return "HTML";
    case DocumentFormat::kPdf:
      return "PDF";
    case DocumentFormat::kPptx:
      return "PPTX";
    case DocumentFormat::kDocx:
      return "DOCX";
    case DocumentFormat::kDictd:
      return "dictd";
    case DocumentFormat::kNone:
      break;
  }
  return "none";
}

std::string_view FileNameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace kvorum
