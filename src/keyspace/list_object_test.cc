#include "keyspace/list_object.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/allocator.h"
#include "keyspace/list_object_model.h"

namespace kvorum {
namespace {

using End = ListObject::End;

constexpr size_t kNoPlain = size_t{1} << 30;

void PushBack(ListObject& list, std::string_view value, ListObject::Limits limits) {
  list.PushAll(End::kTail, {&value, 1}, limits);
}

TEST(ListObject, GrowsAboveALimitByCountAndShrinksAtHalfOfIt) {
  const ListObject::Limits limits{.fill = 6, .plain_bytes = kNoPlain};
  ListObject list;
  for (int i = 0; i < 6; ++i) PushBack(list, "x", limits);
  EXPECT_EQ(list.encoding(), "listpack");
  PushBack(list, "x", limits);
  EXPECT_EQ(list.encoding(), "quicklist");
  for (size_t size = 7; size > 4; --size) {
    list.Pop(End::kTail);
    list.ShrinkIfSmall(limits);
    EXPECT_EQ(list.encoding(), "quicklist") << size - 1;
  }
  list.Pop(End::kTail);
  list.ShrinkIfSmall(limits);
  EXPECT_EQ(list.encoding(), "listpack");
  EXPECT_EQ(list.CanonicalText(), "list 1:x 1:x 1:x");
}

TEST(ListObject, GrowsAboveALimitInBytes) {
  const ListObject::Limits limits{.fill = -1, .plain_bytes = kNoPlain};
  ListObject list;
  // 7 of the list and 40 elements of 102 bytes: 4087.
  for (int i = 0; i < 40; ++i) PushBack(list, std::string(99, 'x'), limits);
  PushBack(list, "123456", limits);
  EXPECT_EQ(list.encoding(), "listpack") << "4087 bytes, and 6 as text";
  PushBack(list, "12", limits);
  EXPECT_EQ(list.encoding(), "listpack") << "4092 bytes, and 2 as text";
  PushBack(list, "1234", limits);
  EXPECT_EQ(list.encoding(), "quicklist") << "4094 bytes, and 4 as text";
  list.EraseRange(0, 20);
  list.ShrinkIfSmall(limits);
  EXPECT_EQ(list.encoding(), "quicklist");
  list.EraseRange(0, 1);
  list.ShrinkIfSmall(limits);
  EXPECT_EQ(list.encoding(), "listpack");
}

TEST(ListObject, ManyAtOnceCountTogether) {
  ListObject list;
  const std::vector<std::string_view> values(5, "abc");
  list.PushAll(End::kHead, values, {.fill = 4, .plain_bytes = kNoPlain});
  EXPECT_EQ(list.encoding(), "quicklist");
  list.PackIfFits({.fill = 5, .plain_bytes = kNoPlain});
  EXPECT_EQ(list.encoding(), "quicklist") << "two nodes";
}

TEST(ListObject, AnElementAboveThePlainThresholdKeepsItLarge) {
  const ListObject::Limits limits{.fill = 2, .plain_bytes = 5};
  ListObject list;
  for (const char* text : {"a", "b", "c", "long enough"}) PushBack(list, text, limits);
  list.EraseRange(0, 3);
  list.ShrinkIfSmall(limits);
  EXPECT_EQ(list.encoding(), "quicklist");
  EXPECT_TRUE(list.Set(0, "s", limits));
  EXPECT_EQ(list.encoding(), "listpack");
}

// A node filled before the threshold came down is no plain one: with it alone the list is small again, as in Redis.
TEST(ListObject, APackedElementAboveThePlainThresholdIsTakenAlong) {
  const std::string text(32, 'b');
  const ListObject::Limits before{-2, size_t{1} << 30}, after{-2, 20};
  std::unique_ptr<ListObject> list = ListObject::NewLarge(before);
  list->Push(ListObject::End::kTail, {.text = text}, before);
  list->PackIfFits(after);
  EXPECT_EQ(list->encoding(), "listpack");
  list = ListObject::NewLarge(after);
  list->Push(ListObject::End::kTail, {.text = text}, after);
  list->PackIfFits(after);
  EXPECT_EQ(list->encoding(), "quicklist");
}

TEST(ListObject, RandomOperationsMatchADeque) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  const size_t before = AllocatedBytes();
  size_t larges = 0;
  for (int fill : {-2, -1, 1, 4, 20}) {
    for (size_t longest : {20, 3000}) {
      RandomChoices choices(seed + longest);
      ListObjectModel model({.fill = fill, .plain_bytes = kNoPlain}, longest);
      for (int i = 0; i < 6000; ++i) {
        model.Step(choices);
        larges += model.list().encoding() == "quicklist";
        if (i % 16 == 0) model.Compare();
      }
    }
  }
  EXPECT_GT(larges, 0u);
  EXPECT_EQ(AllocatedBytes(), before);
}

}  // namespace
}  // namespace kvorum
