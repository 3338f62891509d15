#include "structures/packed_list.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/allocator.h"
#include "structures/packed_list_model.h"

namespace kvorum {
namespace {

std::string Text(const PackedList& list, PackedList::Position position) {
  char buffer[kMaxInt64Chars];
  return std::string(list.Get(position).View(buffer));
}

TEST(PackedList, EmptyOwnsNothing) {
  size_t before = AllocatedBytes();
  PackedList list;
  EXPECT_EQ(sizeof(list), 8u);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.First(), PackedList::kNone);
  EXPECT_EQ(list.Last(), PackedList::kNone);
  EXPECT_EQ(list.At(0), PackedList::kNone);
  EXPECT_EQ(list.Find("a", list.First()), PackedList::kNone);
  list.PushBack("a");
  EXPECT_GT(AllocatedBytes(), before);
  EXPECT_EQ(list.Erase(list.First()), PackedList::kNone);
  EXPECT_EQ(list.allocated_bytes(), 0u);
  EXPECT_EQ(AllocatedBytes(), before);
}

// The bytes are a format: what is drawn in packed_entry.h, for each kind of value.
TEST(PackedList, EntryBytes) {
  struct Case {
    std::string value;
    std::string bytes;
  };
  const std::string a64(64, 'a');
  const std::string a4096(4096, 'a');
  for (const Case& c : {Case{"", {"\x00\x01", 2}},
                        {"ab",
                         "\x02"
                         "ab\x03"},
                        {"0", {"\x80\x01", 2}},
                        {"127", "\xff\x01"},
                        {"128", "\x70\x80\x02"},
                        {"-1", "\x6f\xff\x02"},
                        {"-4096", {"\x60\x00\x02", 3}},
                        {"4095", "\x7f\xff\x02"},
                        {"4096", {"\x51\x00\x10\x03", 4}},
                        {"-32768", {"\x51\x00\x80\x03", 4}},
                        {"32768", {"\x52\x00\x80\x00\x04", 5}},
                        {"-8388609", "\x53\xff\xff\x7f\xff\x05"},
                        {"2147483648", {"\x54\x00\x00\x00\x80\x00\x00\x00\x00\x09", 10}},
                        {a64, "\x40\x40" + a64 + "\x42"},
                        {a4096, std::string("\x50\x00\x10\x00\x00", 5) + a4096 + "\x20\x85"},
                        {"01",
                         "\x02"
                         "01\x03"}}) {
    PackedEntry entry(c.value);
    std::string out(entry.bytes(), '?');
    entry.Write(out.data());
    EXPECT_EQ(out, c.bytes) << c.value.substr(0, 30);
    EXPECT_EQ(PackedEntryBytes(out.data()), c.bytes.size());
    EXPECT_EQ(PackedEntryBefore(out.data() + out.size()), out.data());
  }
}

TEST(PackedList, NumbersComeBackAsTheSameText) {
  PackedList list;
  for (const char* text :
       {"12", "-12", "012", "+12", "-0", "9223372036854775807", "9223372036854775808", "1.5", " 1"}) {
    list.PushBack(text);
    EXPECT_EQ(Text(list, list.Last()), text);
  }
  EXPECT_TRUE(list.Get(list.First()).is_number);
  EXPECT_EQ(list.Find("012", list.First()), list.At(2));
  EXPECT_EQ(list.Find("-0", list.First()), list.At(4));
}

TEST(PackedList, FindByFieldsSkipsValues) {
  PackedList list;
  for (const char* text : {"a", "b", "b", "c"}) list.PushBack(text);
  EXPECT_EQ(list.Find("b", list.First()), list.At(1));
  EXPECT_EQ(list.Find("b", list.First(), 2), list.At(2));
  EXPECT_EQ(list.Find("c", list.First(), 2), PackedList::kNone);
}

TEST(PackedList, LargeEntriesAndTheWideHeader) {
  PackedList list;
  std::string big(3'000'000, 'x');
  list.PushBack("first");
  list.PushBack(big);
  list.PushFront(big.substr(0, 70000));
  list.PushBack("last");
  list.Validate();
  EXPECT_EQ(Text(list, list.At(2)), big);
  EXPECT_EQ(Text(list, list.Prev(list.Last())), big);
  list.Erase(list.At(0));
  list.Erase(list.At(1));
  list.Validate();
  EXPECT_EQ(list.size(), 2u);
  EXPECT_LT(list.allocated_bytes(), 64u);
}

TEST(PackedList, RandomOperationsMatchAVector) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  size_t before = AllocatedBytes();
  for (size_t longest : {20, 5000, 100000}) {
    RandomChoices choices(seed + longest);
    PackedListModel model(longest);
    for (int i = 0; i < 20000; ++i) {
      model.Step(choices);
      if (i % 8 == 0 || model.size() < 10) model.Compare();
    }
  }
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(PackedListDeathTest, MisuseAborts) {
  PackedList list;
  list.PushBack("a");
  EXPECT_DEATH((void)list.Get(PackedList::kNone), "CHECK failed");
  EXPECT_DEATH(list.Erase(list.First(), 2), "CHECK failed");
  EXPECT_DEATH((void)list.SplitOff(2), "CHECK failed");
}

}  // namespace
}  // namespace kvorum
