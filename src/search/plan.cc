#include "search/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "search/limits.h"
#include "search/vector_bytes.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

using Kind = QueryNode::Kind;

constexpr size_t kLineBytes = 64;

// In order, but with anything between.
constexpr int64_t kAnySlop = INT32_MAX;

class Planner {
 public:
  Planner(SearchIndex* index, const PlanOptions& options, Plan* plan, std::string* error)
      : index_(index), options_(options), plan_(plan), error_(error) {}

  // Null on errors.
  IteratorPtr Build(const QueryNode& node) {
    IteratorPtr iterator = BuildUnweighted(node);
    if (iterator != nullptr) iterator->set_weight(node.weight);
    return iterator;
  }

 private:
  using Search = void (TermDictionary::*)(std::string_view, const TermDictionary::Visit&) const;

  IteratorPtr BuildUnweighted(const QueryNode& node) {
    switch (node.kind) {
      case Kind::kAll:
        return std::make_unique<AllIterator>(&index_->all());
      case Kind::kNothing:
        return std::make_unique<EmptyIterator>();
      case Kind::kTerm:
        return node.exact ? Exact(node) : Forms(node);
      case Kind::kPrefix:
      case Kind::kSuffix:
      case Kind::kInfix:
      case Kind::kWildcard:
      case Kind::kFuzzy:
        return Expansion(node);
      case Kind::kPhrase:
        return Intersection(node, {.slop = node.slop.value_or(0), .in_order = node.in_order.value_or(true)});
      case Kind::kAnd:
        return Intersection(node, NearnessOf(node));
      case Kind::kOr: {
        std::vector<IteratorPtr> children;
        if (!BuildAll(node, &children)) return nullptr;
        return std::make_unique<UnionIterator>(std::move(children));
      }
      case Kind::kNot:
      case Kind::kOptional: {
        IteratorPtr child = Build(*node.children[0]);
        if (child == nullptr) return nullptr;
        if (node.kind == Kind::kNot) return std::make_unique<NotIterator>(std::move(child), &index_->all());
        return std::make_unique<OptionalIterator>(std::move(child), &index_->all());
      }
      default:
        return Filter(node);
    }
  }

  IteratorPtr Filter(const QueryNode& node) {
    if (node.field->no_index) return Fail(fmt::format("Field `{}` is not indexed", node.field->name));
    switch (node.kind) {
      case Kind::kNumeric:
        return index_->numbers(*node.field)->Find(node.range, &index_->all());
      case Kind::kGeo:
        return index_->places(*node.field)->Find(node.circle, &index_->all());
      case Kind::kTag:
        return Tags(node);
      case Kind::kMissing: {
        const TagIndex* missing = index_->missing(*node.field);
        const Term* documents = missing->tags().Find("");
        if (documents == nullptr) return std::make_unique<EmptyIterator>();
        return missing->Find(documents);
      }
      default:
        return Vectors(node);
    }
  }

  IteratorPtr Fail(std::string text) {
    if (error_->empty()) *error_ = std::move(text);
    return nullptr;
  }

  bool IsLate() {
    if (!options_.is_late || !options_.is_late()) return false;
    Fail("Timeout limit was reached");
    return true;
  }

  bool BuildAll(const QueryNode& node, std::vector<IteratorPtr>* children) {
    for (const QueryPtr& child : node.children) {
      children->push_back(Build(*child));
      if (children->back() == nullptr) return false;
    }
    return true;
  }

  IntersectionIterator::Nearness NearnessOf(const QueryNode& node) const {
    const bool in_order = node.in_order.value_or(options_.in_order);
    const int64_t unset = in_order ? kAnySlop : IntersectionIterator::Nearness::kAnywhere;
    const int64_t slop = node.slop ? *node.slop : options_.slop.value_or(unset);
    return {.slop = slop < 0 ? unset : slop, .in_order = in_order};
  }

  IteratorPtr Intersection(const QueryNode& node, const IntersectionIterator::Nearness& nearness) {
    std::vector<IteratorPtr> children;
    if (!BuildAll(node, &children)) return nullptr;
    return std::make_unique<IntersectionIterator>(std::move(children), nearness);
  }

  std::unique_ptr<TermIterator> TermOf(std::string_view text, const FieldSet& fields) {
    const Term* term = index_->text().terms().Find(text);
    return term == nullptr ? nullptr : std::make_unique<TermIterator>(&index_->text(), term, Narrowed(fields));
  }

  // Where an index has one text field, whatever is not none is all.
  FieldSet Narrowed(const FieldSet& fields) const {
    return !index_->text().format().fields && fields.Has(0) ? FieldSet::All() : fields;
  }

  IteratorPtr Exact(const QueryNode& node) {
    IteratorPtr term = TermOf(node.text, node.fields);
    return term != nullptr ? std::move(term) : std::make_unique<EmptyIterator>();
  }

  bool Stems(const FieldSet& fields) const {
    for (const Field& field : index_->schema().fields) {
      if (field.type == FieldType::kText && !field.no_stem && fields.Has(field.text_field)) return true;
    }
    return false;
  }

  IteratorPtr Forms(const QueryNode& node) {
    FormsIterator::Forms forms;
    forms.word = TermOf(node.text, node.fields);
    if (Stems(node.fields)) {
      const std::string stem(index_->text().stemmers().Stem(options_.language, node.text));
      forms.word_is_stem = stem == node.text;
      forms.same_stem = TermOf(kStemMark + stem, node.fields);
      if (!forms.word_is_stem) forms.stem = TermOf(stem, node.fields);
    }
    return FormsIterator::Of(std::move(forms));
  }

  // Calls visit for the terms of the dictionary that the node stands for. Its text is folded already.
  static void VisitExpansion(const TermDictionary& terms, const QueryNode& node, const TermDictionary::Visit& visit) {
    const bool is_long = CountCodePoints(node.text) >= kMinPrefixLetters;
    switch (node.kind) {
      case Kind::kPrefix:
        if (is_long) terms.WithPrefix(node.text, visit);
        break;
      case Kind::kSuffix:
        if (is_long) terms.EndingWith(node.text, visit);
        break;
      case Kind::kInfix:
        if (is_long) terms.Containing(node.text, visit);
        break;
      case Kind::kWildcard:
        terms.Matching(node.text, visit);
        break;
      case Kind::kFuzzy:
        terms.Near(node.text, node.distance, visit);
        break;
      default:
        if (const Term* term = terms.Find(node.text)) visit(*term);
        break;
    }
  }

  static IteratorPtr UnionOf(std::vector<IteratorPtr> children) {
    if (children.empty()) return std::make_unique<EmptyIterator>();
    if (children.size() == 1) return std::move(children[0]);
    return std::make_unique<UnionIterator>(std::move(children));
  }

  IteratorPtr Expansion(const QueryNode& node) {
    std::vector<IteratorPtr> children;
    if (IsLate()) return nullptr;
    VisitExpansion(index_->text().terms(), node, [&](const Term& term) {
      children.push_back(std::make_unique<TermIterator>(&index_->text(), &term, Narrowed(node.fields)));
      return children.size() < kMaxExpansions;
    });
    return UnionOf(std::move(children));
  }

  IteratorPtr Tags(const QueryNode& node) {
    const TagIndex* tags = index_->tags(*node.field);
    std::vector<IteratorPtr> children;
    for (const QueryPtr& child : node.children) {
      size_t found = 0;
      if (child->kind != Kind::kTerm && IsLate()) return nullptr;
      VisitExpansion(tags->tags(), *child, [&](const Term& tag) {
        children.push_back(tags->Find(&tag));
        return ++found < kMaxExpansions;
      });
    }
    return UnionOf(std::move(children));
  }

  static bool HasVectors(const QueryNode& node) {
    return node.kind == Kind::kKnn || node.kind == Kind::kVectorRange ||
           std::any_of(node.children.begin(), node.children.end(),
                       [](const QueryPtr& child) { return HasVectors(*child); });
  }

  // A query that has run; null: it is asked for, or there is an error.
  const VectorQuery* Answer(const QueryNode& node, const FieldVectors& vectors) {
    VectorSearches* searches = options_.searches;
    const bool is_knn = node.kind == Kind::kKnn;
    const bool is_answered =
        searches != nullptr && next_search_ < searches->done.size() && searches->done[next_search_]->is_whole();
    IteratorPtr filter;
    // One that names distances itself is planned in any case.
    if (is_knn && node.children[0]->kind != Kind::kAll && (!is_answered || HasVectors(*node.children[0]))) {
      filter = Build(*node.children[0]);
      if (filter == nullptr) return nullptr;
    }
    if (searches != nullptr && next_search_ < searches->done.size()) {
      const VectorQuery* answer = searches->done[next_search_].get();
      if (vectors.HasBegun(*answer)) {
        if (!answer->is_whole()) {
          searches->asked = std::move(searches->done[next_search_]);
          searches->done.resize(next_search_);
          vectors.Continue(searches->asked.get(), filter.get());
          return nullptr;
        }
        ++next_search_;
        return answer;
      }
      // The index has been made anew meanwhile.
      searches->done.clear();
      next_search_ = 0;
      return Answer(node, vectors);
    }
    std::unique_ptr<VectorQuery> query =
        is_knn ? vectors.BeginNearest(*node.vector, filter.get()) : vectors.BeginWithin(*node.vector);
    if (searches != nullptr) {
      searches->asked = std::move(query);
      return nullptr;
    }
    while (!query->is_whole()) {
      filter = Build(*node.children[0]);
      if (filter == nullptr) return nullptr;
      vectors.Continue(query.get(), filter.get());
    }
    const SearchContextPtr own_context = options_.context == nullptr ? MakeSearchContext() : nullptr;
    query->Run(options_.context == nullptr ? own_context.get() : options_.context);
    own_searches_.push_back(std::move(query));
    return own_searches_.back().get();
  }

  // From the documents' own numbers: of several vectors the nearest counts.
  void MeasureAgain(const QueryNode& node, const std::vector<float>& query, std::vector<FoundVector>* found) const {
    const VectorOptions& options = node.field->vector;
    const std::string& identifier = node.field->identifier;
    const std::vector<std::unique_ptr<Document>> documents = OpenAll(*found, identifier);
    std::vector<float> vector;
    for (size_t i = 0; i < found->size(); ++i) {
      if (documents[i] == nullptr) continue;
      std::string_view text;
      if (documents[i]->View(identifier, &text)) {
        // It may have changed since it was indexed.
        if (DecodeVector(options, text, &vector)) (*found)[i].distance = VectorDistance(options.metric, query, vector);
        continue;
      }
      std::vector<DocumentValue> values;
      if (!documents[i]->Read(identifier, true, &values)) continue;
      std::optional<double> nearest;
      for (const DocumentValue& value : values) {
        const bool is_numbers = value.kind == DocumentValue::Kind::kNumbers;
        if (!DecodeVector(options, is_numbers ? EncodeVector(options.element, value.numbers) : value.text, &vector))
          continue;
        const double distance = VectorDistance(options.metric, query, vector);
        if (!nearest || distance < *nearest) nearest = distance;
      }
      if (nearest) (*found)[i].distance = *nearest;
    }
  }

  // Their documents, with what the identifier names on its way from memory: they lie far apart, and waiting for one after the other takes longer than all else.
  std::vector<std::unique_ptr<Document>> OpenAll(const std::vector<FoundVector>& found,
                                                 std::string_view identifier) const {
    std::vector<const IndexedDocument*> indexed;
    indexed.reserve(found.size());
    for (const FoundVector& each : found) {
      indexed.push_back(index_->Find(each.id));
      CHECK(indexed.back() != nullptr);
      PrefetchLine(&indexed.back()->key);
    }
    std::vector<std::string_view> keys;
    keys.reserve(found.size());
    for (const IndexedDocument* each : indexed) keys.push_back(each->key);
    std::vector<std::unique_ptr<Document>> documents = options_.documents->OpenAll(keys);
    bool more = true;
    for (int step = 0; more; ++step) {
      more = false;
      for (const auto& document : documents) more |= document != nullptr && document->Prefetch(identifier, step);
    }
    for (const auto& document : documents) {
      std::string_view text;
      if (document == nullptr || !document->View(identifier, &text)) continue;
      for (size_t at = 0; at < text.size(); at += kLineBytes) PrefetchLine(text.data() + at);
    }
    return documents;
  }

  IteratorPtr Vectors(const QueryNode& node) {
    const FieldVectors* vectors = index_->vectors(*node.field);
    if (vectors == nullptr) return Fail(fmt::format("Field `{}` has no vector index", node.field->name));
    const bool is_knn = node.kind == Kind::kKnn;
    if (is_knn) plan_->is_knn = true;
    std::vector<float> query;
    if (!DecodeVector(node.field->vector, node.vector->vector, &query)) {
      return Fail(
          "Error parsing vector similarity query: query vector has a number that is not finite, or no direction");
    }
    const VectorQuery* answer = Answer(node, *vectors);
    if (answer == nullptr) return nullptr;
    std::vector<FoundVector> found = vectors->Take(*answer);
    std::erase_if(found, [this](const FoundVector& each) { return !index_->all().Has(each.id); });
    if (options_.documents != nullptr && !vectors->is_exact()) MeasureAgain(node, query, &found);
    if (!is_knn) std::erase_if(found, [&](const FoundVector& each) { return each.distance > node.vector->radius; });
    if (is_knn && found.size() > node.vector->k) {
      const auto end = found.begin() + static_cast<ptrdiff_t>(node.vector->k);
      std::nth_element(found.begin(), end, found.end(), [](const FoundVector& a, const FoundVector& b) {
        return a.distance < b.distance || (a.distance == b.distance && a.id < b.id);
      });
      found.erase(end, found.end());
      std::sort(found.begin(), found.end(), [](const FoundVector& a, const FoundVector& b) { return a.id < b.id; });
    }
    std::vector<DocId> ids;
    ids.reserve(found.size());
    for (const FoundVector& each : found) ids.push_back(each.id);
    NamedDistances distances{node.vector->distance_name, std::move(found)};
    const auto at = is_knn ? plan_->distances.begin() : plan_->distances.end();
    if (is_knn || !distances.name.empty()) plan_->distances.insert(at, std::move(distances));
    return std::make_unique<ListIterator>(std::move(ids));
  }

  SearchIndex* index_;
  const PlanOptions& options_;
  Plan* plan_;
  std::string* error_;
  size_t next_search_ = 0;
  std::vector<std::unique_ptr<VectorQuery>> own_searches_;
};

}  // namespace

std::optional<double> NamedDistances::Find(DocId id) const {
  const auto at = std::lower_bound(by_document.begin(), by_document.end(), id,
                                   [](const FoundVector& each, DocId wanted) { return each.id < wanted; });
  return at != by_document.end() && at->id == id ? std::optional(at->distance) : std::nullopt;
}

bool MakePlan(const QueryNode& query, SearchIndex* index, const PlanOptions& options, Plan* plan, std::string* error) {
  error->clear();
  plan->root = Planner(index, options, plan, error).Build(query);
  return plan->root != nullptr;
}

}  // namespace kvorum
