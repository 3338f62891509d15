// Any bytes as the parts of a PPTX, cut at zeros: units that keep their promises, or an error. Where no bytes are left for what leads to slides, that is
// whole.
#include <cstdint>

#include "readers/reader.h"
#include "readers/test_files.h"
#include "readers/test_units.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static MemoryFile file;
  auto parts = CutParts({reinterpret_cast<const char*>(data), size},
                        {"ppt/slides/slide1.xml", "ppt/slides/slide2.xml", "ppt/notesSlides/n1.xml",
                         "ppt/diagrams/data1.xml", "ppt/presentation.xml", "ppt/_rels/presentation.xml.rels"});
  if (parts[4].second.empty())
    parts[4].second =
        "<p:presentation><p:sldIdLst><p:sldId r:id='a'/><p:sldId r:id='b'/></p:sldIdLst></p:presentation>";
  if (parts[5].second.empty())
    parts[5].second =
        "<R><Relationship Id='a' Type='x/slide' Target='slides/slide1.xml'/>"
        "<Relationship Id='b' Type='x/slide' Target='slides/slide2.xml'/></R>";
  parts.emplace_back("ppt/slides/_rels/slide1.xml.rels",
                     "<R><Relationship Id='a' Type='x/notesSlide' Target='../notesSlides/n1.xml'/>"
                     "<Relationship Id='b' Type='x/diagramData' Target='../diagrams/data1.xml'/></R>");
  const std::string& path = file.Fill(StoredZip(parts));
  CheckedUnits([&path](const UnitSink& sink) { return ReadPptx(path, sink); });
  return 0;
}
