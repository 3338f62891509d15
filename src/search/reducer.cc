#include "search/reducer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "search/limits.h"
#include "search/words.h"

namespace kvorum {
namespace {

using ReducerPtr = std::unique_ptr<Reducer>;

class Count final : public Reducer {
 public:
  void Add(const RecordView&) override { ++count_; }
  Value Result() override { return count_; }

 private:
  double count_ = 0;
};

// Lists count by their items.
template <typename Visit>
void ForEachItem(const Value& value, Visit visit) {
  if (!value.IsList()) return value.IsNull() ? void() : visit(value);
  for (const Value& item : value.list()) visit(item);
}

class CountDistinct final : public Reducer {
 public:
  explicit CountDistinct(std::string property) : property_(std::move(property)) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      std::string identity;
      value.AppendIdentity(&identity);
      seen_.insert(std::move(identity));
    });
  }
  Value Result() override { return static_cast<double>(seen_.size()); }

 private:
  std::string property_;
  std::unordered_set<std::string> seen_;
};

class CountDistinctish final : public Reducer {
 public:
  explicit CountDistinctish(std::string property) : property_(std::move(property)) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      std::string identity;
      value.AppendIdentity(&identity);
      seen_.insert(HashBytes(identity));
    });
  }
  Value Result() override { return static_cast<double>(seen_.size()); }

 private:
  std::string property_;
  std::unordered_set<uint64_t> seen_;
};

class Sum final : public Reducer {
 public:
  Sum(std::string property, bool average) : property_(std::move(property)), average_(average) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      double number;
      if (!value.ToNumber(&number)) return;
      sum_ += number;
      ++count_;
    });
  }
  Value Result() override { return !average_ ? sum_ : count_ == 0 ? 0.0 : sum_ / count_; }

 private:
  std::string property_;
  bool average_;
  double sum_ = 0;
  double count_ = 0;
};

class Extreme final : public Reducer {
 public:
  Extreme(std::string property, bool greatest) : property_(std::move(property)), greatest_(greatest) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](Value value) {
      double number;
      if (value.ToNumber(&number)) value = number;
      const int order = Value::Compare(value, best_);
      if (best_.IsNull() || (greatest_ ? order > 0 : order < 0)) best_ = std::move(value);
    });
  }
  Value Result() override { return best_; }

 private:
  std::string property_;
  bool greatest_;
  Value best_;
};

// Welford's running variance.
class StdDev final : public Reducer {
 public:
  explicit StdDev(std::string property) : property_(std::move(property)) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      double number;
      if (!value.ToNumber(&number)) return;
      ++count_;
      const double before = number - mean_;
      mean_ += before / count_;
      squares_ += before * (number - mean_);
    });
  }
  Value Result() override { return count_ < 2 ? 0.0 : std::sqrt(squares_ / (count_ - 1)); }

 private:
  std::string property_;
  double count_ = 0, mean_ = 0, squares_ = 0;
};

class Quantile final : public Reducer {
 public:
  Quantile(std::string property, double quantile) : property_(std::move(property)), quantile_(quantile) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      double number;
      if (value.ToNumber(&number) && !std::isnan(number)) numbers_.push_back(number);
    });
  }
  Value Result() override {
    if (numbers_.empty()) return std::nan("");
    const auto rank = static_cast<size_t>(std::ceil(quantile_ * static_cast<double>(numbers_.size())));
    const auto at = numbers_.begin() + static_cast<ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
    std::nth_element(numbers_.begin(), at, numbers_.end());
    return *at;
  }

 private:
  std::string property_;
  double quantile_;
  std::vector<double> numbers_;
};

class ToList final : public Reducer {
 public:
  explicit ToList(std::string property) : property_(std::move(property)) {}
  void Add(const RecordView& record) override {
    ForEachItem(record.Property(property_), [this](const Value& value) {
      std::string identity;
      value.AppendIdentity(&identity);
      if (seen_.insert(std::move(identity)).second) list_.push_back(value);
    });
  }
  Value Result() override { return std::move(list_); }

 private:
  std::string property_;
  std::unordered_set<std::string> seen_;
  Value::List list_;
};

class FirstValue final : public Reducer {
 public:
  FirstValue(std::string property, std::string by, bool descending)
      : property_(std::move(property)), by_(std::move(by)), descending_(descending) {}
  void Add(const RecordView& record) override {
    if (by_.empty()) {
      if (!any_) value_ = record.Property(property_);
      any_ = true;
      return;
    }
    Value key = record.Property(by_);
    if (key.IsNull()) return;
    const int order = Value::Compare(key, key_);
    if (any_ && !(descending_ ? order > 0 : order < 0)) return;
    any_ = true;
    key_ = std::move(key);
    value_ = record.Property(property_);
  }
  Value Result() override { return value_; }

 private:
  std::string property_, by_;
  bool descending_;
  bool any_ = false;
  Value key_, value_;
};

// Vitter's reservoir.
class RandomSample final : public Reducer {
 public:
  RandomSample(std::string property, size_t size, Random* random)
      : property_(std::move(property)), size_(size), random_(random) {}
  void Add(const RecordView& record) override {
    Value value = record.Property(property_);
    ++seen_;
    if (sample_.size() < size_) {
      sample_.push_back(std::move(value));
      return;
    }
    const uint64_t place = random_->Below(seen_);
    if (place < size_) sample_[place] = std::move(value);
  }
  Value Result() override { return std::move(sample_); }

 private:
  std::string property_;
  size_t size_;
  Random* random_;
  uint64_t seen_ = 0;
  Value::List sample_;
};

// Whole records: each a list of names and values in turn.
class Collect final : public Reducer {
 public:
  struct Options {
    bool all = false;
    std::vector<std::string> fields;
    bool distinct = false;
    std::vector<PropertySortKey> sort_keys;
    uint64_t offset = 0;
    uint64_t count = UINT64_MAX;
  };
  explicit Collect(const Options* options) : options_(options) {}

  void Add(const RecordView& record) override {
    Entry entry;
    for (const PropertySortKey& key : options_->sort_keys) entry.keys.push_back(record.Property(key.name));
    for (const std::string& name : options_->all ? record.ShownNames() : options_->fields) {
      Value value = record.Property(name);
      if (value.IsNull()) continue;
      entry.fields.emplace_back(name);
      entry.fields.push_back(std::move(value));
    }
    entries_.push_back(std::move(entry));
  }

  Value Result() override {
    std::stable_sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
      for (size_t i = 0; i < a.keys.size(); ++i) {
        const int order = Value::Compare(a.keys[i], b.keys[i]);
        if (order != 0) return options_->sort_keys[i].descending ? order > 0 : order < 0;
      }
      return false;
    });
    Value::List list;
    std::unordered_set<std::string> seen;
    uint64_t skipped = 0;
    for (Entry& entry : entries_) {
      Value fields(std::move(entry.fields));
      std::string identity;
      fields.AppendIdentity(&identity);
      if (options_->distinct && !seen.insert(std::move(identity)).second) continue;
      if (skipped++ < options_->offset) continue;
      if (list.size() >= options_->count) break;
      list.push_back(std::move(fields));
    }
    return list;
  }

 private:
  struct Entry {
    std::vector<Value> keys;
    Value::List fields;
  };
  const Options* options_;
  std::vector<Entry> entries_;
};

std::string_view WithoutMark(std::string_view name) { return name.starts_with('@') ? name.substr(1) : name; }

class FactoryMaker {
 public:
  FactoryMaker(const ReducerSpec& spec, std::vector<std::string>* properties, std::string* error)
      : spec_(spec),
        words_(spec.arguments.begin(), spec.arguments.end()),
        reader_(words_),
        properties_(properties),
        error_(error) {}

  ReducerFactory Make() {
    const std::string& name = spec_.function;
    if (name == "COUNT") return words_.empty() ? Simple<Count>() : Bad();
    if (name == "COLLECT") return MakeCollect();
    std::string property;
    if (!TakeProperty(&property)) return Bad();
    if (name == "FIRST_VALUE") return MakeFirstValue(property);
    if (name == "QUANTILE") {
      double quantile;
      if (!reader_.TakeNumber(&quantile) || !(quantile >= 0 && quantile <= 1)) return Bad();
      reader_.TakeRest();  // a resolution, which exact quantiles need not
      return [property, quantile](Random*) { return ReducerPtr(new Quantile(property, quantile)); };
    }
    if (name == "RANDOM_SAMPLE") {
      int64_t size;
      if (!reader_.TakeInteger(1, 1000, &size) || !reader_.done()) return Bad();
      return [property, size](Random* random) {
        return ReducerPtr(new RandomSample(property, static_cast<size_t>(size), random));
      };
    }
    if (!reader_.done()) return Bad();
    if (name == "COUNT_DISTINCT") return Simple<CountDistinct>(property);
    if (name == "COUNT_DISTINCTISH") return Simple<CountDistinctish>(property);
    if (name == "SUM") return Simple<Sum>(property, false);
    if (name == "AVG") return Simple<Sum>(property, true);
    if (name == "MIN") return Simple<Extreme>(property, false);
    if (name == "MAX") return Simple<Extreme>(property, true);
    if (name == "STDDEV") return Simple<StdDev>(property);
    if (name == "TOLIST") return Simple<ToList>(property);
    *error_ = fmt::format("No such reducer: {}", name);
    return nullptr;
  }

 private:
  template <typename Kind, typename... Parameters>
  static ReducerFactory Simple(Parameters... parameters) {
    return [=](Random*) { return ReducerPtr(new Kind(parameters...)); };
  }

  ReducerFactory Bad() {
    *error_ = fmt::format("Bad arguments for {}", spec_.function);
    return nullptr;
  }

  bool TakeProperty(std::string* property) {
    std::string_view word;
    if (!reader_.Take(&word)) return false;
    *property = WithoutMark(word);
    properties_->push_back(*property);
    return true;
  }

  ReducerFactory MakeFirstValue(const std::string& property) {
    std::string by;
    bool descending = false;
    if (reader_.TakeName("BY")) {
      if (!TakeProperty(&by)) return Bad();
      descending = reader_.TakeName("DESC");
      if (!descending) reader_.TakeName("ASC");
    }
    if (!reader_.done()) return Bad();
    return Simple<FirstValue>(property, by, descending);
  }

  ReducerFactory MakeCollect() {
    auto options = std::make_shared<Collect::Options>();
    std::span<const std::string_view> list;
    if (!reader_.TakeName("FIELDS")) return Bad();
    if (reader_.TakeName("*")) {
      options->all = true;
    } else if (reader_.TakeList(&list) && !list.empty()) {
      options->all = list.size() == 1 && list[0] == "*";
      for (std::string_view name : list) options->fields.emplace_back(WithoutMark(name));
    } else {
      return Bad();
    }
    while (!reader_.done()) {
      int64_t offset, count;
      if (reader_.TakeName("DISTINCT")) {
        options->distinct = true;
      } else if (reader_.TakeName("SORTBY") && reader_.TakeList(&list)) {
        WordReader keys(list);
        std::string_view name;
        while (keys.Take(&name)) {
          options->sort_keys.push_back({std::string(WithoutMark(name)), keys.TakeName("DESC")});
          keys.TakeName("ASC");
        }
      } else if (reader_.TakeName("LIMIT") && reader_.TakeInteger(0, INT64_MAX, &offset) &&
                 reader_.TakeInteger(0, INT64_MAX, &count)) {
        options->offset = static_cast<uint64_t>(offset);
        options->count = static_cast<uint64_t>(count);
      } else {
        return Bad();
      }
    }
    if (!options->all) properties_->insert(properties_->end(), options->fields.begin(), options->fields.end());
    for (const PropertySortKey& key : options->sort_keys) properties_->push_back(key.name);
    return [options](Random*) { return ReducerPtr(new Collect(options.get())); };
  }

  const ReducerSpec& spec_;
  std::vector<std::string_view> words_;
  WordReader reader_;
  std::vector<std::string>* properties_;
  std::string* error_;
};

}  // namespace

ReducerFactory MakeReducerFactory(const ReducerSpec& spec, std::vector<std::string>* properties, std::string* error) {
  return FactoryMaker(spec, properties, error).Make();
}

}  // namespace kvorum
