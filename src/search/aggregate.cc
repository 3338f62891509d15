#include "search/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/numbers.h"
#include "search/hybrid.h"
#include "search/plan.h"
#include "search/reducer.h"

namespace kvorum {
namespace {

using Kind = AggregateStep::Kind;

constexpr uint64_t kDocumentsBetweenLateness = 1024;

// Where each property's value is in a record; the same for a whole run.
class Slots {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  size_t Find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? kNone : found->second;
  }
  size_t Add(std::string_view name) {
    const auto [place, is_new] = by_name_.emplace(name, names_.size());
    if (is_new) names_.emplace_back(name);
    return place->second;
  }
  const std::string& name(size_t slot) const { return names_[slot]; }
  size_t size() const { return names_.size(); }

 private:
  std::map<std::string, size_t, std::less<>> by_name_;
  std::vector<std::string> names_;
};

struct Record {
  std::vector<Value> values;
  std::vector<std::string> matched_terms;

  const Value* At(size_t slot) const { return slot < values.size() ? &values[slot] : nullptr; }
  void Set(size_t slot, Value value) {
    if (slot >= values.size()) values.resize(slot + 1);
    values[slot] = std::move(value);
  }
};

// The properties that rows show, in order.
class Shown {
 public:
  void Add(size_t slot) {
    if (std::find(slots_.begin(), slots_.end(), slot) == slots_.end()) slots_.push_back(slot);
  }
  void Clear() { slots_.clear(); }
  const std::vector<size_t>& slots() const { return slots_; }

 private:
  std::vector<size_t> slots_;
};

class RecordContext final : public ExpressionContext, public RecordView {
 public:
  RecordContext(const Slots* slots, const Record* record, const Shown* shown)
      : slots_(slots), record_(record), shown_(shown) {}
  Value Property(std::string_view name) const override {
    const Value* value = record_->At(slots_->Find(name));
    return value == nullptr ? Value() : *value;
  }
  std::vector<std::string> MatchedTerms() const override { return record_->matched_terms; }
  std::vector<std::string> ShownNames() const override {
    std::vector<std::string> names;
    for (size_t slot : shown_->slots()) names.push_back(slots_->name(slot));
    return names;
  }

 private:
  const Slots* slots_;
  const Record* record_;
  const Shown* shown_;
};

// One step. Records are pushed through; at the end each step lets go what it kept.
class Stage {
 public:
  virtual ~Stage() = default;
  // False: it wants no more.
  virtual bool Push(Record record) = 0;
  virtual void End() = 0;
  Stage* next = nullptr;
};

class ApplyStage final : public Stage {
 public:
  ApplyStage(const Expression* expression, size_t slot, const Slots* slots)
      : expression_(expression), slot_(slot), slots_(slots) {}
  bool Push(Record record) override {
    Value value = expression_->Evaluate(RecordContext(slots_, &record, nullptr));
    record.Set(slot_, std::move(value));
    return next->Push(std::move(record));
  }
  void End() override { next->End(); }

 private:
  const Expression* expression_;
  size_t slot_;
  const Slots* slots_;
};

class FilterStage final : public Stage {
 public:
  FilterStage(const Expression* expression, const Slots* slots) : expression_(expression), slots_(slots) {}
  bool Push(Record record) override {
    if (!expression_->Evaluate(RecordContext(slots_, &record, nullptr)).IsTrue()) return true;
    return next->Push(std::move(record));
  }
  void End() override { next->End(); }

 private:
  const Expression* expression_;
  const Slots* slots_;
};

class LimitStage final : public Stage {
 public:
  LimitStage(uint64_t offset, uint64_t count) : offset_(offset), count_(count) {}
  bool Push(Record record) override {
    const uint64_t place = seen_++;
    // All are counted, as the total is what would be there without the limit.
    return place < offset_ || place - offset_ >= count_ || next->Push(std::move(record)) || true;
  }
  void End() override { next->End(); }
  uint64_t seen() const { return seen_; }

 private:
  uint64_t offset_;
  uint64_t count_;
  uint64_t seen_ = 0;
};

class SortStage final : public Stage {
 public:
  struct Key {
    size_t slot;
    bool descending;
  };
  SortStage(std::vector<Key> keys, uint64_t max) : keys_(std::move(keys)), max_(max) {}
  bool Push(Record record) override {
    ++seen_;
    auto better = [this](const Kept& a, const Kept& b) { return IsBetter(a, b); };
    Kept kept{std::move(record), seen_};
    if (kept_.size() < max_) {
      kept_.push_back(std::move(kept));
      std::push_heap(kept_.begin(), kept_.end(), better);
    } else if (max_ > 0 && IsBetter(kept, kept_.front())) {
      std::pop_heap(kept_.begin(), kept_.end(), better);
      kept_.back() = std::move(kept);
      std::push_heap(kept_.begin(), kept_.end(), better);
    }
    return true;
  }
  void End() override {
    std::sort(kept_.begin(), kept_.end(), [this](const Kept& a, const Kept& b) { return IsBetter(a, b); });
    for (Kept& kept : kept_) {
      if (!next->Push(std::move(kept.record))) break;
    }
    next->End();
  }
  uint64_t seen() const { return seen_; }

 private:
  struct Kept {
    Record record;
    uint64_t number;  // among equals the first comes first
  };
  bool IsBetter(const Kept& a, const Kept& b) const {
    static const Value kNull;
    for (const Key& key : keys_) {
      const Value* left = a.record.At(key.slot);
      const Value* right = b.record.At(key.slot);
      if (left == nullptr) left = &kNull;
      if (right == nullptr) right = &kNull;
      // Those without the property come last.
      if (left->IsNull() != right->IsNull()) return right->IsNull();
      const int order = Value::Compare(*left, *right);
      if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return a.number < b.number;
  }

  std::vector<Key> keys_;
  uint64_t max_;
  uint64_t seen_ = 0;
  std::vector<Kept> kept_;
};

class GroupStage final : public Stage {
 public:
  struct Reduction {
    ReducerFactory factory;
    size_t slot;
  };
  GroupStage(std::vector<size_t> keys, std::vector<Reduction> reductions, const Slots* slots, Shown shown_before,
             Random* random)
      : keys_(std::move(keys)),
        reductions_(std::move(reductions)),
        slots_(slots),
        shown_before_(std::move(shown_before)),
        random_(random) {}

  bool Push(Record record) override {
    std::vector<Value> values;
    AddToGroups(record, 0, &values);
    return true;
  }
  void End() override {
    for (Group& group : groups_) {
      Record record;
      for (size_t i = 0; i < keys_.size(); ++i) record.Set(keys_[i], std::move(group.keys[i]));
      for (size_t i = 0; i < reductions_.size(); ++i) record.Set(reductions_[i].slot, group.reducers[i]->Result());
      if (!next->Push(std::move(record))) break;
    }
    groups_.clear();
    next->End();
  }

 private:
  struct Group {
    std::vector<Value> keys;
    std::vector<std::unique_ptr<Reducer>> reducers;
  };

  // A record whose key is a list is in the group of each item; of several lists, of each choice, up to a limit.
  void AddToGroups(const Record& record, size_t key, std::vector<Value>* values) {
    if (key == 0) choices_ = 0;
    if (choices_ >= kMaxGroupsOfRecord) return;
    if (key == keys_.size()) {
      ++choices_;
      return AddTo(GroupOf(*values), record);
    }
    const Value* value = record.At(keys_[key]);
    if (value != nullptr && value->IsList()) {
      for (const Value& item : value->list()) {
        values->push_back(item);
        AddToGroups(record, key + 1, values);
        values->pop_back();
      }
      return;
    }
    values->push_back(value == nullptr ? Value() : *value);
    AddToGroups(record, key + 1, values);
    values->pop_back();
  }

  Group& GroupOf(const std::vector<Value>& values) {
    std::string identity;
    for (const Value& value : values) value.AppendIdentity(&identity);
    const auto [place, is_new] = by_identity_.emplace(std::move(identity), groups_.size());
    if (is_new) {
      groups_.emplace_back();
      groups_.back().keys = values;
      for (const Reduction& reduction : reductions_) groups_.back().reducers.push_back(reduction.factory(random_));
    }
    return groups_[place->second];
  }

  void AddTo(Group& group, const Record& record) {
    const RecordContext context(slots_, &record, &shown_before_);
    for (auto& reducer : group.reducers) reducer->Add(context);
  }

  static constexpr size_t kMaxGroupsOfRecord = 10000;

  size_t choices_ = 0;
  std::vector<size_t> keys_;
  std::vector<Reduction> reductions_;
  const Slots* slots_;
  Shown shown_before_;
  Random* random_;
  std::unordered_map<std::string, size_t> by_identity_;
  std::vector<Group> groups_;  // in the order of their first records
};

class OutputStage final : public Stage {
 public:
  explicit OutputStage(std::vector<Record>* records) : records_(records) {}
  bool Push(Record record) override {
    ++seen_;
    if (records_->size() < kMaxSearchResults) records_->push_back(std::move(record));
    return true;
  }
  void End() override {}
  uint64_t seen() const { return seen_; }

 private:
  std::vector<Record>* records_;
  uint64_t seen_ = 0;
};

class Aggregation {
 public:
  Aggregation(SearchIndex* index, const AggregateRequest& request, const SearchEnvironment& environment, Random* random,
              Plan* plan, std::string* error)
      : index_(index), request_(request), environment_(environment), random_(random), plan_(plan), error_(error) {}

  bool Run(AggregateResults* results) {
    for (const NamedDistances& distances : plan_->distances) {
      if (!distances.name.empty()) Show(distances.name);
    }
    if (request_.add_scores) Show("__score");
    if (!Build()) return false;
    Feed(results);
    stages_.front()->End();
    results->total = Total();
    for (Record& record : records_) {
      results->rows.emplace_back();
      for (size_t slot : shown_.slots()) {
        if (slot < record.values.size() && !record.values[slot].IsNull()) {
          results->rows.back().fields.emplace_back(slots_.name(slot), std::move(record.values[slot]));
        }
      }
    }
    return true;
  }

 private:
  bool Fail(std::string text) {
    if (error_->empty()) *error_ = std::move(text);
    return false;
  }

  void Show(std::string_view name) {
    const size_t slot = slots_.Add(name);
    made_.push_back(slot);
    shown_.Add(slot);
  }

  // Makes sure that records have the property from here on.
  bool Need(std::string_view name, size_t* slot) {
    *slot = slots_.Find(name);
    const bool is_made = *slot != Slots::kNone && std::find(made_.begin(), made_.end(), *slot) != made_.end();
    if (is_made || load_all_) {
      *slot = slots_.Add(name);
      return true;
    }
    const Field* field = index_->schema().Find(name);
    if (grouped_ || (field == nullptr && name != "__key" && name != "__score")) {
      return Fail(fmt::format("Property `{}` not loaded nor in pipeline", name));
    }
    *slot = slots_.Add(name);
    made_.push_back(*slot);
    implicit_.push_back({*slot, field});
    return true;
  }

  bool NeedAll(const std::vector<std::string>& names) {
    size_t slot;
    for (const std::string& name : names) {
      if (!Need(name, &slot)) return false;
    }
    return true;
  }

  bool Build() {
    for (size_t i = 0; i < request_.steps.size(); ++i) {
      if (!BuildStep(i)) return false;
    }
    auto output = std::make_unique<OutputStage>(&records_);
    output_ = output.get();
    stages_.push_back(std::move(output));
    for (size_t i = 0; i + 1 < stages_.size(); ++i) stages_[i]->next = stages_[i + 1].get();
    return true;
  }

  bool IsOfQuery(std::string_view name) const {
    return std::any_of(plan_->distances.begin(), plan_->distances.end(),
                       [&](const NamedDistances& distances) { return distances.name == name; });
  }

  bool BuildStep(size_t number) {
    const AggregateStep& step = request_.steps[number];
    std::vector<std::string> names;
    switch (step.kind) {
      case Kind::kLoad:
        load_all_ = load_all_ || step.load_all;
        for (const ReturnedField& field : step.loaded) {
          // What the query itself gives is no field of the document: it is there, and stays.
          if (field.shown == field.name && IsOfQuery(field.name)) continue;
          loads_.push_back({slots_.Add(field.shown), field.name});
          Show(field.shown);
        }
        return true;
      case Kind::kApply:
      case Kind::kFilter: {
        step.expression->AppendProperties(&names);
        // exists() asks for what may not be there.
        for (const std::string& name : names) {
          size_t slot;
          if (!Need(name, &slot)) return false;
        }
        if (step.kind == Kind::kFilter) {
          stages_.push_back(std::make_unique<FilterStage>(step.expression.get(), &slots_));
          return true;
        }
        Show(step.name);
        stages_.push_back(std::make_unique<ApplyStage>(step.expression.get(), slots_.Add(step.name), &slots_));
        return true;
      }
      case Kind::kGroup:
        return BuildGroup(step);
      case Kind::kSort:
        return BuildSort(number);
      case Kind::kLimit: {
        auto stage = std::make_unique<LimitStage>(step.offset, step.count);
        last_limit_ = stage.get();
        stages_.push_back(std::move(stage));
        return true;
      }
    }
    return true;
  }

  bool BuildGroup(const AggregateStep& step) {
    std::vector<size_t> keys;
    std::vector<GroupStage::Reduction> reductions;
    for (const std::string& name : step.properties) {
      size_t slot;
      if (!Need(name, &slot)) return false;
      keys.push_back(slot);
    }
    std::vector<std::string> names;
    for (const ReducerSpec& spec : step.reducers) {
      ReducerFactory factory = MakeReducerFactory(spec, &names, error_);
      if (factory == nullptr) return false;
      reductions.push_back({std::move(factory), slots_.Add(spec.shown)});
    }
    if (!NeedAll(names)) return false;
    Shown before = shown_;
    grouped_ = true;
    load_all_slots_ = load_all_slots_ || load_all_;
    load_all_ = false;
    last_limit_ = nullptr;
    last_sort_ = nullptr;
    shown_.Clear();
    made_.clear();
    for (const std::string& name : step.properties) Show(name);
    for (const ReducerSpec& spec : step.reducers) Show(spec.shown);
    stages_.push_back(
        std::make_unique<GroupStage>(std::move(keys), std::move(reductions), &slots_, std::move(before), random_));
    return true;
  }

  bool BuildSort(size_t number) {
    const AggregateStep& step = request_.steps[number];
    std::vector<SortStage::Key> keys;
    for (const PropertySortKey& key : step.sort_keys) {
      size_t slot;
      if (!Need(key.name, &slot)) return false;
      shown_.Add(slot);
      keys.push_back({slot, key.descending});
    }
    uint64_t max = step.max;
    if (max == 0) {
      max = kDefaultSortedRows;
      if (number + 1 == request_.steps.size() && request_.with_cursor) max = kMaxSearchResults;
      for (size_t i = number + 1; i < request_.steps.size(); ++i) {
        const AggregateStep& later = request_.steps[i];
        // A limit behind a filter or a group says nothing of how many are needed here.
        if (later.kind == Kind::kFilter || later.kind == Kind::kGroup || later.kind == Kind::kSort)
          max = kMaxSearchResults;
        if (later.kind == Kind::kLimit)
          max = std::max(max == kMaxSearchResults ? max : 0, std::min(later.offset + later.count, kMaxSearchResults));
        if (later.kind != Kind::kApply && later.kind != Kind::kLoad) break;
      }
    }
    auto stage = std::make_unique<SortStage>(std::move(keys), max);
    last_sort_ = stage.get();
    last_limit_ = nullptr;
    stages_.push_back(std::move(stage));
    return true;
  }

  uint64_t Total() const {
    if (last_sort_ != nullptr) return last_sort_->seen();
    return last_limit_ != nullptr ? last_limit_->seen() : output_->seen();
  }

  void Feed(AggregateResults* results) {
    Ranking ranking = Ranking::Of(index_->text(), request_.search.scorer.value_or(Scorer::kBm25Std));
    ranking.tanh_factor = request_.search.tanh_factor;
    Iterator& root = *plan_->root;
    uint64_t seen = 0;
    while (root.Next() != kNoDoc) {
      if (++seen % kDocumentsBetweenLateness == 0 && environment_.is_late && environment_.is_late()) {
        results->timed_out = true;
        return;
      }
      const DocStats* stats = index_->all().Find(root.doc());
      if (stats == nullptr) continue;
      Record record;
      Fill(*index_->Find(root.doc()), root, ranking, *stats, &record);
      if (!stages_.front()->Push(std::move(record))) return;
    }
  }

  void Fill(const IndexedDocument& document, const Iterator& root, const Ranking& ranking, const DocStats& stats,
            Record* record) {
    record->values.resize(slots_.size());
    for (const NamedDistances& distances : plan_->distances) {
      const std::optional<double> distance = distances.Find(document.id);
      if (distance) record->Set(slots_.Find(distances.name), *distance);
    }
    std::vector<const TermIterator*> terms;
    root.AppendTerms(&terms);
    for (const TermIterator* term : terms) {
      if (!term->term().is_stem()) record->matched_terms.emplace_back(term->term().text());
    }
    if (request_.add_scores) record->Set(slots_.Find("__score"), ScoreDocument(root, ranking, stats));
    std::unique_ptr<Document> opened;
    auto open = [&]() -> const Document* {
      if (opened == nullptr && environment_.documents != nullptr) opened = environment_.documents->Open(document.key);
      return opened.get();
    };
    for (const Implicit& property : implicit_) {
      if (property.field == nullptr) {
        if (slots_.name(property.slot) == "__key")
          record->Set(property.slot, document.key);
        else if (!request_.add_scores)
          record->Set(property.slot, ScoreDocument(root, ranking, stats));
        continue;
      }
      if (const Value* value = index_->SortValue(document, *property.field)) {
        record->Set(property.slot, *value);
      } else if (!property.field->sortable && open() != nullptr) {
        record->Set(property.slot, Loaded(*opened, property.field->name));
      }
    }
    for (const Load& load : loads_) {
      if (load.name == "__key")
        record->Set(load.slot, document.key);
      else if (open() != nullptr)
        record->Set(load.slot, Loaded(*opened, load.name));
    }
    if ((load_all_ || load_all_slots_) && open() != nullptr) LoadAll(*opened, record);
  }

  Value Loaded(const Document& document, std::string_view name) const {
    const Field* field = index_->schema().Find(name);
    std::string text;
    if (!document.ReadShown(field == nullptr ? name : std::string_view(field->identifier), &text)) return Value();
    double number;
    if (field != nullptr && field->type == FieldType::kNumeric && ParseDouble(text, &number)) return Value(number);
    return Value(std::move(text));
  }

  void LoadAll(const Document& document, Record* record) {
    std::vector<std::pair<std::string, std::string>> fields;
    document.ReadAll(&fields);
    for (auto& [name, text] : fields) {
      const size_t slot = slots_.Add(name);
      if (!grouped_) shown_.Add(slot);
      record->Set(slot, std::move(text));
    }
    for (const Field& field : index_->schema().fields) {
      if (field.name != field.identifier) record->Set(slots_.Add(field.name), Loaded(document, field.name));
    }
  }

  struct Implicit {
    size_t slot;
    const Field* field;  // null: __key or __score
  };
  struct Load {
    size_t slot;
    std::string name;
  };

  SearchIndex* index_;
  const AggregateRequest& request_;
  const SearchEnvironment& environment_;
  Random* random_;
  Plan* plan_;
  std::string* error_;
  Slots slots_;
  Shown shown_;
  std::vector<size_t> made_;  // slots that records have at the step that is being built
  bool grouped_ = false;
  bool load_all_ = false;
  bool load_all_slots_ = false;
  std::vector<Implicit> implicit_;
  std::vector<Load> loads_;
  std::vector<std::unique_ptr<Stage>> stages_;
  LimitStage* last_limit_ = nullptr;
  SortStage* last_sort_ = nullptr;
  OutputStage* output_ = nullptr;
  std::vector<Record> records_;
};

}  // namespace

bool Aggregate(SearchIndex* index, const AggregateRequest& request, const SearchEnvironment& environment,
               Random* random, AggregateResults* results, std::string* error) {
  const QueryPtr query = ParseRequestQuery(*index, request.search, error);
  if (query == nullptr) return false;
  Plan plan;
  PlanOptions options;
  options.is_late = environment.is_late;
  options.language = request.search.language.value_or(index->schema().language);
  options.searches = environment.searches;
  options.context = environment.context;
  options.documents = environment.documents;
  if (!MakePlan(*query, index, options, &plan, error)) return false;
  return AggregatePlan(index, request, environment, random, &plan, results, error);
}

bool AggregatePlan(SearchIndex* index, const AggregateRequest& request, const SearchEnvironment& environment,
                   Random* random, Plan* plan, AggregateResults* results, std::string* error) {
  return Aggregation(index, request, environment, random, plan, error).Run(results);
}

}  // namespace kvorum
