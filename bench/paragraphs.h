// What the benchmarks of retrieval and of answers share: paragraphs with questions, an index of their words, and how rankings are counted.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "retrieval/fusion.h"
#include "search/search.h"

namespace kvorum {

struct ParagraphQuestion {
  std::string text;
  size_t paragraph;
  size_t article;
  std::vector<std::string> answers;
};

struct Paragraphs {
  std::vector<std::string> texts;
  std::vector<size_t> articles;  // of the texts
  std::vector<ParagraphQuestion> questions;
};

// A file in SQuAD's layout. False: a line on standard error says why.
[[nodiscard]] bool ReadParagraphs(const char* path, Paragraphs* paragraphs);

// Full-text search over the paragraphs, which it borrows.
class ParagraphIndex {
 public:
  // `schema`: as behind FT.CREATE's index, of a field "text".
  ParagraphIndex(const Paragraphs& paragraphs, const std::vector<std::string_view>& schema);

  // All paragraphs that any of the question's words finds, best first.
  std::vector<Ranked> Find(std::string_view question, const char* scorer) const;
  size_t memory_bytes() const;

 private:
  const size_t count_;
  std::unique_ptr<SearchIndex> index_;
};

// Sums over questions; means are theirs divided by `count`.
struct RankSums {
  double first = 0;
  double in_five = 0;
  double reciprocal = 0;
  double count = 0;

  void Add(const std::vector<Ranked>& ranking, size_t wanted);
  // "recall@1 0.930  recall@5 0.987  MRR 0.957"
  std::string Text() const;
};

}  // namespace kvorum
