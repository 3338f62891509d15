#include "search/request.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "search/words.h"

namespace kvorum {
namespace {

bool Fail(std::string* error, std::string text) {
  *error = std::move(text);
  return false;
}

bool ParseBound(WordReader* reader, double* value, bool* exclusive) {
  std::string_view word;
  if (!reader->Take(&word)) return false;
  *exclusive = word.starts_with('(');
  if (*exclusive) word.remove_prefix(1);
  return ParseDouble(word, value);
}

class RequestParser {
 public:
  RequestParser(WordReader* reader, SearchRequest* request, std::string* error)
      : reader_(reader), request_(request), error_(error) {}

  bool Parse() {
    std::string_view query;
    if (!reader_->Take(&query)) return Fail(error_, "wrong number of arguments");
    request_->query = query;
    while (!reader_->done()) {
      if (!ParseFlag() && !ParseOption()) return false;
    }
    return true;
  }

 private:
  bool ParseFlag() {
    const std::pair<std::string_view, bool*> flags[] = {
        {"NOCONTENT", &request_->no_content},       {"VERBATIM", &request_->verbatim},
        {"NOSTOPWORDS", &request_->no_stop_words},  {"WITHSCORES", &request_->with_scores},
        {"WITHPAYLOADS", &request_->with_payloads}, {"WITHSORTKEYS", &request_->with_sort_keys},
        {"EXPLAINSCORE", &request_->explain_score}, {"INORDER", &request_->in_order}};
    for (const auto& [name, flag] : flags) {
      if (reader_->TakeName(name)) return *flag = true;
    }
    return false;
  }

  bool Bad(std::string_view name) {
    return Fail(error_, fmt::format("Bad arguments for {}: Could not convert argument to expected type", name));
  }

  bool ParseOption() {
    std::string_view word;
    if (reader_->TakeName("LIMIT")) return ParseLimit(reader_, &request_->offset, &request_->count, error_);
    if (reader_->TakeName("PARAMS")) return ParseParameters(reader_, &request_->parameters, error_);
    if (reader_->TakeName("DIALECT")) return ParseDialect(reader_, &request_->dialect, error_);
    if (reader_->TakeName("RETURN")) return ParseReturned();
    if (reader_->TakeName("SORTBY")) return ParseSortBy();
    if (reader_->TakeName("FILTER")) return ParseFilter();
    if (reader_->TakeName("GEOFILTER")) return ParseGeoFilter();
    if (reader_->TakeName("SUMMARIZE")) return ParseSummarize();
    if (reader_->TakeName("HIGHLIGHT")) return ParseHighlight();
    if (reader_->TakeName("INKEYS")) {
      request_->in_keys.emplace();
      return ParseNames(&*request_->in_keys) || Bad("INKEYS");
    }
    if (reader_->TakeName("INFIELDS")) return ParseNames(&request_->in_fields) || Bad("INFIELDS");
    if (reader_->TakeName("SLOP")) {
      int64_t slop;
      if (!reader_->TakeInteger(-1, INT32_MAX, &slop)) return Bad("SLOP");
      request_->slop = slop;
      return true;
    }
    if (reader_->TakeName("TIMEOUT")) {
      int64_t timeout;
      if (!reader_->TakeInteger(0, INT64_MAX, &timeout)) return Fail(error_, "Need argument for TIMEOUT");
      request_->timeout_ms = static_cast<uint64_t>(timeout);
      return true;
    }
    if (reader_->TakeName("LANGUAGE")) {
      if (!reader_->Take(&word)) return Bad("LANGUAGE");
      request_->language = LanguageNamed(word);
      return request_->language || Fail(error_, "No such language");
    }
    if (reader_->TakeName("SCORER")) {
      if (!reader_->Take(&word)) return Bad("SCORER");
      request_->scorer = ScorerNamed(word);
      return request_->scorer || Fail(error_, fmt::format("No such scorer {}", word));
    }
    if (reader_->TakeName("BM25STD_TANH_FACTOR")) {
      return (reader_->TakeNumber(&request_->tanh_factor) && request_->tanh_factor > 0) || Bad("BM25STD_TANH_FACTOR");
    }
    if (reader_->TakeName("EXPANDER")) return reader_->Take(&word) || Bad("EXPANDER");
    if (reader_->TakeName("PAYLOAD")) {
      if (!reader_->Take(&word)) return Bad("PAYLOAD");
      request_->payload = word;
      return true;
    }
    return Fail(error_, fmt::format("Unknown argument `{}` at position {} for <main>", reader_->peek(), reader_->at()));
  }

  bool ParseNames(std::vector<std::string>* names) {
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list) || list.empty()) return false;
    names->assign(list.begin(), list.end());
    return true;
  }

  bool ParseReturned() {
    std::span<const std::string_view> list;
    if (!reader_->TakeList(&list)) return Bad("RETURN");
    WordReader names(list);
    request_->returned.emplace();
    std::string_view name, shown;
    while (names.Take(&name)) {
      shown = name;
      if (names.TakeName("AS") && !names.Take(&shown)) {
        return Fail(error_, "RETURN path AS name - must be accompanied with NAME");
      }
      request_->returned->push_back({std::string(name), std::string(shown)});
    }
    if (list.empty()) request_->no_content = true;
    return true;
  }

  bool ParseSortBy() {
    std::string_view field;
    if (!reader_->Take(&field)) return Bad("SORTBY");
    if (field.starts_with('@')) field.remove_prefix(1);
    request_->sort_by = field;
    request_->descending = reader_->TakeName("DESC");
    if (!request_->descending) reader_->TakeName("ASC");
    // Counts are exact anyway.
    if (!reader_->TakeName("WITHCOUNT")) reader_->TakeName("WITHOUTCOUNT");
    return true;
  }

  bool ParseFilter() {
    NumericFilter filter;
    std::string_view field;
    if (!reader_->Take(&field) || !ParseBound(reader_, &filter.range.min, &filter.range.excludes_min) ||
        !ParseBound(reader_, &filter.range.max, &filter.range.excludes_max)) {
      return Fail(error_, "Bad lower range: FILTER requires a field, a least and a greatest number");
    }
    filter.field = field;
    request_->filters.push_back(std::move(filter));
    return true;
  }

  bool ParseGeoFilter() {
    GeoFilter filter;
    std::string_view field, unit;
    double radius;
    if (!reader_->Take(&field) || !reader_->TakeNumber(&filter.circle.longitude) ||
        !reader_->TakeNumber(&filter.circle.latitude) || !reader_->TakeNumber(&radius) || !reader_->Take(&unit)) {
      return Fail(error_, "GEOFILTER requires 5 arguments");
    }
    filter.field = field;
    filter.circle.radius_m = radius * GeoUnitMetres(unit);
    if (!(filter.circle.radius_m > 0) || std::isinf(filter.circle.radius_m))
      return Fail(error_, "Invalid GeoFilter radius or unit");
    if (!(std::fabs(filter.circle.longitude) <= 180 && std::fabs(filter.circle.latitude) <= 85.05112878)) {
      return Fail(error_, "Invalid GeoFilter lat/lon");
    }
    request_->geo_filters.push_back(std::move(filter));
    return true;
  }

  bool ParseSummarize() {
    SummarizeOptions options;
    if (reader_->TakeName("FIELDS") && !ParseNames(&options.fields)) return Bad("SUMMARIZE");
    while (true) {
      int64_t number;
      std::string_view word;
      if (reader_->TakeName("FRAGS")) {
        if (!reader_->TakeInteger(1, 1000, &number)) return Bad("SUMMARIZE");
        options.fragments = static_cast<size_t>(number);
      } else if (reader_->TakeName("LEN")) {
        if (!reader_->TakeInteger(1, 100000, &number)) return Bad("SUMMARIZE");
        options.words = static_cast<size_t>(number);
      } else if (reader_->TakeName("SEPARATOR")) {
        if (!reader_->Take(&word)) return Bad("SUMMARIZE");
        options.separator = word;
      } else {
        break;
      }
    }
    request_->summarize = std::move(options);
    return true;
  }

  bool ParseHighlight() {
    HighlightOptions options;
    if (reader_->TakeName("FIELDS") && !ParseNames(&options.fields)) return Bad("HIGHLIGHT");
    if (reader_->TakeName("TAGS")) {
      std::string_view open, close;
      if (!reader_->Take(&open) || !reader_->Take(&close)) return Bad("HIGHLIGHT");
      options.open = open;
      options.close = close;
    }
    request_->highlight = std::move(options);
    return true;
  }

  WordReader* reader_;
  SearchRequest* request_;
  std::string* error_;
};

}  // namespace

bool ParseParameters(WordReader* reader, QueryParameters* parameters, std::string* error) {
  std::span<const std::string_view> list;
  if (!reader->TakeList(&list) || list.empty() || list.size() % 2 != 0 || list.size() > 2 * kMaxQueryParameters) {
    return Fail(error, "Parameters must be specified in PARAM VALUE pairs");
  }
  for (size_t i = 0; i < list.size(); i += 2) {
    if (!parameters->emplace(list[i], list[i + 1]).second) {
      return Fail(error, fmt::format("Duplicate parameter `{}`", list[i]));
    }
  }
  return true;
}

bool ParseDialect(WordReader* reader, int* dialect, std::string* error) {
  int64_t number;
  if (!reader->TakeInteger(kMinDialect, kMaxDialect, &number)) {
    return Fail(error, fmt::format("DIALECT requires a non negative integer >={} and <= {}", kMinDialect, kMaxDialect));
  }
  *dialect = static_cast<int>(number);
  return true;
}

bool ParseLimit(WordReader* reader, uint64_t* offset, uint64_t* count, std::string* error) {
  int64_t skipped, wanted;
  if (!reader->TakeInteger(0, INT64_MAX, &skipped) || !reader->TakeInteger(0, INT64_MAX, &wanted)) {
    return Fail(error, "LIMIT needs two numeric arguments");
  }
  if (static_cast<uint64_t>(wanted) > kMaxSearchResults) {
    return Fail(error, fmt::format("LIMIT exceeds maximum of {}", kMaxSearchResults));
  }
  if (static_cast<uint64_t>(skipped) > kMaxSearchResults) {
    return Fail(error, fmt::format("OFFSET exceeds maximum of {}", kMaxSearchResults));
  }
  *offset = static_cast<uint64_t>(skipped);
  *count = static_cast<uint64_t>(wanted);
  return true;
}

bool ParseSearchRequest(std::span<const std::string_view> words, int default_dialect, SearchRequest* request,
                        std::string* error) {
  WordReader reader(words);
  request->dialect = default_dialect;
  return RequestParser(&reader, request, error).Parse();
}

}  // namespace kvorum
