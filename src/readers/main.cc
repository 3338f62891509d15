// kvorum-documents: reads documents for `kvorum ingest`, which starts it (documents/reader_process.h). With paths as arguments it
// shows what it finds in them.
#include <cstdio>

#include "documents/frames.h"
#include "readers/isolation.h"

namespace {

void Show(const kvorum::Frame& frame, const char* path) {
  using namespace kvorum;
  if (frame.kind == FrameKind::kError || frame.kind == FrameKind::kPassingError)
    std::printf("%s %s\n", path, frame.error.text().c_str());
  if (frame.kind != FrameKind::kUnit) return;
  std::printf("== %s %u", UnitKindName(frame.unit.kind), frame.unit.number);
  for (const std::string& heading : frame.unit.headings) std::printf(" > %s", heading.c_str());
  std::printf(" (%s)\n%s\n", frame.unit.document_title.c_str(), frame.unit.text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace kvorum;
  if (argc < 2) return ServeDocuments();
  for (int i = 1; i < argc; ++i) {
    ReadIsolated(argv[i], [path = argv[i]](std::string_view bytes) {
      Frame frame;
      if (DecodeFrame(bytes.substr(4), &frame)) Show(frame, path);
      return true;
    });
  }
  return 0;
}
