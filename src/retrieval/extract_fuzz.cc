// Takes the fuzzer's bytes for a question and passages: whatever they are, sentences are inside their passage and in order.
#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "embedding/static_embedder.h"
#include "retrieval/extract.h"
#include "retrieval/fusion.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  static const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  // The first zero byte ends the question, each further one a passage.
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take = [&rest] {
    const std::string_view taken = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), taken.size() + 1));
    return taken;
  };
  const std::string_view question = take();
  std::vector<std::string_view> texts;
  std::vector<FoundPassage> passages;
  while (!rest.empty() && texts.size() < 16) {
    texts.push_back(take());
    passages.push_back({texts.back(), 1});
  }
  const std::vector<size_t> kept = WithoutNearDuplicates(texts);
  for (size_t i = 0; i < kept.size(); ++i) CHECK(kept[i] < texts.size() && (i == 0 || kept[i - 1] < kept[i]));
  const ExtractedAnswer answer = AnswerExtractor(embedder.get()).Extract(question, passages);
  CHECK(answer.confidence >= 0 && answer.confidence <= 1 && answer.passages.size() == passages.size());
  for (const PassageAnswer& passage : answer.passages) {
    size_t end = 0;
    CHECK(passage.sentences.size() <= 2);
    for (const TextSpan& span : passage.sentences) {
      CHECK(end <= span.begin && span.begin < span.end && span.end <= texts[passage.passage].size());
      end = span.end;
    }
  }
  return 0;
}
