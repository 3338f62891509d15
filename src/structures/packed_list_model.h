// A PackedList beside a std::vector that must always hold the same. For tests only.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "structures/packed_list.h"
#include "structures/test_choices.h"

namespace kvorum {

class PackedListModel {
 public:
  explicit PackedListModel(size_t longest_text) : longest_text_(longest_text) {}

  void Step(Choices& choices) {
    switch (choices.Below(14)) {
      case 0:
      case 1:
      case 2:
        Insert(choices, model_.size());
        break;
      case 3:
        Insert(choices, 0);
        break;
      case 4:
        Insert(choices, choices.Below(model_.size() + 1));
        break;
      case 5:
        InsertNumber(choices);
        break;
      case 6:
        Replace(choices);
        break;
      case 7:
      case 8:
        Erase(choices, 1);
        break;
      case 9:
        if (!model_.empty()) Erase(choices, 1 + choices.Below(1 + model_.size() / 4));
        break;
      case 10:
        SplitAndMerge(choices);
        break;
      case 11:
        PushMany(choices);
        break;
      case 12:
        Find(choices);
        break;
      case 13:
        if (choices.Below(50) == 0) {
          list_.Clear();
          model_.clear();
        }
        break;
    }
  }

  // Everything readable, against the model.
  void Compare() const {
    list_.Validate();
    CHECK(list_.size() == model_.size());
    CHECK(list_.empty() == model_.empty());
    char buffer[kMaxInt64Chars];
    size_t index = 0;
    for (auto position = list_.First(); position != PackedList::kNone; position = list_.Next(position), ++index) {
      CHECK(list_.Get(position).View(buffer) == model_[index]);
    }
    CHECK(index == model_.size());
    for (auto position = list_.Last(); position != PackedList::kNone; position = list_.Prev(position)) {
      CHECK(list_.Get(position).View(buffer) == model_[--index]);
    }
    CHECK(index == 0);
    CHECK(list_.Clone().Equals(list_));
  }

  size_t size() const { return model_.size(); }

 private:
  PackedList::Position At(Choices& choices, size_t index) const {
    int64_t at = static_cast<int64_t>(index);
    if (choices.Below(2) == 0) at -= static_cast<int64_t>(model_.size());
    if (index == model_.size()) at = static_cast<int64_t>(index);
    return list_.At(at);
  }

  void Insert(Choices& choices, size_t index) {
    std::string text = AnyText(choices, longest_text_);
    if (index == model_.size() && choices.Below(2) == 0) {
      list_.PushBack(text);
    } else if (index == 0 && choices.Below(2) == 0) {
      list_.PushFront(text);
    } else if (index > 0 && choices.Below(2) == 0) {
      list_.InsertAfter(At(choices, index - 1), text);
    } else {
      auto position = list_.InsertBefore(At(choices, index), text);
      CHECK(list_.EntryEquals(position, text));
    }
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index), std::move(text));
  }

  void InsertNumber(Choices& choices) {
    int64_t number = AnyInteger(choices);
    size_t index = choices.Below(model_.size() + 1);
    auto position = list_.InsertBefore(At(choices, index), number);
    CHECK(list_.Get(position).is_number && list_.Get(position).number == number);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index), std::to_string(number));
  }

  void Replace(Choices& choices) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    std::string text = AnyText(choices, longest_text_);
    list_.Replace(At(choices, index), text);
    model_[index] = std::move(text);
  }

  void Erase(Choices& choices, size_t count) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    count = std::min(count, model_.size() - index);
    auto next = list_.Erase(At(choices, index), count);
    auto first = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(first, first + static_cast<ptrdiff_t>(count));
    CHECK(next == list_.At(static_cast<int64_t>(index)));
  }

  void SplitAndMerge(Choices& choices) {
    size_t index = choices.Below(model_.size() + 1);
    PackedList tail = list_.SplitOff(index);
    tail.Validate();
    CHECK(list_.size() == index && tail.size() == model_.size() - index);
    if (choices.Below(2) == 0) {
      list_.Merge(std::move(tail));
      CHECK(tail.empty());  // NOLINT(bugprone-use-after-move): that is what Merge promises
    } else {
      tail.Merge(std::move(list_));
      list_ = std::move(tail);
      std::rotate(model_.begin(), model_.begin() + static_cast<ptrdiff_t>(index), model_.end());
    }
  }

  void PushMany(Choices& choices) {
    std::vector<std::string> texts(choices.Below(5));
    for (std::string& text : texts) text = AnyText(choices, longest_text_);
    std::vector<std::string_view> views(texts.begin(), texts.end());
    list_.PushBackMany(views);
    model_.insert(model_.end(), texts.begin(), texts.end());
  }

  void Find(Choices& choices) const {
    size_t from = choices.Below(model_.size() + 1);
    size_t step = 1 + choices.Below(2);
    std::string text = AnyText(choices, longest_text_);
    if (!model_.empty() && choices.Below(2) == 0) text = model_[choices.Below(model_.size())];
    size_t found = from;
    while (found < model_.size() && model_[found] != text) found += step;
    auto expected = found < model_.size() ? list_.At(static_cast<int64_t>(found)) : PackedList::kNone;
    CHECK(list_.Find(text, At(choices, from), step) == expected);
  }

  size_t longest_text_;
  PackedList list_;
  std::vector<std::string> model_;
};

}  // namespace kvorum
