// Embedder: texts as vectors whose nearness is nearness of meaning. Built in (embedding/static_embedder.h), or a model that a
// server on the network runs (llm/remote_embedder.h).
//
// Vectors of one identity() can be compared with each other and with no others: who stores vectors stores the identity with
// them, and refuses to go on with another.
//
// Threads: one at a time, unless the kind says more. Ownership: borrows the texts for the length of the call.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

// What the vectors are for. Some models want to be told.
enum class EmbedPurpose { kDocument, kQuestion };

// How a call failed, or that it did not: `if (EmbedError error = embedder.Embed(...)) return error;`
class [[nodiscard]] EmbedError {
 public:
  EmbedError() = default;
  // The text is a sentence for users: what failed, and what they can do about it.
  explicit EmbedError(std::string text) : text_(std::move(text)) {}

  explicit operator bool() const { return !text_.empty(); }  // true: it failed
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Embedder {
 public:
  virtual ~Embedder() = default;

  // Numbers in a vector; above 0, and the same for all of one embedder.
  virtual size_t dimension() const = 0;
  // Kind, model and version: "builtin:english-1", "ollama:nomic-embed-text". Printable, without spaces.
  virtual const std::string& identity() const = 0;
  // Replaces *vectors: dimension() floats for each text, in their order, each vector of length 1; or all zeros, where a text says
  // nothing (it is empty, or all separators). On failure *vectors is empty. Any number of texts: batches are the embedder's affair.
  virtual EmbedError Embed(std::span<const std::string_view> texts, EmbedPurpose purpose,
                           std::vector<float>* vectors) = 0;
};

}  // namespace kvorum
