#include "experiment/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace kvorum {
namespace {

// Of one answer. Words as common as "the" stand in more places than anybody wants to compare.
constexpr size_t kMaxPlaces = 100;
constexpr size_t kFive = 5;

// A text with each run of white space as one space: where a document's lines end says nothing of its words.
struct Folded {
  std::string text;
  std::vector<size_t> characters;  // of the text as it was, by byte of `text`
};

Folded Fold(std::string_view text) {
  Folded folded;
  size_t character = 0;
  for (const char c : text) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space || (!folded.text.empty() && folded.text.back() != ' ')) {
      folded.text += is_space ? ' ' : c;
      folded.characters.push_back((c & 0xC0) == 0x80 && character > 0 ? character - 1 : character);
    }
    character += (c & 0xC0) != 0x80;
  }
  if (folded.text.ends_with(' ')) folded.text.pop_back();
  return folded;
}

struct Question {
  const ExperimentQuestion* asked;
  std::vector<DocumentSpan> places;  // where its answers stand
};

// The questions' answers, found in the texts.
class AnswerFinder {
 public:
  AnswerFinder(const ExperimentPlan& plan, WordIndex& words) : words_(words) {
    for (const ExperimentQuestion& question : plan.questions) questions_.push_back({&question, {}});
  }

  void Look(const std::string& document, const std::string& text_id, std::string_view text) {
    words_.Add(text_id, text);
    const Folded folded = Fold(text);
    for (Question& question : questions_) {
      for (const ExpectedAnswer& answer : question.asked->answers) {
        if (document.ends_with(answer.document)) FindAll(Fold(answer.text).text, text_id, folded, &question.places);
      }
    }
  }

  std::vector<Question> Take(ExperimentOutput& output) {
    for (const Question& question : questions_) {
      if (question.asked->answers.empty() || !question.places.empty()) continue;
      output.Warn(fmt::format("\"{}\": none of its answers stands in the documents word for word; it does not count",
                              question.asked->text));
    }
    return std::move(questions_);
  }

 private:
  static void FindAll(const std::string& answer, const std::string& text_id, const Folded& in,
                      std::vector<DocumentSpan>* places) {
    if (answer.empty()) return;
    size_t at = in.text.find(answer);
    while (at != std::string::npos && places->size() < kMaxPlaces) {
      const DocumentSpan place{text_id, in.characters[at], in.characters[at + answer.size() - 1] + 1};
      if (std::find(places->begin(), places->end(), place) == places->end()) places->push_back(place);
      at = in.text.find(answer, at + answer.size());
    }
  }

  WordIndex& words_;
  std::vector<Question> questions_;
};

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool HoldsAnswer(const ExperimentQuestion& question, const std::string& said) {
  const std::string text = Fold(said).text;
  return std::any_of(question.answers.begin(), question.answers.end(), [&](const ExpectedAnswer& answer) {
    return text.find(Fold(answer.text).text) != std::string::npos;
  });
}

// Sums while questions are asked, means at the end.
class QualityMeter {
 public:
  QualityMeter(const WordIndex& words, size_t top) : words_(words), top_(top) {}

  void Count(const Question& question, const ExperimentAnswer& answer) {
    if (question.places.empty()) return;
    std::span<const DocumentSpan> passages = answer.passages;
    passages = passages.first(std::min(passages.size(), top_));
    const size_t rank = RankOfAnswer(question.places, passages);
    const SpanScores scores = ScoreSpans(words_, question.places, passages);
    ++sums_.questions;
    sums_.recall_at_1 += rank == 1;
    sums_.recall_at_5 += rank != 0 && rank <= kFive;
    sums_.recall_at_top += rank != 0;
    sums_.mean_reciprocal_rank += rank == 0 ? 0 : 1 / static_cast<double>(rank);
    sums_.tokens.precision += scores.precision;
    sums_.tokens.recall += scores.recall;
    sums_.tokens.iou += scores.iou;
    sums_.answers_right += HoldsAnswer(*question.asked, answer.said);
  }

  Quality Means() const {
    Quality means = sums_;
    if (means.questions == 0) return means;
    for (double* sum : {&means.recall_at_1, &means.recall_at_5, &means.recall_at_top, &means.mean_reciprocal_rank,
                        &means.tokens.precision, &means.tokens.recall, &means.tokens.iou, &means.answers_right}) {
      *sum /= static_cast<double>(means.questions);
    }
    return means;
  }

 private:
  const WordIndex& words_;
  const size_t top_;
  Quality sums_;
};

class Runner {
 public:
  Runner(const ExperimentPlan& plan, ExperimentBackend& backend, ExperimentOutput& output)
      : plan_(plan), backend_(backend), output_(output) {}

  std::string Run(std::vector<ConfigurationResult>* results) {
    AnswerFinder finder(plan_, words_);
    std::string error =
        backend_.ReadTexts([&](const std::string& document, const std::string& text_id,
                               std::string_view text) { finder.Look(document, text_id, text); },
                           [this](const std::string& path, const std::string& reason) {
                             output_.Warn(fmt::format("{} {}: it is left out of all that is measured", path, reason));
                           });
    if (!error.empty()) return error;
    questions_ = finder.Take(output_);
    for (const ExperimentConfiguration& configuration : plan_.configurations) {
      ConfigurationResult result;
      result.configuration = configuration;
      result.log_file = OwnLogFile(configuration);
      std::string log;
      number_ = results->size() + 1;
      result.failure = RunOne(&result, &log);
      if (!result.failure.empty()) output_.Warn(fmt::format("{}: {}", Describe(configuration), result.failure));
      results->push_back(result);
      error = output_.Write(result, log, *results);
      if (!error.empty()) return error;
    }
    return {};
  }

 private:
  // Names that differ in a character that no file can have would be one file.
  std::string OwnLogFile(const ExperimentConfiguration& configuration) {
    std::string name = LogFileName(configuration);
    const size_t stem = name.rfind('.');
    for (size_t number = 2; !log_files_.insert(name).second; ++number) {
      name = LogFileName(configuration).insert(stem, fmt::format("-{}", number));
    }
    return name;
  }

  void Tell(const char* what, uint64_t done, uint64_t of) {
    output_.Progress(number_, plan_.configurations.size(), what, done, of);
  }

  std::string RunOne(ConfigurationResult* result, std::string* log) {
    const auto progress = [this](uint64_t done, uint64_t of) { Tell("preparing", done, of); };
    backend_.TakePeakBytes();
    std::string error = backend_.Prepare(result->configuration, progress, result);
    result->ingest_peak_bytes = backend_.TakePeakBytes();
    if (!error.empty()) return error;
    QualityMeter meter(words_, plan_.top);
    std::vector<double> retrieval, answering;
    Stage retrieve{"retrieve"}, respond{"answer"};
    for (size_t i = 0; i < questions_.size() && error.empty(); ++i) {
      Tell("asking", i, questions_.size());
      ExperimentAnswer answer;
      error = backend_.Ask(questions_[i].asked->text, plan_.top, &answer);
      if (!error.empty()) break;
      *log += LogBlock(questions_[i].asked->text, answer.text);
      retrieval.push_back(answer.retrieval_seconds);
      answering.push_back(answer.answer_seconds);
      retrieve.seconds += answer.retrieval_seconds;
      respond.seconds += answer.answer_seconds;
      meter.Count(questions_[i], answer);
    }
    result->ask_peak_bytes = backend_.TakePeakBytes();
    result->stages.push_back(retrieve);
    result->stages.push_back(respond);
    result->median_retrieval_ms = 1000 * Median(retrieval);
    result->median_answer_ms = 1000 * Median(answering);
    if (error.empty()) result->quality = meter.Means();  // part of the questions would be another measure
    return error;
  }

  const ExperimentPlan& plan_;
  ExperimentBackend& backend_;
  ExperimentOutput& output_;
  WordIndex words_;
  std::vector<Question> questions_;
  std::unordered_set<std::string> log_files_;
  size_t number_ = 0;
};

}  // namespace

std::string RunExperiment(const ExperimentPlan& plan, ExperimentBackend& backend, ExperimentOutput& output,
                          std::vector<ConfigurationResult>* results) {
  results->clear();
  return Runner(plan, backend, output).Run(results);
}

}  // namespace kvorum
