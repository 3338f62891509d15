#include "vector/slot_array.h"

#include <gtest/gtest.h>

#include <cstring>

namespace kvorum {
namespace {

void Fill(const SlotArray& array, uint32_t begin, uint32_t end) {
  for (uint32_t slot = begin; slot < end; ++slot) *array.As<uint32_t>(slot) = slot * 7;
}
void ExpectFilled(const SlotArray& array, uint32_t end) {
  for (uint32_t slot = 0; slot < end; ++slot) ASSERT_EQ(*array.As<uint32_t>(slot), slot * 7);
}

TEST(SlotArrayTest, GrowsOneByOneAndKeepsWhatIsThere) {
  for (const size_t record_bytes : {size_t{4}, size_t{64}, size_t{448}, size_t{5000}, size_t{40000}}) {
    SlotArray array(record_bytes);
    EXPECT_EQ(array.capacity(), 0U);
    for (uint32_t slot = 0; slot < 10000 && slot * record_bytes < 8 << 20; ++slot) {
      array.Grow(slot + 1);
      ASSERT_GT(array.capacity(), slot);
      for (size_t i = 0; i < record_bytes; ++i) ASSERT_EQ(array.At(slot)[i], 0);
      Fill(array, slot, slot + 1);
    }
    ExpectFilled(array, static_cast<uint32_t>(std::min<size_t>(10000, (8 << 20) / record_bytes)));
  }
}

TEST(SlotArrayTest, IsSmallWhenItHoldsFew) {
  SlotArray array(128);
  array.Grow(3);
  EXPECT_LT(array.Bytes(), 1024U);
  array.Grow(20);
  EXPECT_LT(array.Bytes(), 12U << 10);
  array.Grow(1000);
  EXPECT_LT(array.Bytes(), 200U << 10);
}

TEST(SlotArrayTest, GrowsAtOnceAndShrinks) {
  for (const uint32_t begin : {0U, 3U, 100U, 5000U}) {
    SlotArray array(100);
    array.Grow(begin);
    Fill(array, 0, begin);
    array.Grow(20000);
    ExpectFilled(array, begin);
    Fill(array, begin, 20000);
    array.Shrink(700);
    ASSERT_GE(array.capacity(), 700U);
    ExpectFilled(array, 700);
    array.Shrink(0);
    EXPECT_EQ(array.capacity(), 0U);
    array.Grow(2);
    for (size_t i = 0; i < 200; ++i) ASSERT_EQ(array.At(0)[i], 0);
    Fill(array, 0, 2);
    array.Grow(40);
    ExpectFilled(array, 2);
  }
}

// What somebody got hold of before the array grew can still be read.
TEST(SlotArrayTest, LeavesWhatReadersHave) {
  SlotArray array(64);
  array.Grow(1);
  std::memset(array.At(0), 5, 64);
  const uint8_t* const held = array.At(0);
  array.Grow(100000);
  for (size_t i = 0; i < 64; ++i) ASSERT_EQ(held[i], 5);
}

}  // namespace
}  // namespace kvorum
