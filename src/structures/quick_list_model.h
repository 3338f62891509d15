// A QuickList beside a std::deque that must always hold the same. For tests only.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "base/check.h"
#include "structures/quick_list.h"
#include "structures/test_choices.h"

namespace kvorum {

class QuickListModel {
 public:
  QuickListModel(const QuickListOptions& options, size_t longest_text)
      : options_(options), longest_text_(longest_text), list_(options) {}

  void Step(Choices& choices) {
    switch (choices.Below(20)) {
      case 0:
      case 1:
      case 2:
        list_.PushFront(model_.emplace_front(AnyText(choices, longest_text_)));
        break;
      case 3:
      case 4:
      case 5:
        list_.PushBack(model_.emplace_back(AnyText(choices, longest_text_)));
        break;
      case 6:
      case 7:
        PopSome(choices);
        break;
      case 8:
      case 9:
      case 10:
        Insert(choices);
        break;
      case 11:
      case 12:
        Set(choices);
        break;
      case 13:
      case 14:
        Erase(choices);
        break;
      case 15:
        EraseRange(choices);
        break;
      case 16:
        EraseWalking(choices);
        break;
      case 17:
        At(choices);
        break;
      case 18:
        Convert(choices);
        break;
      case 19:
        if (choices.Below(40) == 0) {
          list_.Clear();
          model_.clear();
        } else if (choices.Below(40) == 0) {
          options_.fill = static_cast<int>(choices.Below(12)) - 6;
          list_.set_options(options_);
        }
        break;
    }
  }

  // Everything readable, against the model.
  void Compare() const {
    list_.Validate();
    CHECK(list_.size() == model_.size());
    CHECK(list_.empty() == model_.empty());
    size_t index = 0;
    for (auto position = list_.First(); position; position = list_.Next(position)) {
      CHECK(Text(position) == model_[index]);
      CHECK(list_.EntryEquals(position, QuickList::Needle(model_[index])));
      ++index;
    }
    CHECK(index == model_.size());
    for (auto position = list_.Last(); position; position = list_.Prev(position))
      CHECK(Text(position) == model_[--index]);
    CHECK(index == 0);
    CHECK(list_.bytes() <= list_.allocated_bytes());
  }

  const QuickList& list() const { return list_; }

 private:
  std::string Text(QuickList::Position position) const {
    char buffer[kMaxInt64Chars];
    return std::string(list_.Get(position).View(buffer));
  }

  QuickList::Position PositionOf(Choices& choices, size_t index) const {
    int64_t at = static_cast<int64_t>(index);
    if (choices.Below(2) == 0) at -= static_cast<int64_t>(model_.size());
    return list_.At(at);
  }

  void PopSome(Choices& choices) {
    for (size_t count = choices.Below(4); count > 0 && !model_.empty(); --count) {
      if (choices.Below(2) == 0) {
        list_.PopFront();
        model_.pop_front();
      } else {
        list_.PopBack();
        model_.pop_back();
      }
    }
  }

  void Insert(Choices& choices) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    std::string text = AnyText(choices, longest_text_);
    bool after = choices.Below(2) == 0;
    auto position = PositionOf(choices, index);
    position = after ? list_.InsertAfter(position, text) : list_.InsertBefore(position, text);
    CHECK(Text(position) == text);
    model_.insert(model_.begin() + static_cast<ptrdiff_t>(index + (after ? 1 : 0)), std::move(text));
  }

  void Set(Choices& choices) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    std::string text = AnyText(choices, longest_text_);
    CHECK(Text(list_.Set(PositionOf(choices, index), text)) == text);
    model_[index] = std::move(text);
  }

  void Erase(Choices& choices) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    bool backward = choices.Below(2) == 0;
    auto position = PositionOf(choices, index);
    position = backward ? list_.EraseBackward(position) : list_.Erase(position);
    model_.erase(model_.begin() + static_cast<ptrdiff_t>(index));
    size_t neighbour = backward ? index - 1 : index;  // wraps to "none"
    CHECK(static_cast<bool>(position) == (neighbour < model_.size()));
    if (position) CHECK(position == list_.At(static_cast<int64_t>(neighbour)));
  }

  void EraseRange(Choices& choices) {
    if (choices.Below(3) != 0) return;
    size_t index = choices.Below(model_.size() + 2);
    size_t count = choices.Below(2 + model_.size() / 2);
    size_t expected = index < model_.size() ? std::min(count, model_.size() - index) : 0;
    CHECK(list_.EraseRange(index, count) == expected);
    if (expected == 0) return;
    auto first = model_.begin() + static_cast<ptrdiff_t>(index);
    model_.erase(first, first + static_cast<ptrdiff_t>(expected));
  }

  // Walks a part of the list and erases some of it, as LREM does.
  void EraseWalking(Choices& choices) {
    if (model_.empty()) return;
    size_t index = choices.Below(model_.size());
    bool backward = choices.Below(2) == 0;
    auto position = PositionOf(choices, index);
    for (int steps = 0; position && steps < 20; ++steps) {
      CHECK(Text(position) == model_[index]);
      if (choices.Below(3) == 0) {
        position = backward ? list_.EraseBackward(position) : list_.Erase(position);
        model_.erase(model_.begin() + static_cast<ptrdiff_t>(index));
        index = backward ? index - 1 : index;
      } else {
        position = backward ? list_.Prev(position) : list_.Next(position);
        index = backward ? index - 1 : index + 1;
      }
    }
  }

  void At(Choices& choices) const {
    size_t index = choices.Below(model_.size() + 3);
    auto position = list_.At(static_cast<int64_t>(index));
    CHECK(static_cast<bool>(position) == (index < model_.size()));
    if (position) CHECK(Text(position) == model_[index]);
    CHECK(!list_.At(-1 - static_cast<int64_t>(model_.size() + index)));
  }

  void Convert(Choices& choices) {
    if (choices.Below(10) != 0) return;
    if (choices.Below(2) == 0 || model_.size() > UINT16_MAX) {
      QuickList copy = list_.Clone();
      list_ = std::move(copy);
    } else {
      PackedList packed = list_.ToPackedList();
      packed.Validate();
      CHECK(packed.size() == model_.size());
      list_ = QuickList(packed, options_);
    }
  }

  QuickListOptions options_;
  size_t longest_text_;
  QuickList list_;
  std::deque<std::string> model_;
};

}  // namespace kvorum
