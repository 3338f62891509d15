// A SetObject beside a std::set that must always hold the same, under limits that change now and then. For tests only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/numbers.h"
#include "keyspace/set_object.h"
#include "structures/test_choices.h"

namespace kvorum {

class SetObjectModel {
 public:
  explicit SetObjectModel(uint64_t seed) : random_(seed) {}

  void Step(Choices& choices) {
    switch (choices.Below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return AddOne(Member(choices));
      case 4:
      case 5:
        return RemoveOne(Member(choices));
      case 6: {
        const std::string member = Member(choices);
        CHECK(set_->Contains(member) == model_.contains(member));
        return;
      }
      case 7:
        return Pop(choices.Below(1 + model_.size() + model_.size() / 4));
      case 8:
        if (!model_.empty()) CHECK(model_.contains(Text(set_->RandomMember(random_))));
        return;
      case 9:
        return ChangeLimits(choices);
      case 10:
        if (choices.Below(10) == 0) StartAnew(choices);
        return;
      case 11:
        if (choices.Below(4) == 0) Become(choices);
        return;
    }
  }

  // Everything readable, against the model.
  void Compare() const {
    set_->Validate();
    CHECK(set_->size() == model_.size());
    std::set<std::string> seen;
    set_->ForEach([&seen](const PackedValue& member) { CHECK(seen.insert(Text(member)).second); });
    CHECK(seen == model_);
    if (set_->form() == SetObject::Encoding::kIntSet) CHECK(set_->size() <= largest_intset_);
    const auto copy = set_->Clone();
    copy->Validate();
    CHECK(copy->encoding() == set_->encoding() && copy->CanonicalText() == set_->CanonicalText());
    CHECK(set_->MemoryBytes(0) >= sizeof(SetObject));
  }

  size_t size() const { return model_.size(); }
  const SetObject& set() const { return *set_; }

 private:
  static std::string Text(const PackedValue& member) {
    char digits[kMaxInt64Chars];
    return std::string(member.View(digits));
  }

  static std::string Member(Choices& choices) {
    return choices.Below(2) == 0 ? AnyText(choices, 300) : std::to_string(choices.Below(200));
  }

  void AddOne(const std::string& member) {
    int64_t number;
    const bool as_number = random_.Below(2) == 0 && ParseInt64(member, &number);
    const bool added = as_number ? set_->Add(number, settings_) : set_->Add(member, settings_);
    CHECK(added == model_.insert(member).second);
  }

  void RemoveOne(const std::string& member) {
    int64_t number;
    const bool as_number = random_.Below(2) == 0 && ParseInt64(member, &number);
    const bool removed = as_number ? set_->Remove(number) : set_->Remove(member);
    CHECK(removed == (model_.erase(member) > 0));
  }

  void Pop(size_t count) {
    const std::vector<PackedValue> sample = set_->Sample(count, random_);
    CHECK(sample.size() == std::min(count, model_.size()));
    for (const PackedValue& member : sample) CHECK(model_.erase(Text(member)) == 1);
    set_->RemoveAll(sample);
  }

  void ChangeLimits(Choices& choices) {
    settings_.set_max_intset_entries = static_cast<int64_t>(choices.Below(100));
    settings_.set_max_listpack_entries = static_cast<int64_t>(choices.Below(100));
    settings_.set_max_listpack_value = static_cast<int64_t>(choices.Below(100));
    largest_intset_ = std::max(largest_intset_, static_cast<size_t>(settings_.set_max_intset_entries));
  }

  void StartAnew(Choices& choices) {
    const std::string first = Member(choices);
    set_ = SetObject::For(first, choices.Below(200), settings_);
    model_.clear();
    AddOne(first);
  }

  void Become(Choices& choices) {
    if (choices.Below(2) == 0) {
      set_->PrepareFor(choices.Below(200), settings_);
      return;
    }
    for (const std::string& member : model_) {
      int64_t number;
      if (!ParseInt64(member, &number)) return;
    }
    set_->ConvertToIntSet(settings_);
  }

  Random random_;
  KeyspaceSettings settings_;
  size_t largest_intset_ = static_cast<size_t>(KeyspaceSettings().set_max_intset_entries);
  std::unique_ptr<SetObject> set_ = std::make_unique<SetObject>();
  std::set<std::string> model_;
};

}  // namespace kvorum
