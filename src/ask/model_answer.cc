#include "ask/model_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ask/answer.h"

namespace kvorum {
namespace {

// What is longer between brackets, or has larger numbers, is no citation.
constexpr size_t kMaxBracketBytes = 64;
constexpr size_t kMaxCitedNumber = 999;
// Of a context that is smaller than asked for, the part that is left to the answer.
constexpr size_t kAnswerShare = 4;

}  // namespace

ModelAnswerer::ModelAnswerer(const ModelServerSettings& settings, const PromptLimits& limits)
    : model_(settings), limits_(limits) {}

ModelError ModelAnswerer::FitContext(std::string* note) {
  if (knows_context_) return {};
  size_t tokens = 0;
  if (ModelError error = model_.ContextLength(&tokens)) return error;
  knows_context_ = true;
  if (tokens == 0 || tokens >= limits_.context_tokens) return {};
  *note = "The model has a context of " + std::to_string(tokens) + " tokens, not " +
          std::to_string(limits_.context_tokens) + ". ";
  limits_.context_tokens = tokens;
  limits_.answer_tokens = std::min(limits_.answer_tokens, tokens / kAnswerShare);
  return {};
}

ModelError ModelAnswerer::Answer(std::string_view question, std::vector<FoundChunk> passages,
                                 const std::function<void(std::string_view)>& on_text, ModelAnswer* answer) {
  *answer = {};
  if (ModelError error = FitContext(&answer->note)) return error;
  Prompt prompt;
  if (!MakePrompt(question, passages, limits_, &prompt))
    return ModelError("The question and the best passage need a context of " + std::to_string(prompt.estimated_tokens) +
                      " tokens with the answer, and there are " + std::to_string(limits_.context_tokens) +
                      ". A larger --context, a smaller --answer-tokens or smaller chunks help.");
  if (prompt.passages < passages.size()) {
    answer->note += std::to_string(prompt.passages) + " of the " + std::to_string(passages.size()) +
                    " passages found fit in a context of " + std::to_string(limits_.context_tokens) + " tokens. ";
  }
  passages.resize(prompt.passages);
  answer->passages = std::move(passages);
  ChatRequest request;
  request.messages = {{"system", prompt.system}, {"user", prompt.user}};
  request.context_tokens = limits_.context_tokens;
  request.answer_tokens = limits_.answer_tokens;
  ChatEnd end;
  ModelError error = model_.Answer(
      request,
      [&](std::string_view text) {
        answer->text += text;
        on_text(text);
        return true;
      },
      &end);
  if (!error && end.cut_short) {
    answer->note +=
        "The answer ends where it had " + std::to_string(limits_.answer_tokens) + " tokens (--answer-tokens). ";
  }
  // Servers cut a prompt off at its beginning, where the instructions are, and say nothing.
  if (!error && end.prompt_tokens >= limits_.context_tokens) {
    answer->note += "The model took the prompt for " + std::to_string(end.prompt_tokens) +
                    " tokens, more than fit in a context of " + std::to_string(limits_.context_tokens) +
                    ", so it may not have seen all of it. A larger --context or smaller chunks help. ";
  }
  answer->cited = CitedNumbers(answer->text, answer->passages.size());
  return error;
}

std::vector<size_t> CitedNumbers(std::string_view text, size_t most) {
  std::vector<size_t> numbers;
  for (size_t at = text.find('['); at != text.npos; at = text.find('[', at + 1)) {
    // [1], and [1, 2] as some models write
    size_t number = 0;
    std::vector<size_t> inside;
    size_t i = at + 1;
    for (; i < text.size() && i - at < kMaxBracketBytes; ++i) {
      const char c = text[i];
      if (c >= '0' && c <= '9' && number <= kMaxCitedNumber) {
        number = number * 10 + static_cast<size_t>(c - '0');
      } else if (c == ',' || c == ' ' || c == ']') {
        if (number > 0) inside.push_back(number);
        number = 0;
        if (c == ']') break;
      } else {
        i = text.size();
      }
    }
    if (i >= text.size() || text[i] != ']') continue;
    for (size_t one : inside) {
      if (one <= most) numbers.push_back(one);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

std::string CitedPassagesText(const ModelAnswer& answer) {
  std::string text;
  for (size_t number : answer.cited) text += CitationText(number, answer.passages[number - 1]) + "\n";
  return text;
}

std::string ModelAnswerText(const ModelAnswer& answer) {
  const std::string passages = CitedPassagesText(answer);
  return answer.text + "\n" + (passages.empty() ? "" : "\n") + passages;
}

std::string ModelAnswerJson(std::string_view question, const std::string& model, const ModelAnswer& answer,
                            const std::vector<std::string>& passages) {
  nlohmann::ordered_json json;
  json["question"] = question;
  json["model"] = model;
  json["answer"] = answer.text;
  json["note"] = answer.note;
  json["citations"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < answer.cited.size(); ++i) {
    const size_t number = answer.cited[i];
    const FoundChunk& chunk = answer.passages[number - 1];
    json["citations"].push_back({{"number", number},
                                 {"path", chunk.path},
                                 {"kind", chunk.kind},
                                 {"place", chunk.number},
                                 {"text", chunk.text},
                                 {"begin", chunk.begin},
                                 {"end", chunk.end}});
    if (i < passages.size()) json["citations"].back()["passage"] = passages[i];
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace kvorum
