// Any bytes as the frames of a vector set: refused, or a set that keeps its rules, answers, can be changed, and comes back the same when it is written and
// read once more. Frames begin with their length in 2 bytes; the first byte of all says where what is fed is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "keyspace/vector_set_file.h"
#include "keyspace/vector_set_object.h"

namespace kvorum {
namespace {

std::unique_ptr<VectorSetObject> Load(std::string_view bytes, size_t cut) {
  VectorSetLoader loader;
  while (!bytes.empty()) {
    const std::string_view here = bytes.substr(0, cut);
    if (!loader.Feed(here)) break;
    bytes.remove_prefix(here.size());
  }
  std::unique_ptr<VectorSet> set = loader.Finish();
  CHECK((set == nullptr) == (loader.error() != nullptr));
  return set == nullptr ? nullptr : std::make_unique<VectorSetObject>(std::move(set));
}

std::string Save(const VectorSet& set) {
  VectorSetSaver saver(set);
  std::string bytes, frame;
  while (saver.Next(&frame)) bytes += frame;
  return bytes;
}

void Try(std::string_view given) {
  if (given.empty()) return;
  const size_t cut = 1 + static_cast<uint8_t>(given[0]);
  given.remove_prefix(1);
  std::string bytes;
  while (given.size() > 2) {
    const size_t wanted = static_cast<uint8_t>(given[0]) | static_cast<size_t>(static_cast<uint8_t>(given[1])) << 8;
    given.remove_prefix(2);
    const std::string_view frame = given.substr(0, wanted);
    given.remove_prefix(frame.size());
    char length[4];
    PutU32(length, static_cast<uint32_t>(frame.size()));
    bytes.append(length, sizeof(length)).append(frame);
  }
  const std::unique_ptr<VectorSetObject> object = Load(bytes, cut);
  if (object == nullptr) return;
  object->Validate();
  VectorSet& set = object->set();
  CHECK(Load(Save(set), cut)->CanonicalText() == object->CanonicalText());
  const std::vector<float> query(set.given_dimensions(), 1);
  std::vector<VectorSet::Match> matches;
  set.Search({.given = query, .count = 5}, &matches);
  CHECK(matches.size() == std::min<size_t>(5, set.size()));
  VectorSet::Prepared prepared;
  if (!set.Prepare(query, 10, 1, &prepared)) return;
  bool added;
  VectorElement* element = set.Commit("another", prepared, &added);
  object->Validate();
  set.Remove(element);
  object->Validate();
}

}  // namespace
}  // namespace kvorum

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kvorum::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
