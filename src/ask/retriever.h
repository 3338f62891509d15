// Retriever: the chunks of an index that a question is about, best first: those that its words find (BM25) and those whose vectors
// are near its own, as one ranking; of chunks that say the same, one.
//
// Threads: one. Ownership: borrows client and embedder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask/index_keys.h"
#include "client/resp_client.h"

namespace kvorum {

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
};

// "page 3"; nothing for what has neither pages nor slides.
std::string PlaceText(const FoundChunk& chunk);

struct RetrieveOptions {
  size_t count = 10;       // chunks wanted
  size_t candidates = 50;  // taken of each ranking
  bool by_words = true;    // false: by vectors alone, which takes an embedder
};

class Retriever {
 public:
  Retriever(std::string index, RespClient* client);

  // Reads how the index was made. False: error(), as when there is none.
  [[nodiscard]] bool Open();
  // "none", or the identity of the embedder that questions must be embedded with.
  const std::string& embedder_identity() const { return embedder_identity_; }
  void SetEmbedder(Embedder* embedder) { embedder_ = embedder; }

  [[nodiscard]] bool Find(std::string_view question, const RetrieveOptions& options, std::vector<FoundChunk>* chunks);
  // The chunks before and behind a chunk in its document, as many of each as there are up to `count`; in their order, itself among them.
  [[nodiscard]] bool FindNeighbours(const FoundChunk& chunk, size_t count, std::vector<FoundChunk>* chunks);

  const std::string& error() const { return error_; }

 private:
  bool Fail(std::string text);
  // Reads the reply to FT.SEARCH.
  bool ReadRows(bool has_scores, std::vector<FoundChunk>* rows);

  const IndexKeys keys_;
  RespClient* client_;
  Embedder* embedder_ = nullptr;
  std::string embedder_identity_;
  std::string error_;
};

}  // namespace kvorum
