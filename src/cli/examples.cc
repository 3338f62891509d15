#include "cli/examples.h"

#include <filesystem>

#include "ask/file_list.h"
#include "ask/ingester.h"
#include "embedding/static_embedder.h"

namespace kvorum {

std::string ExamplesFolder() {
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (const char* beside : {"../../../examples/documents", "../share/kvorum/examples/documents"}) {
    const std::filesystem::path folder = (program.parent_path() / beside).lexically_normal();
    if (std::filesystem::is_directory(folder, ignored)) return folder;
  }
  return {};
}

std::string IngestExamples(const std::string& folder, RespClient* client) {
  const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  IngestOptions options;
  options.index = kExamplesIndex;
  for (const bool starts_over : {false, true}) {  // they may be those of another version of Kvorum
    options.starts_over = starts_over;
    options.removes_missing = true;
    Ingester ingester(options, client, embedder.get());
    if (!ingester.Open()) {
      if (starts_over) return ingester.error();
      continue;
    }
    return ingester.Run(ListFiles({folder})) ? "" : ingester.error();
  }
  return {};
}

}  // namespace kvorum
