// A ListObject beside a std::deque that must always hold the same. For tests only.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "keyspace/list_object.h"
#include "structures/test_choices.h"

namespace kvorum {

class ListObjectModel {
 public:
  ListObjectModel(ListObject::Limits limits, size_t longest_text) : limits_(limits), longest_text_(longest_text) {}

  void Step(Choices& choices) {
    switch (choices.Below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Push(choices);
      case 4:
      case 5:
        return Pop(choices);
      case 6:
        return Set(choices);
      case 7:
        return Insert(choices);
      case 8:
        return Remove(choices);
      case 9:
        return EraseRange(choices);
      case 10:
        return Find(choices);
      default:
        return Change(choices);
    }
  }

  // Everything readable, against the model.
  void Compare() const {
    list_.Validate();
    CHECK(list_.size() == model_.size());
    CheckRange(0, model_.size(), End::kTail);
    if (!model_.empty()) CheckRange(model_.size() - 1, model_.size(), End::kHead);
    CHECK(list_.element_bytes() <= list_.MemoryBytes(0));
  }

  const ListObject& list() const { return list_; }

 private:
  using End = ListObject::End;

  static std::string Text(const PackedValue& value) {
    char digits[kMaxInt64Chars];
    return std::string(value.View(digits));
  }
  // From a few, so that there are equal ones.
  std::string AnyElement(Choices& choices) const {
    if (choices.Below(2) == 0) return std::to_string(choices.Below(5));
    return AnyText(choices, longest_text_);
  }
  static End AnyEnd(Choices& choices) { return choices.Below(2) == 0 ? End::kHead : End::kTail; }

  void CheckRange(size_t index, size_t count, End towards) const {
    list_.VisitRange(index, count, towards, [&](const PackedValue& value) {
      CHECK(Text(value) == model_[index]);
      index += towards == End::kTail ? 1 : -1;
    });
  }

  void Push(Choices& choices) {
    const End end = AnyEnd(choices);
    std::vector<std::string> values(1 + choices.Below(4));
    for (std::string& value : values) value = AnyElement(choices);
    const std::vector<std::string_view> views(values.begin(), values.end());
    list_.PushAll(end, views, limits_);
    for (std::string& value : values) {
      end == End::kHead ? model_.push_front(std::move(value)) : model_.push_back(std::move(value));
    }
  }

  void Pop(Choices& choices) {
    for (size_t count = choices.Below(5); count > 0 && !model_.empty(); --count) {
      const End end = AnyEnd(choices);
      CHECK(Text(list_.Peek(end)) == (end == End::kHead ? model_.front() : model_.back()));
      list_.Pop(end);
      end == End::kHead ? model_.pop_front() : model_.pop_back();
    }
    list_.ShrinkIfSmall(limits_);
  }

  void Set(Choices& choices) {
    const std::string value = AnyElement(choices);
    const size_t index = choices.Below(model_.size() + 2);
    auto at = static_cast<int64_t>(index);
    if (choices.Below(2) == 0) at -= static_cast<int64_t>(model_.size());
    const int64_t place = at < 0 ? at + static_cast<int64_t>(model_.size()) : at;
    const bool exists = place >= 0 && place < static_cast<int64_t>(model_.size());
    PackedValue old;
    CHECK(list_.Get(at, &old) == exists);
    if (exists) CHECK(Text(old) == model_[static_cast<size_t>(place)]);
    CHECK(list_.Set(at, value, limits_) == exists);
    if (exists) model_[static_cast<size_t>(place)] = value;
  }

  void Insert(Choices& choices) {
    const std::string pivot = AnyElement(choices);
    const std::string value = AnyElement(choices);
    const bool behind = choices.Below(2) == 0;
    const auto place = std::find(model_.begin(), model_.end(), pivot);
    CHECK(list_.Insert(pivot, behind, value, limits_) == (place != model_.end()));
    if (place != model_.end()) model_.insert(place + (behind ? 1 : 0), value);
  }

  void Remove(Choices& choices) {
    const std::string value = AnyElement(choices);
    const End from = AnyEnd(choices);
    const size_t most = choices.Below(3) == 0 ? SIZE_MAX : choices.Below(4);
    if (from == End::kTail) std::reverse(model_.begin(), model_.end());
    size_t removed = 0;
    for (auto it = model_.begin(); it != model_.end() && removed < most;) {
      if (*it != value) {
        ++it;
        continue;
      }
      it = model_.erase(it);
      ++removed;
    }
    if (from == End::kTail) std::reverse(model_.begin(), model_.end());
    CHECK(list_.Remove(value, most, from) == removed);
    list_.ShrinkIfSmall(limits_);
  }

  void EraseRange(Choices& choices) {
    if (choices.Below(3) != 0) return;
    const size_t index = choices.Below(model_.size() + 1);
    const size_t count = choices.Below(model_.size() - index + 1);
    list_.EraseRange(index, count);
    const auto first = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(first, first + static_cast<ptrdiff_t>(count));
    list_.ShrinkIfSmall(limits_);
  }

  void Find(Choices& choices) const {
    if (model_.empty()) return;
    const std::string value = AnyElement(choices);
    const bool forward = choices.Below(2) == 0;
    const size_t count = choices.Below(2) == 0 ? SIZE_MAX : choices.Below(model_.size() + 2);
    std::vector<size_t> expected, found;
    for (size_t i = 0; i < std::min(count, model_.size()); ++i) {
      const size_t index = forward ? i : model_.size() - 1 - i;
      if (model_[index] == value) expected.push_back(index);
    }
    list_.FindAll(value, count, forward ? End::kHead : End::kTail, [&found](size_t index) {
      found.push_back(index);
      return true;
    });
    CHECK(found == expected);
  }

  void Change(Choices& choices) {
    switch (choices.Below(30)) {
      case 0: {
        const auto clone = list_.Clone();
        CHECK(clone->CanonicalText() == list_.CanonicalText());
        CHECK(clone->encoding() == list_.encoding());
        clone->Validate();
        break;
      }
      case 1:
        limits_.fill = static_cast<int>(choices.Below(30)) - 6;
        break;
      case 2:
        limits_.plain_bytes = choices.Below(2) == 0 ? size_t{1} << 30 : 1 + choices.Below(100);
        break;
      case 3:
        list_.PackIfFits(limits_);
        break;
      default:
        break;
    }
  }

  ListObject::Limits limits_;
  size_t longest_text_;
  ListObject list_;
  std::deque<std::string> model_;
};

}  // namespace kvorum
