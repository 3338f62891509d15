// The words of FT.AGGREGATE.
#include <fmt/format.h>

#include <utility>

#include "search/aggregate.h"
#include "search/reducer.h"
#include "search/words.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

using Kind = AggregateStep::Kind;

std::string_view WithoutMark(std::string_view name) { return name.starts_with('@') ? name.substr(1) : name; }

class AggregateParser {
 public:
  AggregateParser(WordReader* reader, AggregateRequest* request, std::string* error)
      : reader_(reader), request_(request), error_(error) {}

  bool Parse() {
    std::string_view query;
    if (!reader_->Take(&query)) return Fail("wrong number of arguments");
    request_->search.query = query;
    while (!reader_->done()) {
      bool is_step = false;
      if (!ParseStep(&is_step) || (!is_step && !ParseOption())) return false;
      if (request_->steps.size() > kMaxPipelineSteps) return Fail("Too many steps");
    }
    // Parameters may stand behind the expressions that use them.
    for (auto& [step, text] : expressions_) {
      std::string error;
      request_->steps[step].expression = Expression::Parse(text, &error, &request_->search.parameters);
      if (request_->steps[step].expression == nullptr) return Fail(std::move(error));
    }
    return true;
  }

 private:
  bool Fail(std::string text) {
    if (error_->empty()) *error_ = std::move(text);
    return false;
  }
  bool Bad(std::string_view name) { return Fail(fmt::format("Bad arguments for {}", name)); }

  AggregateStep& AddStep(Kind kind) {
    request_->steps.emplace_back();
    request_->steps.back().kind = kind;
    return request_->steps.back();
  }

  bool ParseStep(bool* is_step) {
    *is_step = true;
    if (reader_->TakeName("LOAD")) return ParseLoad();
    if (reader_->TakeName("GROUPBY")) return ParseGroup();
    if (reader_->TakeName("SORTBY")) return ParseSort();
    if (reader_->TakeName("APPLY")) return ParseApply();
    if (reader_->TakeName("FILTER")) {
      std::string_view text;
      if (!reader_->Take(&text)) return Bad("FILTER");
      expressions_.emplace_back(request_->steps.size(), text);
      AddStep(Kind::kFilter);
      return true;
    }
    if (reader_->TakeName("LIMIT")) {
      AggregateStep& step = AddStep(Kind::kLimit);
      return ParseLimit(reader_, &step.offset, &step.count, error_);
    }
    *is_step = false;
    return true;
  }

  bool ParseOption() {
    SearchRequest& search = request_->search;
    if (reader_->TakeName("VERBATIM")) return search.verbatim = true;
    if (reader_->TakeName("ADDSCORES")) return request_->add_scores = true;
    if (reader_->TakeName("WITHCOUNT") || reader_->TakeName("WITHOUTCOUNT")) return true;
    if (reader_->TakeName("PARAMS")) return ParseParameters(reader_, &search.parameters, error_);
    if (reader_->TakeName("DIALECT")) return ParseDialect(reader_, &search.dialect, error_);
    if (reader_->TakeName("TIMEOUT")) {
      int64_t timeout;
      if (!reader_->TakeInteger(0, INT64_MAX, &timeout)) return Fail("Need argument for TIMEOUT");
      search.timeout_ms = static_cast<uint64_t>(timeout);
      return true;
    }
    std::string_view word;
    if (reader_->TakeName("SCORER")) {
      if (!reader_->Take(&word)) return Bad("SCORER");
      search.scorer = ScorerNamed(word);
      return search.scorer || Fail(fmt::format("No such scorer {}", word));
    }
    if (reader_->TakeName("LANGUAGE")) {
      if (!reader_->Take(&word)) return Bad("LANGUAGE");
      search.language = LanguageNamed(word);
      return search.language || Fail("No such language");
    }
    if (reader_->TakeName("WITHCURSOR")) return ParseCursor();
    return Fail(fmt::format("Unknown argument `{}` at position {} for <main>", reader_->peek(), reader_->at()));
  }

  bool ParseCursor() {
    request_->with_cursor = true;
    while (true) {
      int64_t number;
      if (reader_->TakeName("COUNT")) {
        if (!reader_->TakeInteger(1, INT32_MAX, &number)) return Bad("COUNT");
        request_->cursor_count = static_cast<uint64_t>(number);
      } else if (reader_->TakeName("MAXIDLE")) {
        if (!reader_->TakeInteger(1, INT64_MAX, &number)) return Bad("MAXIDLE");
        request_->cursor_max_idle_ms = std::min<uint64_t>(static_cast<uint64_t>(number), 300000);
      } else {
        return true;
      }
    }
  }

  bool ParseLoad() {
    for (const AggregateStep& step : request_->steps) {
      if (step.kind == Kind::kGroup) return Fail("LOAD cannot be applied after a GROUPBY");
    }
    AggregateStep& step = AddStep(Kind::kLoad);
    if (reader_->TakeName("*")) return step.load_all = true;
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list) || list.empty()) return Bad("LOAD");
    WordReader names(list);
    std::string_view name, shown;
    while (names.Take(&name)) {
      shown = name = WithoutMark(name);
      if (names.TakeName("AS") && !names.Take(&shown)) return Fail("LOAD path AS name - must be accompanied with NAME");
      step.loaded.push_back({std::string(name), std::string(shown)});
    }
    return true;
  }

  bool ParseApply() {
    std::string_view text, name;
    if (!reader_->Take(&text)) return Bad("APPLY");
    expressions_.emplace_back(request_->steps.size(), text);
    AggregateStep& step = AddStep(Kind::kApply);
    step.name = text;
    if (reader_->TakeName("AS")) {
      if (!reader_->Take(&name)) return Fail("AS needs argument");
      step.name = WithoutMark(name);
    }
    return true;
  }

  bool ParseSort() {
    AggregateStep& step = AddStep(Kind::kSort);
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list)) return Bad("SORTBY");
    WordReader keys(list);
    std::string_view name;
    while (keys.Take(&name)) {
      if (!name.starts_with('@')) return Fail(fmt::format("MISSING ASC or DESC after sort field ({})", name));
      const bool descending = keys.TakeName("DESC");
      if (!descending) keys.TakeName("ASC");
      step.sort_keys.push_back({std::string(WithoutMark(name)), descending});
    }
    if (reader_->TakeName("MAX")) {
      int64_t max;
      if (!reader_->TakeInteger(0, INT64_MAX, &max)) return Bad("MAX");
      step.max = std::min<uint64_t>(static_cast<uint64_t>(max), kMaxSearchResults);
    }
    if (!reader_->TakeName("WITHCOUNT")) reader_->TakeName("WITHOUTCOUNT");
    return true;
  }

  bool ParseGroup() {
    AggregateStep& step = AddStep(Kind::kGroup);
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list)) return Bad("GROUPBY");
    for (std::string_view name : list) {
      if (!name.starts_with('@')) {
        return Fail(fmt::format("Bad arguments for GROUPBY: Unknown property `{}`. Did you mean `@{}`?", name, name));
      }
      step.properties.emplace_back(WithoutMark(name));
    }
    while (reader_->TakeName("REDUCE")) {
      ReducerSpec spec;
      std::string_view function, shown;
      if (!reader_->Take(&function) || !reader_->TakeList(&list)) return Bad("REDUCE");
      spec.function = UpperCase(function);
      spec.arguments.assign(list.begin(), list.end());
      spec.shown = "__generated_alias" + FoldCase(function);
      for (size_t i = 0; i < list.size(); ++i) spec.shown += (i > 0 ? "," : "") + std::string(WithoutMark(list[i]));
      if (reader_->TakeName("AS")) {
        if (!reader_->Take(&shown)) return Bad("AS");
        spec.shown = WithoutMark(shown);
      }
      std::vector<std::string> ignored;
      if (MakeReducerFactory(spec, &ignored, error_) == nullptr) return false;
      step.reducers.push_back(std::move(spec));
    }
    return true;
  }

  WordReader* reader_;
  AggregateRequest* request_;
  std::string* error_;
  std::vector<std::pair<size_t, std::string_view>> expressions_;  // of which step
};

}  // namespace

bool ParseAggregateRequest(std::span<const std::string_view> words, int default_dialect, AggregateRequest* request,
                           std::string* error) {
  WordReader reader(words);
  request->search.dialect = default_dialect;
  error->clear();
  return AggregateParser(&reader, request, error).Parse();
}

}  // namespace kvorum
