// Retriever: the chunks of an index that a question is about, best first: those that its words find (BM25) and those whose vectors
// are near its own, as one ranking, put in the order of their best sentences (retrieval/passages.h); of chunks that say the same, one.
//
// Threads: one. Ownership: borrows client, embedder and extractor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask/index_settings.h"
#include "client/resp_client.h"
#include "retrieval/sentences.h"

namespace kvorum {

class AnswerExtractor;
class Embedder;

struct FoundChunk {
  std::string key;
  std::string text;
  std::string title;  // the document's title and headings, a line each
  std::string path;
  std::string kind;
  uint32_t number = 0;
  uint64_t begin = 0;  // characters in the unit's text
  uint64_t end = 0;
  double score = 0;
  double confidence = 0;  // the chance that this one alone answers the question
  std::vector<TextSpan>
      sentences;  // bytes of the text: one or two that answer the question best; none without an extractor
};

struct Findings {
  double confidence = 0;           // the chance that the chunks answer the question, 0 to 1
  bool found = false;              // whether that is enough
  std::vector<FoundChunk> chunks;  // best first
};

// "page 3"; nothing for what has neither pages nor slides.
std::string PlaceText(const FoundChunk& chunk);

struct RetrieveOptions {
  size_t count = 10;         // chunks wanted
  size_t candidates = 50;    // taken of each ranking
  bool by_words = true;      // false: by vectors alone, which takes an embedder
  bool by_sentences = true;  // false: in the order in which words and vectors have found them
};

class Retriever {
 public:
  Retriever(std::string index, RespClient* client);

  // Reads how the index was made, and waits until the server has it whole, which just after its start it may not. False: error(), as when
  // there is none.
  [[nodiscard]] bool Open();
  // "none", or the identity of the embedder that questions must be embedded with.
  const std::string& embedder_identity() const { return settings_.embedder; }
  // Where that embedder was asked when the index was made; empty: it is none that is asked over a network.
  const std::string& embedder_url() const { return settings_.embedder_url; }
  // Null: words alone. False: it makes other vectors than the index has, error().
  [[nodiscard]] bool SetEmbedder(Embedder* embedder);
  void SetExtractor(AnswerExtractor* extractor) { extractor_ = extractor; }

  [[nodiscard]] bool Find(std::string_view question, const RetrieveOptions& options, Findings* findings);
  // The chunks before and behind a chunk in its document, as many of each as there are up to `count`; in their order, itself among them.
  [[nodiscard]] bool FindNeighbours(const FoundChunk& chunk, size_t count, std::vector<FoundChunk>* chunks);

  const std::string& error() const { return error_; }

 private:
  bool Fail(std::string text);
  bool WaitUntilIndexed();
  // Reads the reply to FT.SEARCH.
  bool ReadRows(bool has_scores, std::vector<FoundChunk>* rows);

  const IndexKeys keys_;
  RespClient* client_;
  Embedder* embedder_ = nullptr;
  AnswerExtractor* extractor_ = nullptr;
  IndexSettings settings_;
  std::string error_;
};

}  // namespace kvorum
