// Takes the fuzzer's bytes for a model's stream, in both protocols: cut in two must be the same as whole.
#include <cstdint>

#include "base/check.h"
#include "llm/chat_stream.h"

namespace {

using namespace kvorum;

struct Outcome {
  std::string text;
  std::string error;
  bool complete;
  bool operator==(const Outcome&) const = default;
};

Outcome Parse(ModelProtocol protocol, std::string_view bytes, size_t cut) {
  std::string text;
  ChatStreamParser parser(protocol, [&](std::string_view piece) {
    text += piece;
    return true;
  });
  if (parser.Feed(bytes.substr(0, cut)) && parser.Feed(bytes.substr(cut))) parser.Finish();
  CHECK(!parser.stopped());
  return {text, parser.error(), parser.end().complete};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const ModelProtocol protocol : {ModelProtocol::kOllama, ModelProtocol::kOpenAi}) {
    CHECK(Parse(protocol, bytes, 0) == Parse(protocol, bytes, bytes.size() * data[0] / 256));
  }
  return 0;
}
