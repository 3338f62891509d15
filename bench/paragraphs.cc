#include "bench/paragraphs.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "text/tokenizer.h"

namespace kvorum {
namespace {

class ParagraphDocument final : public Document {
 public:
  explicit ParagraphDocument(const std::string* text) : text_(text) {}
  bool Read(std::string_view, bool, std::vector<DocumentValue>* values) const override {
    values->push_back(DocumentValue::Text(*text_));
    return true;
  }
  void ReadAll(std::vector<std::pair<std::string, std::string>>*) const override {}
  bool ReadShown(std::string_view, std::string*) const override { return false; }

 private:
  const std::string* text_;
};

[[noreturn]] void Fail(const std::string& error) {
  std::fprintf(stderr, "%s\n", error.c_str());
  std::exit(1);
}

}  // namespace

bool ReadParagraphs(const char* path, Paragraphs* paragraphs) {
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded() || !json.contains("data")) {
    std::fprintf(stderr, "%s cannot be read as JSON in SQuAD's layout\n", path);
    return false;
  }
  size_t article_number = 0;
  for (const auto& article : json["data"]) {
    for (const auto& paragraph : article["paragraphs"]) {
      for (const auto& question : paragraph["qas"]) {
        paragraphs->questions.push_back(
            {question["question"].get<std::string>(), paragraphs->texts.size(), article_number, {}});
        for (const auto& answer : question["answers"]) {
          paragraphs->questions.back().answers.push_back(answer["text"].get<std::string>());
        }
      }
      paragraphs->texts.push_back(paragraph["context"].get<std::string>());
      paragraphs->articles.push_back(article_number);
    }
    ++article_number;
  }
  std::printf("%zu paragraphs, %zu questions\n", paragraphs->texts.size(), paragraphs->questions.size());
  return true;
}

ParagraphIndex::ParagraphIndex(const Paragraphs& paragraphs, const std::vector<std::string_view>& schema)
    : count_(paragraphs.texts.size()) {
  Schema parsed;
  std::string error;
  if (!ParseSchema(schema, &parsed, &error)) Fail(error);
  index_ = SearchIndex::Create("paragraphs", parsed, nullptr, &error);
  for (size_t i = 0; i < count_; ++i) index_->Put(std::to_string(i), ParagraphDocument(&paragraphs.texts[i]));
}

std::vector<Ranked> ParagraphIndex::Find(std::string_view question, const char* scorer) const {
  SearchRequest request;
  Tokenizer tokenizer(question);
  for (Token token; tokenizer.Next(&token);) {
    if (!request.query.empty()) request.query += '|';
    request.query += token.text;
  }
  request.count = count_;
  request.dialect = 2;
  request.scorer = ScorerNamed(scorer);
  SearchResults results;
  std::string error;
  if (!Search(index_.get(), request, {}, &results, &error)) Fail(error);
  std::vector<Ranked> ranking;
  for (const auto& row : results.rows) ranking.push_back({std::stoul(row.document->key), row.score});
  return ranking;
}

size_t ParagraphIndex::memory_bytes() const { return index_->MemoryUsage().total(); }

void RankSums::Add(const std::vector<Ranked>& ranking, size_t wanted) {
  ++count;
  for (size_t rank = 0; rank < ranking.size(); ++rank) {
    if (ranking[rank].id != wanted) continue;
    first += rank == 0;
    in_five += rank < 5;
    reciprocal += 1.0 / static_cast<double>(rank + 1);
    return;
  }
}

std::string RankSums::Text() const {
  char text[80];
  std::snprintf(text, sizeof(text), "recall@1 %.3f  recall@5 %.3f  MRR %.3f", first / count, in_five / count,
                reciprocal / count);
  return text;
}

}  // namespace kvorum
