// Any bytes as the parts of a DOCX, cut at zeros: units that keep their promises, or an error. (ZIP and XML are parsed by libraries; the walk
// over what they find is ours.)
#include <cstdint>

#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static MemoryFile file;
  auto parts = CutParts({reinterpret_cast<const char*>(data), size},
                        {"word/document.xml", "word/styles.xml", "word/footnotes.xml", "word/comments.xml",
                         "word/header1.xml", "word/chart1.xml", "docProps/core.xml"});
  parts.emplace_back("word/_rels/document.xml.rels",
                     "<Relationships><Relationship Id='1' Type='x/header' Target='header1.xml'/>"
                     "<Relationship Id='2' Type='x/chart' Target='chart1.xml'/></Relationships>");
  const std::string& path = file.Fill(StoredZip(parts));
  CheckedUnits([&path](const UnitSink& sink) { return ReadDocx(path, sink); });
  return 0;
}
