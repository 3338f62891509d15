// answer_quality FILE: how well questions are answered: the paragraphs found (by words, by the built-in embedder's
// vectors, by both), and the sentences cited of them.
//
// FILE is in SQuAD's layout (XQuAD's English part: 240 paragraphs, 1,190 questions). Each paragraph is a document. Settings
// were chosen on the questions of every other article, from the first; figures are given for all questions and for the other half.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/paragraphs.h"
#include "embedding/static_embedder.h"
#include "retrieval/passages.h"

namespace kvorum {
namespace {

// What Retriever takes of each.
constexpr size_t kCandidates = 50;

// Ranks paragraphs by words, by vectors, and by both.
class Retriever {
 public:
  explicit Retriever(const Paragraphs& data)
      : data_(data),
        embedder_(MakeBuiltInEmbedder()),
        index_(data, {"STOPWORDS", "0", "SCHEMA", "text", "TEXT"}),
        vectors_(data.texts.size() * embedder_->dimension()) {
    for (size_t i = 0; i < data.texts.size(); ++i) {
      embedder_->EmbedOne(data.texts[i], &vectors_[i * embedder_->dimension()]);
    }
  }

  std::vector<Ranked> ByWords(const std::string& question) const { return index_.Find(question, "BM25STD"); }

  std::vector<Ranked> BySimilarity(const std::string& question) const {
    const size_t dimension = embedder_->dimension();
    std::vector<float> vector(dimension);
    embedder_->EmbedOne(question, vector.data());
    std::vector<Ranked> ranking;
    for (size_t i = 0; i < data_.texts.size(); ++i) {
      double dot = 0;
      for (size_t k = 0; k < dimension; ++k) dot += double{vector[k]} * vectors_[i * dimension + k];
      ranking.push_back({i, dot});
    }
    std::sort(ranking.begin(), ranking.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    return ranking;
  }

 private:
  const Paragraphs& data_;
  std::unique_ptr<StaticEmbedder> embedder_;
  ParagraphIndex index_;
  std::vector<float> vectors_;
};

template <typename Rank>
void MeasureRetrieval(const char* name, const Paragraphs& data, const Rank& rank) {
  RankSums all;
  RankSums unseen;
  const auto begin = std::chrono::steady_clock::now();
  for (const ParagraphQuestion& question : data.questions) {
    const std::vector<Ranked> ranking = rank(question.text);
    all.Add(ranking, question.paragraph);
    if (question.article % 2 == 1) unseen.Add(ranking, question.paragraph);
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  std::printf("%-28s %s   other half: %s   %6.0f us a question\n", name, all.Text().c_str(), unseen.Text().c_str(),
              time.count() / all.count);
}

// Whether one of the answers is inside one of the sentences cited.
bool IsCited(const ParagraphQuestion& question, std::string_view text, const std::vector<TextSpan>& sentences) {
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
  RankSums ranks;
  double cited = 0;
  double answered = 0;        // found() while the answer is there
  double answered_wrong = 0;  // found() while its article is not
};

void Print(const char* name, const AnswerSums& sums) {
  const double count = sums.ranks.count;
  std::printf("%-28s %s   answer in the first two sentences %.3f\n", name, sums.ranks.Text().c_str(),
              sums.cited / count);
  std::printf("%-28s said to be answered: %.3f of those answered, %.3f of those whose article was left out\n", "",
              sums.answered / count, sums.answered_wrong / count);
}

void MeasureAnswers(const Paragraphs& data, const Retriever& retriever) {
  const std::unique_ptr<StaticEmbedder> embedder = MakeBuiltInEmbedder();
  AnswerExtractor extractor(embedder.get());
  AnswerSums all;
  AnswerSums unseen;
  std::chrono::duration<double, std::micro> time{};
  for (const ParagraphQuestion& question : data.questions) {
    std::vector<Ranked> words = retriever.ByWords(question.text);
    std::vector<Ranked> vectors = retriever.BySimilarity(question.text);
    const auto rank = [&] {
      const auto text_of = [&](uint64_t id) { return std::string_view(data.texts[id]); };
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
    const bool cited = IsCited(question, data.texts[again.front().id], answer.passages.front().sentences);
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
  Paragraphs data;
  if (!ReadParagraphs(path, &data)) return 1;
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
