#include "experiment/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace kvorum {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxTop = 1000;
constexpr size_t kMaxChunkSize = 1 << 20;

std::string Join(std::initializer_list<std::string_view> words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::string PathFrom(const std::string& folder, const std::string& path) {
  if (path.starts_with('/') || folder.empty()) return path;
  return folder + "/" + path;
}

// A value or a list of them.
std::vector<Json> ListOf(const Json& value) {
  if (!value.is_array()) return {value};
  return value.get<std::vector<Json>>();
}

std::string UnknownKey(const Json& object, const std::string& where, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fmt::format("{}there is no \"{}\"; there are {}", where, key, Join(known));
    }
  }
  return {};
}

std::string ReadWords(const Json& grid, const char* key, std::initializer_list<std::string_view> allowed,
                      std::vector<std::string>* words) {
  if (!grid.contains(key)) return {};
  words->clear();
  for (const Json& value : ListOf(grid[key])) {
    if (!value.is_string()) return fmt::format("grid.{}: a word or a list of words is wanted", key);
    const std::string word = value;
    if (allowed.size() != 0 && std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
      return fmt::format("grid.{}: \"{}\" is none of {}", key, word, Join(allowed));
    }
    words->push_back(word);
  }
  return words->empty() ? fmt::format("grid.{}: the list is empty", key) : std::string();
}

std::string ReadSizes(const Json& grid, const char* key, size_t least, std::vector<size_t>* sizes) {
  if (!grid.contains(key)) return {};
  sizes->clear();
  for (const Json& value : ListOf(grid[key])) {
    if (!value.is_number_unsigned() || value.get<size_t>() < least || value.get<size_t>() > kMaxChunkSize) {
      return fmt::format("grid.{}: whole numbers from {} to {} are wanted", key, least, kMaxChunkSize);
    }
    sizes->push_back(value);
  }
  return sizes->empty() ? fmt::format("grid.{}: the list is empty", key) : std::string();
}

struct Grid {
  std::vector<std::string> chunk_by{"structure"}, embedder{"builtin"}, index{"hnsw"}, retrieval{"hybrid"},
      model{"none"};
  std::vector<size_t> chunk_size{1000}, overlap{100};
};

std::string ReadGrid(const Json& json, Grid* grid) {
  if (!json.is_object()) return "grid: an object is wanted";
  std::string error =
      UnknownKey(json, "grid: ", {"chunk_by", "chunk_size", "overlap", "embedder", "index", "retrieval", "model"});
  if (error.empty()) error = ReadWords(json, "chunk_by", {"characters", "tokens", "structure"}, &grid->chunk_by);
  if (error.empty()) error = ReadSizes(json, "chunk_size", 1, &grid->chunk_size);
  if (error.empty()) error = ReadSizes(json, "overlap", 0, &grid->overlap);
  if (error.empty()) error = ReadWords(json, "embedder", {}, &grid->embedder);
  if (error.empty()) error = ReadWords(json, "index", {"hnsw", "flat"}, &grid->index);
  if (error.empty()) error = ReadWords(json, "retrieval", {"hybrid", "words", "vectors"}, &grid->retrieval);
  if (error.empty()) error = ReadWords(json, "model", {}, &grid->model);
  return error;
}

// All combinations, the last axis changing fastest.
std::string Combine(const Grid& grid, std::vector<ExperimentConfiguration>* all) {
  std::vector<ExperimentConfiguration> some{{}};
  const auto vary = [&some](const auto& values, auto member) {
    std::vector<ExperimentConfiguration> more;
    for (const ExperimentConfiguration& base : some) {
      for (auto value = values.begin(); value != values.end(); ++value) {
        if (more.size() > kMaxConfigurations) break;
        if (std::find(values.begin(), value, *value) != value) continue;  // named twice
        more.push_back(base);
        more.back().*member = *value;
      }
    }
    some = std::move(more);
  };
  vary(grid.embedder, &ExperimentConfiguration::embedder);
  vary(grid.chunk_by, &ExperimentConfiguration::chunk_by);
  vary(grid.chunk_size, &ExperimentConfiguration::chunk_size);
  vary(grid.overlap, &ExperimentConfiguration::overlap);
  vary(grid.index, &ExperimentConfiguration::index);
  vary(grid.retrieval, &ExperimentConfiguration::retrieval);
  vary(grid.model, &ExperimentConfiguration::model);
  if (some.size() > kMaxConfigurations) return fmt::format("grid: more than {} configurations", kMaxConfigurations);
  *all = std::move(some);
  return {};
}

std::string ReadQuestion(const Json& json, size_t number, ExperimentQuestion* question) {
  if (json.is_string()) {
    question->text = json;
  } else {
    if (!json.is_object() || !json.contains("question") || !json["question"].is_string()) {
      return fmt::format("questions: number {} is neither text nor an object with \"question\"", number);
    }
    if (std::string error = UnknownKey(json, fmt::format("questions: number {}: ", number), {"question", "answers"});
        !error.empty()) {
      return error;
    }
    question->text = json["question"];
    for (const Json& answer : json.contains("answers") ? ListOf(json["answers"]) : std::vector<Json>()) {
      if (answer.is_string()) {
        question->answers.push_back({"", answer});
      } else if (answer.is_object() && answer.contains("text") && answer["text"].is_string()) {
        question->answers.push_back({answer.value("document", ""), answer["text"]});
      } else {
        return fmt::format("questions: number {}: an answer is text, or an object with \"text\" and \"document\"",
                           number);
      }
      if (question->answers.back().text.empty()) return fmt::format("questions: number {}: an answer is empty", number);
    }
  }
  if (question->text.empty()) return fmt::format("questions: number {} is empty", number);
  return {};
}

// The Stanford Question Answering Dataset's form, versions 1 and 2.
std::string ReadSquad(const Json& json, ExperimentPlan* plan) {
  for (const Json& article : json.at("data")) {
    for (const Json& paragraph : article.at("paragraphs")) {
      const std::string name = fmt::format("paragraph-{:06}.txt", plan->inline_documents.size() + 1);
      plan->inline_documents.push_back({name, paragraph.at("context")});
      for (const Json& qa : paragraph.at("qas")) {
        ExperimentQuestion question{.text = qa.at("question"), .answers = {}};
        for (const Json& answer : qa.at("answers")) question.answers.push_back({name, answer.at("text")});
        plan->questions.push_back(std::move(question));
      }
    }
  }
  return {};
}

void ReadLines(std::string_view text, std::vector<ExperimentQuestion>* questions) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) questions->push_back({std::string(line), {}});
  }
}

std::string ReadQuestions(const Json& json, const std::string& folder, PlanFiles& files, ExperimentPlan* plan) {
  if (json.is_array()) {
    for (const Json& one : json) {
      ExperimentQuestion question;
      if (std::string error = ReadQuestion(one, plan->questions.size() + 1, &question); !error.empty()) return error;
      plan->questions.push_back(std::move(question));
    }
    return {};
  }
  if (!json.is_string()) return "questions: a list, or the name of a file, is wanted";
  const std::string path = PathFrom(folder, json);
  std::string content;
  if (std::string error = files.Read(path, &content); !error.empty()) return fmt::format("questions: {}", error);
  const Json squad = Json::parse(content, nullptr, false, true);
  if (squad.is_discarded()) {
    ReadLines(content, &plan->questions);
    return {};
  }
  if (squad.is_array()) return ReadQuestions(squad, folder, files, plan);
  try {
    return ReadSquad(squad, plan);
  } catch (const Json::exception& error) {
    return fmt::format("questions: {} is JSON, but neither a list of questions nor SQuAD's: {}", path, error.what());
  }
}

std::string ReadPlan(const Json& json, const std::string& folder, PlanFiles& files, ExperimentPlan* plan) {
  if (!json.is_object()) return "an object is wanted: {\"documents\": ..., \"grid\": ..., \"questions\": ...}";
  if (std::string error = UnknownKey(json, "", {"documents", "grid", "top", "questions", "output"}); !error.empty())
    return error;
  Grid grid;
  if (json.contains("grid")) {
    if (std::string error = ReadGrid(json["grid"], &grid); !error.empty()) return error;
  }
  if (std::string error = Combine(grid, &plan->configurations); !error.empty()) return error;
  for (const Json& path : json.contains("documents") ? ListOf(json["documents"]) : std::vector<Json>()) {
    if (!path.is_string() || path == "") return "documents: a list of files and folders is wanted";
    plan->documents.push_back(PathFrom(folder, path));
  }
  if (!json.contains("questions")) return "there are no \"questions\"";
  if (std::string error = ReadQuestions(json["questions"], folder, files, plan); !error.empty()) return error;
  if (plan->questions.empty()) return "questions: there are none";
  if (plan->documents.empty() && plan->inline_documents.empty()) return "there are no \"documents\"";
  if (json.contains("top")) {
    const Json& top = json["top"];
    if (!top.is_number_unsigned() || top == 0 || top > kMaxTop)
      return fmt::format("top: a number from 1 to {} is wanted", kMaxTop);
    plan->top = top;
  }
  if (json.contains("output") && !json["output"].is_string()) return "output: a folder's name is wanted";
  plan->output = PathFrom(folder, json.value("output", "results"));
  return {};
}

}  // namespace

std::string Describe(const ExperimentConfiguration& configuration) {
  const ExperimentConfiguration& c = configuration;
  return fmt::format("{} {}/{}, {}, {}, {}, {}", c.chunk_by, c.chunk_size, c.overlap, c.embedder, c.index, c.retrieval,
                     c.model);
}

std::string ParsePlan(std::string_view json, const std::string& folder, PlanFiles& files, ExperimentPlan* plan) {
  *plan = {};
  if (json.size() > kMaxPlanBytes) return fmt::format("the file has more than {} MB", kMaxPlanBytes >> 20);
  try {
    return ReadPlan(Json::parse(json, nullptr, true, true), folder, files, plan);
  } catch (const Json::exception& error) {
    const std::string_view what = error.what();
    return fmt::format("it is no JSON that can be read: {}", what.substr(what.find("] ") + 2));  // without its own name
  }
}

}  // namespace kvorum
