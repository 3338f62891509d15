// retrieval_quality FILE: how well full-text search finds the paragraph that answers a question.
//
// FILE is in SQuAD's layout (XQuAD's English part: 240 paragraphs, 1,190 questions). Each paragraph is a document; each question's words
// are searched for as alternatives. Prints recall@1, recall@5 and the mean reciprocal rank for each way to index words.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/paragraphs.h"

namespace kvorum {
namespace {

void Measure(const char* name, const std::vector<std::string_view>& schema, const char* scorer,
             const Paragraphs& paragraphs) {
  const ParagraphIndex index(paragraphs, schema);
  RankSums sums;
  const auto begin = std::chrono::steady_clock::now();
  for (const ParagraphQuestion& question : paragraphs.questions) {
    sums.Add(index.Find(question.text, scorer), question.paragraph);
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  std::printf("%-34s %-14s %s   %6.0f us a question, %zu KB\n", name, scorer, sums.Text().c_str(),
              time.count() / sums.count, index.memory_bytes() / 1024);
}

int Run(const char* path) {
  Paragraphs paragraphs;
  if (!ReadParagraphs(path, &paragraphs)) return 1;
  const std::vector<std::string_view> plain = {"STOPWORDS", "0", "SCHEMA", "text", "TEXT", "NOSTEM"};
  const std::vector<std::string_view> stems = {"STOPWORDS", "0", "SCHEMA", "text", "TEXT"};
  const std::vector<std::string_view> stops = {"SCHEMA", "text", "TEXT", "NOSTEM"};
  const std::vector<std::string_view> both = {"SCHEMA", "text", "TEXT"};
  Measure("no stems, no stop words", plain, "BM25STD", paragraphs);
  Measure("stems", stems, "BM25STD", paragraphs);
  Measure("stop words left out", stops, "BM25STD", paragraphs);
  Measure("stems, stop words left out", both, "BM25STD", paragraphs);
  for (const char* scorer : {"BM25", "TFIDF", "TFIDF.DOCNORM", "DISMAX"}) {
    Measure("stems, stop words left out", both, scorer, paragraphs);
  }
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: retrieval_quality FILE\n"), 2;
  return kvorum::Run(argv[1]);
}
