#include "search/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/numbers.h"
#include "search/highlight.h"

namespace kvorum {
namespace {

constexpr uint64_t kDocumentsBetweenLateness = 1024;

bool Fail(std::string* error, std::string text) {
  *error = std::move(text);
  return false;
}

Language LanguageOf(const SearchIndex& index, const SearchRequest& request) {
  return request.language.value_or(index.schema().language);
}

// 1 / (1 + bits that differ), 0 when the lengths do.
double HammingScore(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.empty()) return 0;
  int bits = 0;
  for (size_t i = 0; i < a.size(); ++i) bits += std::popcount(static_cast<uint8_t>(a[i] ^ b[i]));
  return 1.0 / (1 + bits);
}

// Collects the best of what comes.
class Searcher {
 public:
  Searcher(SearchIndex* index, const SearchRequest& request, const SearchEnvironment& environment, Plan* plan)
      : index_(index), request_(request), environment_(environment), plan_(plan) {
    const Scorer scorer = request.scorer.value_or(Scorer::kBm25Std);
    ranking_ = Ranking::Of(index->text(), scorer);
    ranking_.tanh_factor = request.tanh_factor;
    by_distance_ = plan->is_knn && request.sort_by.empty();
    needs_score_ = request.with_scores || (request.sort_by.empty() && !by_distance_);
    wanted_ = request.offset + request.count;
    if (!request.sort_by.empty()) sort_field_ = index->schema().FindAny(request.sort_by);
  }

  // Whether the field to sort by is known to anybody.
  bool CanSort() const {
    if (request_.sort_by.empty() || sort_field_ != nullptr) return true;
    return std::any_of(plan_->distances.begin(), plan_->distances.end(),
                       [this](const NamedDistances& distances) { return distances.name == request_.sort_by; });
  }

  void Run(SearchResults* results) {
    double least = INFINITY, greatest = -INFINITY;
    Iterator& root = *plan_->root;
    uint64_t seen = 0;
    while (root.Next() != kNoDoc) {
      if (++seen % kDocumentsBetweenLateness == 0 && environment_.is_late && environment_.is_late()) {
        results->timed_out = true;
        break;
      }
      const DocStats* stats = index_->all().Find(root.doc());
      if (stats == nullptr) continue;
      ++results->total;
      if (wanted_ == 0) continue;
      SearchRow row;
      row.document = index_->Find(root.doc());
      if (needs_score_) row.score = Score(root, *stats, *row.document);
      least = std::min(least, row.score);
      greatest = std::max(greatest, row.score);
      row.sort_key = SortKey(*row.document);
      Keep(std::move(row));
    }
    auto better = [this](const SearchRow& a, const SearchRow& b) { return IsBetter(a, b); };
    std::sort(kept_.begin(), kept_.end(), better);
    for (size_t i = std::min<size_t>(request_.offset, kept_.size()); i < kept_.size(); ++i) {
      results->rows.push_back(std::move(kept_[i]));
      Finish(&results->rows.back(), least, greatest);
    }
  }

 private:
  double Score(const Iterator& root, const DocStats& stats, const IndexedDocument& document) const {
    if (ranking_.scorer == Scorer::kHamming) return HammingScore(document.payload, request_.payload);
    return ScoreDocument(root, ranking_, stats);
  }

  const NamedDistances* DistancesNamed(std::string_view name) const {
    for (const NamedDistances& distances : plan_->distances) {
      if (distances.name == name) return &distances;
    }
    return nullptr;
  }

  static Value DistanceOf(const NamedDistances& distances, DocId id) {
    const std::optional<double> distance = distances.Find(id);
    return distance ? Value(*distance) : Value();
  }

  Value SortKey(const IndexedDocument& document) const {
    if (by_distance_) return DistanceOf(plan_->distances.front(), document.id);
    if (request_.sort_by.empty()) return Value();
    if (const NamedDistances* distances = DistancesNamed(request_.sort_by)) return DistanceOf(*distances, document.id);
    if (sort_field_ == nullptr) return Value();
    if (sort_field_->sortable) {
      const Value* value = index_->SortValue(document, *sort_field_);
      return value == nullptr ? Value() : *value;
    }
    return LoadedSortKey(document);
  }

  Value LoadedSortKey(const IndexedDocument& document) const {
    if (sort_field_->type == FieldType::kNumeric && index_->numbers(*sort_field_) != nullptr) {
      const double* number = index_->numbers(*sort_field_)->First(document.id);
      return number == nullptr ? Value() : Value(*number);
    }
    if (environment_.documents == nullptr) return Value();
    const std::unique_ptr<Document> opened = environment_.documents->Open(document.key);
    std::string text;
    if (opened == nullptr || !opened->ReadShown(sort_field_->identifier, &text)) return Value();
    return Value(std::move(text));
  }

  // Documents without the field come last, whatever the order; equal ones in the order of their numbers.
  bool IsBetter(const SearchRow& a, const SearchRow& b) const {
    if (by_distance_ || !request_.sort_by.empty()) {
      if (a.sort_key.IsNull() != b.sort_key.IsNull()) return b.sort_key.IsNull();
      const int order = Value::Compare(a.sort_key, b.sort_key);
      if (order != 0) return request_.descending && !by_distance_ ? order > 0 : order < 0;
    } else if (a.score != b.score) {
      return a.score > b.score;
    }
    return a.document->id < b.document->id;
  }

  void Keep(SearchRow row) {
    auto better = [this](const SearchRow& a, const SearchRow& b) { return IsBetter(a, b); };
    if (kept_.size() < wanted_) {
      kept_.push_back(std::move(row));
      std::push_heap(kept_.begin(), kept_.end(), better);
    } else if (IsBetter(row, kept_.front())) {
      std::pop_heap(kept_.begin(), kept_.end(), better);
      kept_.back() = std::move(row);
      std::push_heap(kept_.begin(), kept_.end(), better);
    }
  }

  void Finish(SearchRow* row, double least, double greatest) const {
    if (ranking_.scorer == Scorer::kBm25StdNorm) {
      row->score = greatest > least ? (row->score - least) / (greatest - least) : 1;
    }
    for (const NamedDistances& distances : plan_->distances) {
      const std::optional<double> distance = distances.Find(row->document->id);
      if (distance) row->distances.emplace_back(distances.name, *distance);
    }
  }

  SearchIndex* index_;
  const SearchRequest& request_;
  const SearchEnvironment& environment_;
  Plan* plan_;
  Ranking ranking_;
  const Field* sort_field_ = nullptr;
  bool by_distance_ = false;
  bool needs_score_ = true;
  uint64_t wanted_ = 0;
  std::vector<SearchRow> kept_;  // a heap, the worst in front
};

// Filters that stand outside of the query, as parts of it.
bool AddFilters(const SearchIndex& index, const SearchRequest& request, std::vector<QueryPtr>* parts,
                std::string* error) {
  for (const NumericFilter& filter : request.filters) {
    const Field* field = index.schema().Find(filter.field);
    if (field == nullptr || field->type != FieldType::kNumeric) {
      return Fail(error, fmt::format("Unknown Field '{}' or not numeric", filter.field));
    }
    parts->push_back(std::make_unique<QueryNode>(QueryNode::Kind::kNumeric));
    parts->back()->field = field;
    parts->back()->range = filter.range;
  }
  for (const GeoFilter& filter : request.geo_filters) {
    const Field* field = index.schema().Find(filter.field);
    if (field == nullptr || field->type != FieldType::kGeo) {
      return Fail(error, fmt::format("Unknown Field '{}' or not geo", filter.field));
    }
    parts->push_back(std::make_unique<QueryNode>(QueryNode::Kind::kGeo));
    parts->back()->field = field;
    parts->back()->circle = filter.circle;
  }
  return true;
}

// The documents with these keys and of the plan.
void RestrictToKeys(const SearchIndex& index, const std::vector<std::string>& keys, Plan* plan) {
  std::vector<DocId> ids;
  for (const std::string& key : keys) {
    if (const IndexedDocument* document = index.Find(key)) ids.push_back(document->id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<IteratorPtr> both;
  both.push_back(std::move(plan->root));
  both.push_back(std::make_unique<ListIterator>(std::move(ids)));
  plan->root = std::make_unique<IntersectionIterator>(std::move(both));
}

}  // namespace

QueryPtr ParseRequestQuery(const SearchIndex& index, const SearchRequest& request, std::string* error) {
  QueryOptions options;
  options.dialect = request.dialect;
  options.parameters = &request.parameters;
  options.stop_words = request.no_stop_words ? nullptr : &index.text().stop_words();
  options.verbatim = request.verbatim;
  if (!request.in_fields.empty()) {
    options.fields = FieldSet();
    for (const std::string& name : request.in_fields) {
      const Field* field = index.schema().Find(name);
      if (field != nullptr && field->type == FieldType::kText) options.fields.Add(field->text_field);
    }
  }
  QueryPtr query = ParseQuery(request.query, index.schema(), options, error);
  if (query == nullptr || (request.filters.empty() && request.geo_filters.empty())) return query;
  std::vector<QueryPtr> parts;
  if (!AddFilters(index, request, &parts, error)) return nullptr;
  // A KNN clause takes them into its filter.
  QueryPtr& filtered = query->kind == QueryNode::Kind::kKnn ? query->children[0] : query;
  parts.insert(parts.begin(), std::move(filtered));
  filtered = std::make_unique<QueryNode>(QueryNode::Kind::kAnd);
  filtered->slop = -1;
  filtered->in_order = false;
  filtered->children = std::move(parts);
  return query;
}

bool Search(SearchIndex* index, const SearchRequest& request, const SearchEnvironment& environment,
            SearchResults* results, std::string* error) {
  const QueryPtr query = ParseRequestQuery(*index, request, error);
  if (query == nullptr) return false;
  Plan plan;
  PlanOptions options;
  options.is_late = environment.is_late;
  options.language = LanguageOf(*index, request);
  options.slop = request.slop;
  options.in_order = request.in_order;
  options.searches = environment.searches;
  options.context = environment.context;
  options.documents = environment.documents;
  if (!MakePlan(*query, index, options, &plan, error)) return false;
  if (request.in_keys) RestrictToKeys(*index, *request.in_keys, &plan);
  Searcher searcher(index, request, environment, &plan);
  if (!searcher.CanSort()) {
    return Fail(error, fmt::format("Property `{}` not loaded nor in schema", request.sort_by));
  }
  searcher.Run(results);
  return true;
}

RowFormatter::RowFormatter(SearchIndex* index, const SearchRequest* request) : index_(index), request_(request) {
  if (!request->summarize && !request->highlight) return;
  std::string error;
  const QueryPtr query = ParseRequestQuery(*index, *request, &error);
  if (query != nullptr) highlighter_ = std::make_unique<Highlighter>(*query, LanguageOf(*index, *request));
}

RowFormatter::~RowFormatter() = default;

void RowFormatter::Embellish(const std::string& name, std::string* value) const {
  if (highlighter_ == nullptr) return;
  const Field* field = index_->schema().FindAny(name);
  if (field == nullptr || field->type != FieldType::kText) return;
  auto concerns = [&](const std::vector<std::string>& names) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end() ||
           std::find(names.begin(), names.end(), field->name) != names.end();
  };
  const FieldSet set = FieldSet::Of(field->text_field);
  const bool highlights = request_->highlight && concerns(request_->highlight->fields);
  if (request_->summarize && concerns(request_->summarize->fields)) {
    *value = highlighter_->Summarize(*value, set, *request_->summarize, highlights ? &*request_->highlight : nullptr);
  } else if (highlights) {
    *value = highlighter_->Highlight(*value, set, *request_->highlight);
  }
}

std::vector<std::pair<std::string, std::string>> RowFormatter::Fields(const SearchRow& row,
                                                                      const Document& document) const {
  std::vector<std::pair<std::string, std::string>> fields;
  // Which of the fields: RETURN, else what SUMMARIZE and HIGHLIGHT name, else all.
  std::vector<ReturnedField> named;
  if (request_->returned) {
    named = *request_->returned;
  } else {
    if (request_->summarize) {
      for (const std::string& name : request_->summarize->fields) named.push_back({name, name});
    }
    if (request_->highlight) {
      for (const std::string& name : request_->highlight->fields) {
        const bool known =
            std::any_of(named.begin(), named.end(), [&](const auto& field) { return field.name == name; });
        if (!known) named.push_back({name, name});
      }
    }
  }
  if (!request_->returned && named.empty()) {
    for (const auto& [name, distance] : row.distances) fields.emplace_back(name, NumberText(distance));
    document.ReadAll(&fields);
    for (size_t i = row.distances.size(); i < fields.size(); ++i) Embellish(fields[i].first, &fields[i].second);
    return fields;
  }
  for (const ReturnedField& wanted : named) {
    const auto distance = std::find_if(row.distances.begin(), row.distances.end(),
                                       [&](const auto& each) { return each.first == wanted.name; });
    if (distance != row.distances.end()) {
      fields.emplace_back(wanted.shown, NumberText(distance->second));
      continue;
    }
    const Field* field = index_->schema().Find(wanted.name);
    std::string value;
    if (!document.ReadShown(field == nullptr ? wanted.name : field->identifier, &value)) continue;
    Embellish(wanted.name, &value);
    fields.emplace_back(wanted.shown, std::move(value));
  }
  return fields;
}

}  // namespace kvorum
