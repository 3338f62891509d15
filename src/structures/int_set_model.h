// An IntSet beside a std::set that must always hold the same. For tests only.
#pragma once

#include <set>

#include "base/check.h"
#include "structures/int_set.h"
#include "structures/test_choices.h"

namespace kvorum {

class IntSetModel {
 public:
  void Step(Choices& choices) {
    int64_t value = Value(choices);
    switch (choices.Below(8)) {
      case 0:
      case 1:
      case 2:
      case 3:
        CHECK(set_.Add(value) == model_.insert(value).second);
        break;
      case 4:
      case 5:
        CHECK(set_.Remove(value) == (model_.erase(value) == 1));
        break;
      case 6:
        CHECK(set_.Contains(value) == model_.contains(value));
        break;
      case 7:
        if (choices.Below(60) == 0) {
          set_.Clear();
          model_.clear();
          value_bits_ = 1 + choices.Below(63);
        }
        break;
    }
  }

  void Compare() const {
    set_.Validate();
    CHECK(set_.size() == model_.size());
    size_t index = 0;
    for (int64_t value : model_) {
      CHECK(set_.LowerBound(value) == index);
      CHECK(set_.At(index++) == value);
      CHECK(set_.Contains(value));
    }
    CHECK(set_.Clone().Equals(set_));
  }

 private:
  // Few different ones for a while, so that they meet again; the wide ones seldom, so that narrow sets live for a while.
  int64_t Value(Choices& choices) {
    if (choices.Below(100) == 0) return AnyInteger(choices);
    int64_t value = static_cast<int64_t>(choices.Below(500)) - 250;
    return value * (int64_t{1} << (value_bits_ > 9 ? value_bits_ - 9 : 0));
  }

  uint64_t value_bits_ = 9;
  IntSet set_;
  std::set<int64_t> model_;
};

}  // namespace kvorum
