// retrieval_quality FILE: how well full-text search finds the paragraph that answers a question.
//
// FILE is in SQuAD's layout (XQuAD's English part: 240 paragraphs, 1,190 questions). Each paragraph is a document; each question's words
// are searched for as alternatives. Prints recall@1, recall@5 and the mean reciprocal rank for each way to index words.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "search/search.h"
#include "text/tokenizer.h"

namespace kvorum {
namespace {

struct Question {
  std::string text;
  std::string key;
};

class Paragraph final : public Document {
 public:
  explicit Paragraph(const std::string* text) : text_(text) {}
  bool Read(std::string_view, bool, std::vector<DocumentValue>* values) const override {
    values->push_back(DocumentValue::Text(*text_));
    return true;
  }
  void ReadAll(std::vector<std::pair<std::string, std::string>>*) const override {}
  bool ReadShown(std::string_view, std::string*) const override { return false; }

 private:
  const std::string* text_;
};

std::string AnyOf(const std::string& question) {
  std::string query;
  Tokenizer tokenizer(question);
  Token token;
  while (tokenizer.Next(&token)) {
    if (!query.empty()) query += '|';
    query += token.text;
  }
  return query;
}

void Measure(const char* name, const std::vector<std::string_view>& schema_words, const char* scorer,
             const std::vector<std::string>& paragraphs, const std::vector<Question>& questions) {
  Schema schema;
  std::string error;
  if (!ParseSchema(schema_words, &schema, &error)) return (void)std::fprintf(stderr, "%s\n", error.c_str());
  const std::unique_ptr<SearchIndex> index = SearchIndex::Create("paragraphs", schema, nullptr, &error);
  for (size_t i = 0; i < paragraphs.size(); ++i) index->Put(std::to_string(i), Paragraph(&paragraphs[i]));
  double first = 0, in_five = 0, reciprocal = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const Question& question : questions) {
    SearchRequest request;
    request.query = AnyOf(question.text);
    request.count = paragraphs.size();
    request.dialect = 2;
    request.scorer = ScorerNamed(scorer);
    SearchResults results;
    if (!Search(index.get(), request, {}, &results, &error)) return (void)std::fprintf(stderr, "%s\n", error.c_str());
    for (size_t rank = 0; rank < results.rows.size(); ++rank) {
      if (results.rows[rank].document->key != question.key) continue;
      first += rank == 0;
      in_five += rank < 5;
      reciprocal += 1.0 / static_cast<double>(rank + 1);
      break;
    }
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  const auto count = static_cast<double>(questions.size());
  std::printf("%-34s %-14s recall@1 %.3f  recall@5 %.3f  MRR %.3f   %6.0f us a question, %zu KB\n", name, scorer,
              first / count, in_five / count, reciprocal / count, time.count() / count,
              index->MemoryUsage().total() / 1024);
}

int Run(const char* path) {
  std::ifstream file(path);
  const nlohmann::json data = nlohmann::json::parse(file, nullptr, false);
  if (data.is_discarded()) return std::fprintf(stderr, "%s cannot be read as JSON\n", path), 1;
  std::vector<std::string> paragraphs;
  std::vector<Question> questions;
  for (const auto& article : data["data"]) {
    for (const auto& paragraph : article["paragraphs"]) {
      for (const auto& question : paragraph["qas"]) {
        questions.push_back({question["question"].get<std::string>(), std::to_string(paragraphs.size())});
      }
      paragraphs.push_back(paragraph["context"].get<std::string>());
    }
  }
  std::printf("%zu paragraphs, %zu questions\n", paragraphs.size(), questions.size());
  const std::vector<std::string_view> plain = {"STOPWORDS", "0", "SCHEMA", "text", "TEXT", "NOSTEM"};
  const std::vector<std::string_view> stems = {"STOPWORDS", "0", "SCHEMA", "text", "TEXT"};
  const std::vector<std::string_view> stops = {"SCHEMA", "text", "TEXT", "NOSTEM"};
  const std::vector<std::string_view> both = {"SCHEMA", "text", "TEXT"};
  Measure("no stems, no stop words", plain, "BM25STD", paragraphs, questions);
  Measure("stems", stems, "BM25STD", paragraphs, questions);
  Measure("stop words left out", stops, "BM25STD", paragraphs, questions);
  Measure("stems, stop words left out", both, "BM25STD", paragraphs, questions);
  for (const char* scorer : {"BM25", "TFIDF", "TFIDF.DOCNORM", "DISMAX"}) {
    Measure("stems, stop words left out", both, scorer, paragraphs, questions);
  }
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: retrieval_quality FILE\n"), 2;
  return kvorum::Run(argv[1]);
}
