// Any bytes as a payload's value, and as a file: an error or values that are whole and survive being written and read again. The
// first byte chooses.
#include <cstddef>
#include <cstdint>

#include "rdb/elements.h"
#include "rdb/file_reader.h"
#include "rdb/test_rdb.h"
#include "rdb/value_reader.h"
#include "rdb/writer.h"

namespace kvorum {
namespace {

void CheckValue(const RdbValue& value, const KeyspaceSettings& settings) {
  if (value.object == nullptr) return;
  value.object->Validate();
  CHECK(value.object->size() > 0);
  RdbWriter writer({.compresses = value.object->size() % 2 == 0});
  writer.Value(*value.object);
  RdbReader reader(writer.buffer().view());
  RdbValueReader values(reader, settings);
  RdbValue again;
  CHECK(values.Read(static_cast<uint8_t>(RdbWriter::TypeOf(*value.object)), &again));
  CHECK(again.object->CanonicalText() == value.object->CanonicalText());
}

class Counter final : public RdbElementVisitor {
 public:
  bool Element(std::string_view first, std::string_view second) override {
    bytes_ += first.size() + second.size();
    return true;
  }

 private:
  size_t bytes_ = 0;
};

void ReadOne(std::string_view bytes, const KeyspaceSettings& settings) {
  RdbReader reader(bytes);
  RdbValueReader values(reader, settings);
  RdbValue value;
  uint8_t type;
  if (reader.Byte(&type) && values.Read(type, &value)) CheckValue(value, settings);

  RdbReader skipping(bytes);
  if (skipping.Byte(&type)) (void)SkipRdbValue(type, skipping);

  Counter counter;
  RdbReader visited(bytes);
  if (visited.Byte(&type) && ShapeOfRdbType(type) != RdbShape::kOther) (void)VisitRdbElements(type, visited, counter);
}

void ReadAll(std::string_view bytes, size_t piece, bool skips, const KeyspaceSettings& settings) {
  PieceSource source(bytes, piece);
  RdbFileReader file(source);
  RdbValueReader values(file.in(), settings);
  RdbPart part;
  while (file.Next(&part)) {
    if (part.kind != RdbPart::Kind::kKey) continue;
    RdbValue value;
    if (skips) {
      if (!SkipRdbValue(part.type, file.in())) return;
    } else if (!values.Read(part.type, &value)) {
      return;
    } else {
      CheckValue(value, settings);
    }
  }
}

}  // namespace
}  // namespace kvorum

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  KeyspaceSettings settings;
  if (data[0] & 4) settings.list_max_listpack_size = 3;
  if (data[0] & 8) settings.set_max_intset_entries = settings.set_max_listpack_entries = 4;
  if (data[0] & 16) settings.hash_max_listpack_entries = settings.zset_max_listpack_entries = 2;
  if (data[0] & 1) {
    ReadOne(bytes, settings);
  } else {
    ReadAll(bytes, data[0] & 2 ? 3 : 1 << 20, data[0] & 32, settings);
  }
  return 0;
}
