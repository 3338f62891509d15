#include "search/hybrid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "search/words.h"
#include "text/ranking.h"

namespace kvorum {
namespace {

constexpr std::string_view kVectorParameter = "__hybrid_vector";
constexpr std::string_view kDistanceName = "__hybrid_distance";
constexpr uint64_t kMaxWindow = 100000;
constexpr int kHybridDialect = 2;

class HybridParser {
 public:
  HybridParser(WordReader* reader, HybridRequest* request, std::string* error)
      : reader_(reader), request_(request), error_(error) {}

  bool Parse() { return ParseWords() && ParseVector() && ParseCombine() && ParseSteps(); }

 private:
  bool Fail(std::string text) {
    if (error_->empty()) *error_ = std::move(text);
    return false;
  }
  bool Bad(std::string_view name) { return Fail(fmt::format("Bad arguments for {}", name)); }

  bool TakeName(std::string_view what, std::string* name) {
    std::string_view word;
    if (!reader_->Take(&word)) return Bad(what);
    *name = word.starts_with('@') ? word.substr(1) : word;
    return true;
  }

  bool ParseWords() {
    std::string_view word;
    if (!reader_->TakeName("SEARCH") || !reader_->Take(&word)) return Fail("SEARCH argument is required");
    request_->words.query = word;
    while (true) {
      if (reader_->TakeName("SCORER")) {
        if (!reader_->Take(&word)) return Bad("SCORER");
        request_->words.scorer = ScorerNamed(word);
        if (!request_->words.scorer) return Fail(fmt::format("No such scorer {}", word));
      } else if (reader_->TakeName("YIELD_SCORE_AS")) {
        if (!TakeName("YIELD_SCORE_AS", &request_->words_score)) return false;
      } else {
        return true;
      }
    }
  }

  bool ParseVector() {
    std::string_view field, vector;
    if (!reader_->TakeName("VSIM")) return Fail("VSIM argument is required");
    if (!reader_->Take(&field) || !field.starts_with('@')) return Fail("Missing vector field name");
    if (!reader_->Take(&vector)) return Fail("Missing vector blob");
    request_->field = field.substr(1);
    request_->vector = vector;
    if (reader_->TakeName("KNN")) {
      if (!ParseNearest()) return false;
    } else if (reader_->TakeName("RANGE")) {
      if (!ParseRange()) return false;
    }
    while (true) {
      if (reader_->TakeName("YIELD_SCORE_AS")) {
        if (!TakeName("YIELD_SCORE_AS", &request_->vector_score)) return false;
      } else if (request_->filter.empty() && reader_->TakeName("FILTER")) {
        std::string_view filter;
        if (!reader_->Take(&filter)) return Bad("FILTER");
        request_->filter = filter;
        // How it is filtered is chosen by what is cheaper.
        int64_t size;
        if (reader_->TakeName("POLICY") && !reader_->TakeName("ADHOC") && !reader_->TakeName("ADHOC_BF") &&
            !reader_->TakeName("BATCHES")) {
          return Bad("POLICY");
        }
        if (reader_->TakeName("BATCH_SIZE") && !reader_->TakeInteger(1, INT32_MAX, &size)) return Bad("BATCH_SIZE");
      } else {
        return true;
      }
    }
  }

  bool ParseNearest() {
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list) || list.size() % 2 != 0) return Bad("KNN");
    WordReader pairs(list);
    bool has_k = false;
    while (!pairs.done()) {
      int64_t number;
      if (pairs.TakeName("K")) {
        if (!pairs.TakeInteger(1, kMaxKnnResults, &number)) return Fail("Invalid K value");
        request_->k = static_cast<uint64_t>(number);
        has_k = true;
      } else if (pairs.TakeName("EF_RUNTIME")) {
        if (!pairs.TakeInteger(1, INT32_MAX, &number)) return Fail("Invalid EF_RUNTIME value");
        request_->vector_options += fmt::format(" EF_RUNTIME {}", number);
      } else if (pairs.TakeName("YIELD_SCORE_AS") || pairs.TakeName("YIELD_DISTANCE_AS")) {
        std::string_view name;
        pairs.Take(&name);
        request_->vector_score = name;
      } else {
        return Fail(fmt::format("Unknown argument `{}` in KNN", pairs.peek()));
      }
    }
    return has_k || Fail("Missing required argument K");
  }

  bool ParseRange() {
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list) || list.size() % 2 != 0) return Bad("RANGE");
    WordReader pairs(list);
    request_->is_range = true;
    bool has_radius = false;
    while (!pairs.done()) {
      double number;
      if (pairs.TakeName("RADIUS")) {
        if (!pairs.TakeNumber(&request_->radius) || !(request_->radius >= 0)) return Fail("Invalid RADIUS value");
        has_radius = true;
      } else if (pairs.TakeName("EPSILON")) {
        if (!pairs.TakeNumber(&number) || !(number > 0)) return Fail("Invalid EPSILON value");
        request_->vector_options += fmt::format("$EPSILON: {}; ", number);
      } else if (pairs.TakeName("YIELD_SCORE_AS") || pairs.TakeName("YIELD_DISTANCE_AS")) {
        std::string_view name;
        pairs.Take(&name);
        request_->vector_score = name;
      } else {
        return Fail(fmt::format("Unknown argument `{}` in RANGE", pairs.peek()));
      }
    }
    return has_radius || Fail("Missing required argument RADIUS");
  }

  bool ParseCombine() {
    if (!reader_->TakeName("COMBINE")) return true;
    request_->is_linear = reader_->TakeName("LINEAR");
    if (!request_->is_linear && !reader_->TakeName("RRF")) {
      return Fail(fmt::format("Unknown method `{}` in COMBINE", reader_->peek()));
    }
    int64_t count;
    // The count may be left out with the pairs.
    if (!reader_->TakeInteger(0, INT32_MAX, &count)) return true;
    if (static_cast<size_t>(count) > reader_->left() || count % 2 != 0) return Bad("COMBINE");
    for (const size_t end = reader_->at() + static_cast<size_t>(count); reader_->at() < end;) {
      int64_t number;
      if (!request_->is_linear && reader_->TakeName("CONSTANT")) {
        if (!reader_->TakeNumber(&request_->constant) || !(request_->constant >= 0)) return Bad("CONSTANT");
      } else if (request_->is_linear && reader_->TakeName("ALPHA")) {
        if (!reader_->TakeNumber(&request_->alpha)) return Bad("ALPHA");
      } else if (request_->is_linear && reader_->TakeName("BETA")) {
        if (!reader_->TakeNumber(&request_->beta)) return Bad("BETA");
      } else if (reader_->TakeName("WINDOW")) {
        if (!reader_->TakeInteger(1, kMaxWindow, &number)) return Bad("WINDOW");
        request_->window = static_cast<uint64_t>(number);
      } else if (reader_->TakeName("YIELD_SCORE_AS")) {
        if (!TakeName("YIELD_SCORE_AS", &request_->combined_score)) return false;
      } else {
        return Fail(fmt::format("Unknown argument `{}` in COMBINE", reader_->peek()));
      }
    }
    return true;
  }

  // The rest is an aggregation's. What is not said is said for it.
  bool ParseSteps() {
    std::vector<std::string_view> words = {"*"};
    bool is_sorted = false, has_load = false, is_cut = false, is_grouped = false;
    const std::span<const std::string_view> rest = reader_->TakeRest();
    for (size_t i = 0; i < rest.size(); ++i) {
      if (SameWord(rest[i], "NOSORT")) {
        is_sorted = true;
        continue;
      }
      // Values of parameters may be any words.
      int64_t count;
      if (SameWord(rest[i], "PARAMS") && i + 1 < rest.size() && ParseInt64(rest[i + 1], &count) && count >= 0 &&
          static_cast<uint64_t>(count) < rest.size() - i - 1) {
        for (const size_t end = i + 2 + static_cast<size_t>(count); i < end; ++i) words.push_back(rest[i]);
        --i;
        continue;
      }
      words.push_back(rest[i]);
    }
    if (!ParseAggregateRequest(words, kHybridDialect, &request_->steps, error_)) return false;
    using Kind = AggregateStep::Kind;
    for (const AggregateStep& step : request_->steps.steps) {
      is_sorted = is_sorted || step.kind == Kind::kSort || step.kind == Kind::kGroup;
      is_grouped = is_grouped || step.kind == Kind::kGroup;
      has_load = has_load || step.kind == Kind::kLoad;
      is_cut = is_cut || step.kind == Kind::kLimit;
    }
    std::vector<AggregateStep> implied;
    if (!has_load && !is_grouped) {
      implied.emplace_back().kind = Kind::kLoad;
      implied.back().loaded = {{"__key", "__key"}};
    }
    if (!is_sorted) {
      implied.emplace_back().kind = Kind::kSort;
      implied.back().sort_keys = {{request_->combined_score, true}};
      implied.back().max = kMaxWindow;
    }
    request_->steps.steps.insert(request_->steps.steps.begin(), implied.begin(), implied.end());
    if (!is_cut) {
      AggregateStep& limit = request_->steps.steps.emplace_back();
      limit.kind = Kind::kLimit;
      limit.count = 10;
    }
    SearchRequest& shared = request_->steps.search;
    shared.dialect = std::max(shared.dialect, kHybridDialect);
    if (!request_->vector.starts_with('$')) {
      shared.parameters[std::string(kVectorParameter)] = request_->vector;
      request_->vector = "$" + std::string(kVectorParameter);
    }
    request_->words.parameters = shared.parameters;
    request_->words.dialect = shared.dialect;
    request_->words.language = shared.language;
    return true;
  }

  WordReader* reader_;
  HybridRequest* request_;
  std::string* error_;
};

// As a query has it.
std::string EscapedName(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::ispunct(byte) != 0 || std::isspace(byte) != 0) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string VectorQueryText(const HybridRequest& request) {
  const std::string filter = request.filter.empty() ? "*" : "(" + request.filter + ")";
  if (!request.is_range) {
    return fmt::format("{}=>[KNN {} @{} {}{} AS {}]", filter, request.k, EscapedName(request.field), request.vector,
                       request.vector_options, kDistanceName);
  }
  return fmt::format("@{}:[VECTOR_RANGE {} {}]=>{{$YIELD_DISTANCE_AS: {}; {}}}{}", EscapedName(request.field),
                     request.radius, request.vector, kDistanceName, request.vector_options,
                     request.filter.empty() ? "" : " " + filter);
}

double Likeness(VectorOptions::Metric metric, double distance) {
  return metric == VectorOptions::Metric::kL2 ? 1 / (1 + distance) : 1 - distance / 2;
}

}  // namespace

bool ParseHybridRequest(std::span<const std::string_view> words, HybridRequest* request, std::string* error) {
  WordReader reader(words);
  error->clear();
  return HybridParser(&reader, request, error).Parse();
}

bool SearchHybrid(SearchIndex* index, const HybridRequest& request, const SearchEnvironment& environment,
                  Random* random, AggregateResults* results, std::string* error) {
  const Field* field = index->schema().Find(request.field);
  if (field == nullptr || field->type != FieldType::kVector) {
    *error = fmt::format("Unknown field '{}' or not a vector", request.field);
    return false;
  }
  // The vector first: this is where the command may have to wait.
  SearchRequest likeness;
  likeness.query = VectorQueryText(request);
  likeness.parameters = request.steps.search.parameters;
  likeness.dialect = request.steps.search.dialect;
  likeness.sort_by = kDistanceName;
  likeness.count = request.window;
  SearchResults near, worded;
  if (!Search(index, likeness, environment, &near, error)) return false;
  SearchRequest words = request.words;
  words.count = request.window;
  words.with_scores = true;
  SearchEnvironment here = environment;
  here.searches = nullptr;
  if (!Search(index, words, here, &worded, error)) return false;

  using Scores = std::map<DocId, double>;
  Scores combined, by_words, by_vector;
  auto add = [&](const SearchRow& row, size_t rank, double score, double weight, Scores* own) {
    combined[row.document->id] +=
        request.is_linear ? weight * score : 1 / (request.constant + static_cast<double>(rank));
    own->emplace(row.document->id, score);
  };
  for (size_t i = 0; i < worded.rows.size(); ++i) {
    add(worded.rows[i], i + 1, worded.rows[i].score, request.alpha, &by_words);
  }
  for (size_t i = 0; i < near.rows.size(); ++i) {
    double distance = 0;
    for (const auto& [name, value] : near.rows[i].distances) {
      if (name == kDistanceName) distance = value;
    }
    add(near.rows[i], i + 1, Likeness(field->vector.metric, distance), request.beta, &by_vector);
  }
  Plan plan;
  std::vector<DocId> ids;
  for (const auto& [id, score] : combined) ids.push_back(id);
  plan.root = std::make_unique<ListIterator>(std::move(ids));
  auto name = [&](const std::string& as, const Scores& scores) {
    NamedDistances named{as, {}};
    for (const auto& [id, score] : scores) named.by_document.push_back({id, score});
    plan.distances.push_back(std::move(named));
  };
  name(request.combined_score, combined);
  if (!request.words_score.empty()) name(request.words_score, by_words);
  if (!request.vector_score.empty()) name(request.vector_score, by_vector);
  return AggregatePlan(index, request.steps, here, random, &plan, results, error);
}

}  // namespace kvorum
