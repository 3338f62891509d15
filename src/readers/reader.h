// Readers: documents of each format as units. What they are made of comes from anywhere, and the libraries that parse it are
// not written for that: a program calls them in a process of their own (readers/main.cc), never in the one that holds data.
//
// Each reader hands out units until the document ends, the sink has enough, or something is wrong: then units that were handed
// out stay good, and the error says what could not be read. Limits: documents/limits.h.
//
// Threads: one.
#pragma once

#include <string>
#include <string_view>

#include "documents/format.h"
#include "documents/unit.h"

namespace kvorum {

// By the format that its name tells; where it tells none, or another than the bytes, by its bytes.
DocumentError ReadDocument(const std::string& path, const UnitSink& sink);

DocumentError ReadText(const std::string& path, const UnitSink& sink);
DocumentError ReadMarkdown(const std::string& path, const UnitSink& sink);
DocumentError ReadHtml(const std::string& path, const UnitSink& sink);
DocumentError ReadPdf(const std::string& path, const UnitSink& sink);
DocumentError ReadPptx(const std::string& path, const UnitSink& sink);
DocumentError ReadDocx(const std::string& path, const UnitSink& sink);
// `path`: of the .index file; the .dict or .dict.dz stands beside it.
DocumentError ReadDictd(const std::string& path, const UnitSink& sink);

}  // namespace kvorum
