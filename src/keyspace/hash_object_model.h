// A HashObject beside a std::map that must always hold the same, under limits that change now and then. For tests only.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/numbers.h"
#include "keyspace/hash_object.h"
#include "structures/test_choices.h"

namespace kvorum {

class HashObjectModel {
 public:
  explicit HashObjectModel(uint64_t seed) : random_(seed) {}

  void Step(Choices& choices) {
    switch (choices.Below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Set(Field(choices), AnyText(choices, 70000));
      case 4:
        return Overwrite(choices);
      case 5:
      case 6: {
        const std::string field = Field(choices);
        CHECK(hash_->Remove(field) == (model_.erase(field) > 0));
        return;
      }
      case 7:
        return Get(Field(choices));
      case 8:
        return TakeSample(choices.Below(2 + model_.size()));
      case 9:
        settings_.hash_max_listpack_entries = static_cast<int64_t>(choices.Below(100));
        settings_.hash_max_listpack_value = static_cast<int64_t>(choices.Below(300));
        return;
      case 10:
        if (choices.Below(10) == 0) {
          hash_ = std::make_unique<HashObject>();
          model_.clear();
        }
        return;
      case 11:
        if (choices.Below(4) == 0) {
          hash_->PrepareFor({.fields = choices.Below(120), .longest_bytes = choices.Below(300)}, settings_);
        }
        return;
    }
  }

  // Everything readable, against the model.
  void Compare() const {
    hash_->Validate();
    CHECK(hash_->size() == model_.size());
    std::map<std::string, std::string> seen;
    hash_->ForEach([&seen](const PackedValue& field, const PackedValue& value) {
      CHECK(seen.emplace(Text(field), Text(value)).second);
    });
    CHECK(seen == model_);
    const auto copy = hash_->Clone();
    copy->Validate();
    CHECK(copy->encoding() == hash_->encoding() && copy->CanonicalText() == hash_->CanonicalText());
  }

  size_t size() const { return model_.size(); }

 private:
  static std::string Text(const PackedValue& value) {
    char digits[kMaxInt64Chars];
    return std::string(value.View(digits));
  }

  static std::string Field(Choices& choices) {
    return choices.Below(3) == 0 ? AnyText(choices, 300) : "field:" + std::to_string(choices.Below(150));
  }

  void Set(const std::string& field, const std::string& value) {
    CHECK(hash_->Set(field, value, settings_) == !model_.contains(field));
    model_[field] = value;
  }

  // By a value of about the same size, which may go in place.
  void Overwrite(Choices& choices) {
    if (model_.empty()) return;
    auto it = model_.begin();
    std::advance(it, choices.Below(model_.size()));
    std::string value(it->second.size() + choices.Below(9), static_cast<char>('a' + choices.Below(26)));
    value.resize(value.size() - std::min<size_t>(value.size(), choices.Below(9)));
    Set(std::string(it->first), value);
  }

  void Get(const std::string& field) const {
    PackedValue value;
    const auto it = model_.find(field);
    CHECK(hash_->Contains(field) == (it != model_.end()));
    CHECK(hash_->Get(field, &value) == (it != model_.end()));
    if (it != model_.end()) CHECK(Text(value) == it->second);
  }

  void TakeSample(size_t count) {
    const std::vector<HashObject::Pair> sample = hash_->Sample(count, random_);
    CHECK(sample.size() == std::min(count, model_.size()));
    std::set<std::string> fields;
    for (const auto& [field, value] : sample) {
      CHECK(fields.insert(Text(field)).second);
      CHECK(model_.at(Text(field)) == Text(value));
    }
    if (model_.empty()) return;
    const HashObject::Pair pair = hash_->RandomPair(random_);
    CHECK(model_.at(Text(pair.field)) == Text(pair.value));
  }

  Random random_;
  KeyspaceSettings settings_;
  std::unique_ptr<HashObject> hash_ = std::make_unique<HashObject>();
  std::map<std::string, std::string> model_;
};

}  // namespace kvorum
