// Answers without a language model: sentences of the documents, each with where it stands.
//
// Threads: no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ask/retriever.h"

namespace kvorum {

struct CitedSentence {
  std::string text;
  size_t citation = 0;  // its place in Answer::citations
};

struct Answer {
  bool found = false;     // whether the documents say anything to the question
  double confidence = 0;  // the chance of that, 0 to 1
  std::vector<CitedSentence> sentences;
  std::vector<FoundChunk> citations;  // where the sentences stand, or the nearest passages where none answers
};

// Of what Retriever::Find, with an extractor, has found. `sources`: citations at most.
Answer ComposeAnswer(Findings findings, size_t sources);

// For people: sentences with [1], and below them the documents. Or that it is not in the documents.
std::string AnswerText(const Answer& answer);
// For programs: an object on one line. `passages`: the text around each citation, which they then have too; empty: none.
std::string AnswerJson(std::string_view question, const Answer& answer, const std::vector<std::string>& passages = {});
// A question that could not be asked.
std::string ErrorJson(std::string_view question, std::string_view error);

// For a terminal: control characters other than line end and tab are '?', so that a document, or a model, cannot drive it.
std::string Printable(std::string_view text);
// "[1] trees.pdf, page 3: Balance > Rotations"
std::string CitationText(size_t number, const FoundChunk& chunk);

}  // namespace kvorum
