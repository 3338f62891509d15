// Which files are documents, by their names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

enum class DocumentFormat : uint8_t { kNone, kText, kMarkdown, kHtml, kPdf, kPptx, kDocx, kDictd };

// By the ending of the name, in any letter case. kNone: no document, as far as the name tells.
DocumentFormat FormatOfName(std::string_view path);
// Of what is known by its first bytes (%PDF-, "<!doctype html", ...); kText of the rest. `path` helps to tell PPTX from DOCX.
DocumentFormat FormatOfBytes(std::string_view first_bytes, std::string_view path);
// "PDF", ...
const char* FormatName(DocumentFormat format);

// The file with the text of a dictd dictionary's index: "a.dict.dz" or "a.dict" beside "a.index". Empty: there is none.
std::string DictionaryBeside(std::string_view index_path);

// Without folders.
std::string_view FileNameOf(std::string_view path);

}  // namespace kvorum
