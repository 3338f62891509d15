// Any bytes as the pieces of a saved index: refused, or an index that keeps its rules, answers, and can be changed. The first two bytes
// say where the first piece ends; pieces after it begin with their length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "vector/hnsw_file.h"

namespace kvorum {
namespace {

void Try(std::string_view bytes) {
  HnswLoader loader(false);
  while (bytes.size() > 2) {
    const size_t wanted = static_cast<uint8_t>(bytes[0]) | static_cast<size_t>(static_cast<uint8_t>(bytes[1])) << 8;
    bytes.remove_prefix(2);
    const std::string_view piece = bytes.substr(0, wanted);
    bytes.remove_prefix(piece.size());
    if (!loader.Take(piece)) break;
  }
  const std::unique_ptr<HnswIndex> index = loader.Finish();
  CHECK((index == nullptr) == (loader.error() != nullptr));
  if (index == nullptr) return;
  index->Validate();
  const size_t d = index->settings().codec.dimensions;
  const std::vector<float> query(d, 1);
  std::vector<VectorMatch> matches;
  const SearchContextPtr context = MakeSearchContext();
  index->Search(query.data(), {.k = 5}, context.get(), &matches);
  CHECK(matches.size() == std::min<size_t>(5, index->size()));
  if (index->settings().build_width > 1000) return;
  const VectorSlot slot = index->Add(query.data(), 1);
  index->Validate();
  index->Remove(slot);
  index->Validate();
}

}  // namespace
}  // namespace kvorum

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
