// answer_quality FILE: how well questions are answered: the paragraphs found (by words, by the built-in embedder's
// vectors, by both), and the sentences cited of them.
//
// FILE is in SQuAD's layout (XQuAD's English part: 240 paragraphs, 1,190 questions). Each paragraph is a document. Settings
// were chosen on the questions of every other article, from the first; figures are given for all questions and for the other half.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "embedding/static_embedder.h"
#include "retrieval/passages.h"
#include "search/search.h"
#include "text/tokenizer.h"

namespace kvorum {
namespace {

struct Question {
  std::string text;
  size_t paragraph;
  size_t article;
  std::vector<std::string> answers;
};

struct Data {
  std::vector<std::string> paragraphs;
  std::vector<size_t> articles;  // of the paragraphs
  std::vector<Question> questions;
};

// What Retriever takes of each.
constexpr size_t kCandidates = 50;

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

bool ReadData(const char* path, Data* data) {
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_discarded()) return false;
  size_t article_number = 0;
  for (const auto& article : json["data"]) {
    for (const auto& paragraph : article["paragraphs"]) {
      for (const auto& question : paragraph["qas"]) {
        data->questions.push_back(
            {question["question"].get<std::string>(), data->paragraphs.size(), article_number, {}});
        for (const auto& answer : question["answers"]) {
          data->questions.back().answers.push_back(answer["text"].get<std::string>());
        }
      }
      data->paragraphs.push_back(paragraph["context"].get<std::string>());
      data->articles.push_back(article_number);
    }
    ++article_number;
  }
  return true;
}

// Ranks paragraphs by words, by vectors, and by both.
class Retriever {
 public:
  explicit Retriever(const Data& data) : data_(data), embedder_(MakeBuiltInEmbedder()) {
    Schema schema;
    std::string error;
    if (!ParseSchema(std::vector<std::string_view>{"STOPWORDS", "0", "SCHEMA", "text", "TEXT"}, &schema, &error))
      abort();
    index_ = SearchIndex::Create("paragraphs", schema, nullptr, &error);
    for (size_t i = 0; i < data.paragraphs.size(); ++i) index_->Put(std::to_string(i), Paragraph(&data.paragraphs[i]));
    vectors_.resize(data.paragraphs.size() * embedder_->dimension());
    for (size_t i = 0; i < data.paragraphs.size(); ++i) {
      embedder_->EmbedOne(data.paragraphs[i], &vectors_[i * embedder_->dimension()]);
    }
  }

  std::vector<Ranked> ByWords(const std::string& question) const {
    SearchRequest request;
    Tokenizer tokenizer(question);
    for (Token token; tokenizer.Next(&token);) {
      if (!request.query.empty()) request.query += '|';
      request.query += token.text;
    }
    request.count = data_.paragraphs.size();
    request.dialect = 2;
    request.scorer = ScorerNamed("BM25STD");
    SearchResults results;
    std::string error;
    if (!Search(index_.get(), request, {}, &results, &error)) std::fprintf(stderr, "%s\n", error.c_str()), abort();
    std::vector<Ranked> ranking;
    for (const auto& row : results.rows) ranking.push_back({std::stoul(row.document->key), row.score});
    return ranking;
  }

  std::vector<Ranked> BySimilarity(const std::string& question) const {
    const size_t dimension = embedder_->dimension();
    std::vector<float> vector(dimension);
    embedder_->EmbedOne(question, vector.data());
    std::vector<Ranked> ranking;
    for (size_t i = 0; i < data_.paragraphs.size(); ++i) {
      double dot = 0;
      for (size_t k = 0; k < dimension; ++k) dot += double{vector[k]} * vectors_[i * dimension + k];
      ranking.push_back({i, dot});
    }
    std::sort(ranking.begin(), ranking.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    return ranking;
  }

 private:
  const Data& data_;
  std::unique_ptr<StaticEmbedder> embedder_;
  std::unique_ptr<SearchIndex> index_;
  std::vector<float> vectors_;
};

struct Sums {
  double first = 0, in_five = 0, reciprocal = 0, count = 0;
  void Add(const std::vector<Ranked>& ranking, size_t wanted) {
    ++count;
    for (size_t rank = 0; rank < ranking.size(); ++rank) {
      if (ranking[rank].id != wanted) continue;
      first += rank == 0;
      in_five += rank < 5;
      reciprocal += 1.0 / static_cast<double>(rank + 1);
      return;
    }
  }
};

template <typename Rank>
void MeasureRetrieval(const char* name, const Data& data, const Rank& rank) {
  Sums all;
  Sums unseen;
  const auto begin = std::chrono::steady_clock::now();
  for (const Question& question : data.questions) {
    const std::vector<Ranked> ranking = rank(question.text);
    all.Add(ranking, question.paragraph);
    if (question.article % 2 == 1) unseen.Add(ranking, question.paragraph);
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  std::printf("%-28s recall@1 %.3f  recall@5 %.3f  MRR %.3f   other half: %.3f  %.3f  %.3f   %6.0f us a question\n",
              name, all.first / all.count, all.in_five / all.count, all.reciprocal / all.count,
              unseen.first / unseen.count, unseen.in_five / unseen.count, unseen.reciprocal / unseen.count,
              time.count() / all.count);
}

// Whether one of the answers is inside one of the sentences cited.
bool IsCited(const Question& question, std::string_view text, const std::vector<TextSpan>& sentences) {
  for (const std::string& answer : question.answers) {
    for (size_t at = text.find(answer); at != std::string_view::npos; at = text.find(answer, at + 1)) {
      for (const TextSpan& span : sentences) {
        if (span.begin <= at && at + answer.size() <= span.end) return true;
      }
    }
  }
  return false;
}

struct AnswerSums {
  Sums ranks;
  double cited = 0;
  double answered = 0;        // found() while the answer is there
  double answered_wrong = 0;  // found() while its article is not
};

void Print(const char* name, const AnswerSums& sums) {
  const double count = sums.ranks.count;
  std::printf("%-28s recall@1 %.3f  recall@5 %.3f  MRR %.3f   answer in the first two sentences %.3f\n", name,
              sums.ranks.first / count, sums.ranks.in_five / count, sums.ranks.reciprocal / count, sums.cited / count);
  std::printf("%-28s said to be answered: %.3f of those answered, %.3f of those whose article was left out\n", "",
              sums.answered / count, sums.answered_wrong / count);
}

void MeasureAnswers(const Data& data, const Retriever& retriever) {
  const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  AnswerExtractor extractor(embedder.get());
  AnswerSums all;
  AnswerSums unseen;
  std::chrono::duration<double, std::micro> time{};
  for (const Question& question : data.questions) {
    std::vector<Ranked> words = retriever.ByWords(question.text);
    std::vector<Ranked> vectors = retriever.BySimilarity(question.text);
    const auto rank = [&] {
      const auto text_of = [&](uint64_t id) { return std::string_view(data.paragraphs[id]); };
      const auto begin = std::chrono::steady_clock::now();
      PassageRanking ranking =
          RankPassages(question.text, std::span(words).first(std::min(words.size(), kCandidates)),
                       std::span(vectors).first(std::min(vectors.size(), kCandidates)), text_of, {}, &extractor);
      time += std::chrono::steady_clock::now() - begin;
      return ranking;
    };
    const PassageRanking answer = rank();
    std::vector<Ranked> again;
    for (const RankedPassage& passage : answer.passages) again.push_back({passage.id, passage.score});
    const bool cited = IsCited(question, data.paragraphs[again.front().id], answer.passages.front().sentences);
    const auto is_of_article = [&](const Ranked& entry) { return data.articles[entry.id] == question.article; };
    std::erase_if(words, is_of_article);
    std::erase_if(vectors, is_of_article);
    const PassageRanking wrong = rank();
    for (AnswerSums* sums : {&all, &unseen}) {
      if (sums == &unseen && question.article % 2 == 0) continue;
      sums->ranks.Add(again, question.paragraph);
      sums->cited += cited;
      sums->answered += answer.found();
      sums->answered_wrong += wrong.found();
    }
  }
  std::printf("\nWhat `kvorum ask` does: in the order of their best sentences, %.0f us a question:\n",
              time.count() / all.ranks.count / 2);
  Print("all questions", all);
  Print("other half", unseen);
}

int Run(const char* path) {
  Data data;
  if (!ReadData(path, &data)) return std::fprintf(stderr, "%s cannot be read as JSON\n", path), 1;
  std::printf("%zu paragraphs, %zu questions\n", data.paragraphs.size(), data.questions.size());
  const Retriever retriever(data);
  MeasureRetrieval("words (BM25, stems)", data, [&](const std::string& q) { return retriever.ByWords(q); });
  MeasureRetrieval("vectors", data, [&](const std::string& q) { return retriever.BySimilarity(q); });
  MeasureRetrieval("both, by rank", data, [&](const std::string& q) {
    const std::vector<Ranked> words = retriever.ByWords(q);
    const std::vector<Ranked> vectors = retriever.BySimilarity(q);
    const RankedList lists[] = {{words}, {vectors}};
    return FuseByRank(lists);
  });
  MeasureRetrieval("both, by score", data,
                   [&](const std::string& q) { return FuseHybrid(retriever.ByWords(q), retriever.BySimilarity(q)); });
  MeasureRetrieval("both, by score, 50 of each", data, [&](const std::string& q) {
    std::vector<Ranked> words = retriever.ByWords(q);
    std::vector<Ranked> vectors = retriever.BySimilarity(q);
    words.resize(std::min<size_t>(words.size(), 50));
    vectors.resize(std::min<size_t>(vectors.size(), 50));
    return FuseHybrid(words, vectors);
  });
  MeasureAnswers(data, retriever);
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: answer_quality FILE\n"), 2;
  return kvorum::Run(argv[1]);
}
