// Any bytes as a dictionary, index and text (plain or packed): units that keep their promises, or an error. The first zero byte ends the
// index; a text that begins as gzip's files do is one.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "readers/dictd.h"
#include "readers/reader.h"
#include "readers/test_units.h"

namespace {

using namespace kvorum;

// In memory, where the system has such a folder; it goes with the process.
class Folder {
 public:
  Folder() {
    std::string name =
        std::filesystem::is_directory("/dev/shm") ? "/dev/shm/dictd_fuzz_XXXXXX" : "/tmp/dictd_fuzz_XXXXXX";
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string Write(const char* name, std::string_view bytes) const {
    const std::filesystem::path path = path_ / name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view index = bytes.substr(0, bytes.find('\0'));
  const std::string_view text = bytes.substr(std::min(size, index.size() + 1));
  DictdLine line;
  if (ParseDictdLine(index, &line)) CHECK(!line.word.empty() && line.word.size() < index.size());
  const std::string path = folder.Write("words.index", index);
  folder.Write("words.dict", text);
  CheckedUnits([&path](const UnitSink& sink) { return ReadDictd(path, sink); });
  return 0;
}
