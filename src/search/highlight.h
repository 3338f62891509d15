// Highlighter: marks the words of a query in a text, and cuts the text down to what is around them.
//
// Threads: one. Ownership: copies what it needs of the query. Complexity: O(words of the text * words of the query).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.h"
#include "search/request.h"
#include "text/language.h"

namespace kvorum {

class Highlighter {
 public:
  Highlighter(const QueryNode& query, Language language);

  std::string Highlight(std::string_view text, const FieldSet& field, const HighlightOptions& options);
  // `highlight` may be null. A text without any of the words gives its beginning.
  std::string Summarize(std::string_view text, const FieldSet& field, const SummarizeOptions& options,
                        const HighlightOptions* highlight);

 private:
  struct Wanted {
    QueryNode::Kind kind;
    bool exact;
    size_t distance;
    FieldSet fields;
    std::string text;
    std::string stem;
  };
  struct Word {
    size_t begin;
    size_t end;
    bool matches;
  };

  void Collect(const QueryNode& node);
  bool Matches(std::string_view word, const FieldSet& field);
  std::vector<Word> WordsOf(std::string_view text, const FieldSet& field);

  Language language_;
  Stemmers stemmers_;
  std::vector<Wanted> wanted_;
};

}  // namespace kvorum
