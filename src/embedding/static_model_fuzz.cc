// Takes the fuzzer's bytes for a model, first as they are, then with checksums that fit; and, what is taken, to work.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "embedding/static_embedder.h"

namespace {

using namespace kvorum;

void Try(const std::string& bytes) {
  StaticModel model;
  std::string error;
  if (!StaticModel::Open(bytes, &model, &error)) {
    CHECK(!error.empty());
    return;
  }
  CHECK(model.size() > 0 && model.dimension() % 64 == 0);
  for (uint32_t i = 0; i < model.size(); ++i) CHECK(model.Find(model.word(i)) == i && model.Frequency(i) >= 0);
  StaticEmbedder embedder(&model);
  std::vector<float> vector(model.dimension());
  embedder.EmbedOne(bytes, vector.data());
  embedder.EmbedOne(model.word(0), vector.data());
  for (const float number : vector) CHECK(std::isfinite(number));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  Try(bytes);
  if (bytes.size() < kModelHeaderBytes + 4) return 0;
  std::memcpy(bytes.data(), "KVEMBED\n", 8);
  PutU32(&bytes[60], Crc32c(0, bytes.data(), 60));
  PutU32(&bytes[bytes.size() - 4], Crc32c(0, bytes.data() + kModelHeaderBytes, bytes.size() - kModelHeaderBytes - 4));
  Try(bytes);
  return 0;
}
