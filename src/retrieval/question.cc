#include "retrieval/question.h"

#include <algorithm>
#include <set>

#include "embedding/static_embedder.h"
#include "text/language.h"
#include "text/tokenizer.h"

namespace kvorum {
namespace {

constexpr double kLeastWeight = 0.1;  // of a word that is frequent everywhere but may matter here

// Words that only make a question, and those that every text has: ascending.
constexpr std::string_view kEmptyWords[] = {
    "a",    "about", "also",   "an",    "and",   "any",   "are",  "as",      "at",      "be",    "been", "being",
    "but",  "by",    "can",    "could", "did",   "do",    "does", "exactly", "explain", "for",   "from", "had",
    "has",  "have",  "he",     "hello", "her",   "hi",    "his",  "how",     "i",       "in",    "into", "is",
    "it",   "its",   "kindly", "know",  "many",  "may",   "me",   "mean",    "means",   "much",  "my",   "of",
    "on",   "or",    "please", "s",     "say",   "says",  "she",  "some",    "such",    "tell",  "than", "thanks",
    "that", "the",   "their",  "them",  "there", "they",  "this", "to",      "was",     "we",    "were", "what",
    "when", "where", "which",  "who",   "whom",  "whose", "why",  "will",    "with",    "would", "you",  "your"};

constexpr std::string_view kNumberWords[] = {"billion", "dozen",  "eight",   "eleven",  "fifty", "five",   "forty",
                                             "four",    "half",   "hundred", "million", "nine",  "one",    "quarter",
                                             "seven",   "six",    "sixty",   "ten",     "third", "thirty", "thousand",
                                             "three",   "twelve", "twenty",  "two"};
constexpr std::string_view kTimeWords[] = {
    "april",  "august", "autumn",   "century", "day",     "december",  "decade",  "february", "friday",    "january",
    "july",   "june",   "march",    "may",     "monday",  "november",  "october", "saturday", "september", "spring",
    "summer", "sunday", "thursday", "today",   "tuesday", "wednesday", "winter",  "year",     "years"};

template <size_t N>
bool Has(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string StemOf(Stemmers& stemmers, std::string_view word) {
  return std::string(word.size() < kMinStemLetters ? word : stemmers.Stem(Language::kEnglish, word));
}

Stemmers& ThreadsStemmers() {
  thread_local Stemmers stemmers;
  return stemmers;
}

bool HasDigit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

AnswerKind KindAskedFor(std::string_view question) {
  std::vector<std::string> words;
  Tokenizer tokenizer(question);
  for (Token token; tokenizer.Next(&token);) words.emplace_back(token.text);
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "who" || word == "whom" || word == "whose") return AnswerKind::kPerson;
    if (word == "when") return AnswerKind::kTime;
    if (word == "where") return AnswerKind::kPlace;
    if (word == "how") {
      static constexpr std::string_view kMeasures[] = {"many", "much", "long",  "old",  "far",   "large", "big",
                                                       "tall", "high", "often", "deep", "heavy", "fast",  "wide"};
      if (Has(kMeasures, next)) return AnswerKind::kNumber;
      return AnswerKind::kAnything;
    }
    if (word == "what" || word == "which") {
      static constexpr std::string_view kTimes[] = {"year",   "years", "date", "century",
                                                    "decade", "month", "day",  "time"};
      static constexpr std::string_view kNumbers[] = {"percentage", "percent", "number", "amount", "proportion"};
      static constexpr std::string_view kPlaces[] = {"city", "country",   "state", "place",
                                                     "town", "continent", "region"};
      static constexpr std::string_view kPersons[] = {"person", "man", "woman", "president", "king", "queen", "author"};
      for (size_t k = i + 1; k < std::min(words.size(), i + 3); ++k) {
        if (Has(kTimes, words[k])) return AnswerKind::kTime;
        if (Has(kNumbers, words[k])) return AnswerKind::kNumber;
        if (Has(kPlaces, words[k])) return AnswerKind::kPlace;
        if (Has(kPersons, words[k])) return AnswerKind::kPerson;
      }
      return AnswerKind::kAnything;
    }
  }
  return AnswerKind::kAnything;
}

QuestionProfile::QuestionProfile(std::string_view question, StaticEmbedder* embedder)
    : embedder_(embedder), kind_(KindAskedFor(question)), vector_(embedder->dimension()) {
  embedder->EmbedOne(question, vector_.data());
  std::string previous;
  Tokenizer tokenizer(question);
  for (Token token; tokenizer.Next(&token);) {
    folded_.emplace_back(token.text);
    if (Has(kEmptyWords, token.text)) {
      previous.clear();
      continue;
    }
    std::string stem = StemOf(ThreadsStemmers(), token.text);
    if (!previous.empty()) pairs_.emplace_back(previous, stem);
    previous = stem;
    if (std::find(stems_.begin(), stems_.end(), stem) != stems_.end()) continue;
    weights_.push_back(kLeastWeight + double{embedder->WordWeight(token.text)});
    weight_sum_ += weights_.back();
    stems_.push_back(std::move(stem));
  }
}

SentenceMatch QuestionProfile::Match(std::string_view sentence, const std::vector<bool>& before) const {
  SentenceMatch match;
  match.words.resize(stems_.size());
  std::set<std::pair<std::string, std::string>> beside;
  std::string previous;
  Tokenizer tokenizer(sentence);
  for (Token token; tokenizer.Next(&token);) {
    if (Has(kEmptyWords, token.text)) {
      previous.clear();
      continue;
    }
    std::string stem = StemOf(ThreadsStemmers(), token.text);
    const auto known = std::find(stems_.begin(), stems_.end(), stem);
    if (known != stems_.end()) match.words[static_cast<size_t>(known - stems_.begin())] = true;
    match.says_more = match.says_more || known == stems_.end();
    if (!previous.empty()) beside.emplace(previous, stem);
    previous = std::move(stem);
  }
  match.coverage = Coverage(match.words);
  std::vector<bool> both = match.words;
  for (size_t i = 0; i < std::min(both.size(), before.size()); ++i) both[i] = both[i] || before[i];
  match.coverage_with_before = Coverage(both);
  size_t pairs = 0;
  for (const auto& pair : pairs_) pairs += beside.contains(pair);
  if (!pairs_.empty()) match.pairs = static_cast<double>(pairs) / static_cast<double>(pairs_.size());
  std::vector<float> vector(vector_.size());
  embedder_->EmbedOne(sentence, vector.data());
  double dot = 0;
  for (size_t i = 0; i < vector.size(); ++i) dot += double{vector[i]} * vector_[i];
  match.likeness = std::max(0.0, dot);
  match.kind = HasKind(sentence) ? 1 : 0;
  return match;
}

double QuestionProfile::Coverage(const std::vector<bool>& words) const {
  double sum = 0;
  for (size_t i = 0; i < std::min(words.size(), weights_.size()); ++i) sum += words[i] ? weights_[i] : 0;
  return weight_sum_ > 0 ? sum / weight_sum_ : 0;
}

bool QuestionProfile::HasKind(std::string_view sentence) const {
  if (kind_ == AnswerKind::kAnything) return false;
  Tokenizer tokenizer(sentence);
  for (Token token; tokenizer.Next(&token);) {
    if (std::find(folded_.begin(), folded_.end(), token.text) != folded_.end()) continue;
    const bool capital = token.position > 0 && sentence[token.begin] >= 'A' && sentence[token.begin] <= 'Z';
    switch (kind_) {
      case AnswerKind::kAnything:
        break;
      case AnswerKind::kPerson:
      case AnswerKind::kPlace:
        if (capital && token.text.size() > 1) return true;
        break;
      case AnswerKind::kTime:
        if ((HasDigit(token.text) && token.text.size() >= 2) || Has(kTimeWords, token.text)) return true;
        break;
      case AnswerKind::kNumber:
        if (HasDigit(token.text) || Has(kNumberWords, token.text)) return true;
        break;
    }
  }
  return false;
}

}  // namespace kvorum
