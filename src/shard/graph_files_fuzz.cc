// Any bytes as the file of a field's graph: null and an error that names the file, or a graph that keeps its rules. What begins with
// an even byte is the file itself; else frames are made of the rest, with checksums that fit: two bytes say how long each is.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/crc32c.h"
#include "os/fake_disk.h"
#include "os/worker.h"
#include "shard/graph_files.h"

namespace {

using namespace kvorum;

std::string Framed(std::string_view bytes) {
  std::string file = "KVGRAPH1";
  uint32_t crc = 0;
  while (bytes.size() >= 2) {
    const size_t wanted = static_cast<uint8_t>(bytes[0]) | static_cast<size_t>(static_cast<uint8_t>(bytes[1])) << 8;
    bytes.remove_prefix(2);
    const std::string_view payload = bytes.substr(0, wanted);
    bytes.remove_prefix(payload.size());
    const auto length = static_cast<uint32_t>(payload.size());
    char head[8];
    std::memcpy(head + 4, &length, 4);
    crc = Crc32c(Crc32c(crc, head + 4, 4), payload);
    std::memcpy(head, &crc, 4);
    file.append(head, sizeof(head)).append(payload);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  FakeDisk disk(1);
  CHECK(!disk.CreateFolder("/data"));
  ManualWorker worker;
  GraphFiles graphs(disk, "/data", worker);
  const std::string path = graphs.PathOf({"i", "v"});
  std::unique_ptr<File> file;
  CHECK(!disk.Open(path, OpenMode::kCreate, &file));
  CHECK(!file->Write(0, data[0] % 2 == 0 ? std::string(rest) : Framed(rest)));
  file.reset();
  std::string error;
  const std::unique_ptr<VectorIndex> graph = graphs.Load("i", "v", &error);
  CHECK(graph == nullptr || error.empty());
  CHECK(error.empty() || error.starts_with(path));
  if (graph != nullptr) graph->Validate();
  // All of them, on a thread of its own.
  graphs.BeginReading();
  std::string again;
  CHECK((graphs.Load("i", "v", &again) == nullptr) == (graph == nullptr) && again == error);
  graphs.EndReading();
  return 0;
}
