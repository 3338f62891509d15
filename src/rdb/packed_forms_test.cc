#include "rdb/packed_forms.h"

#include <gtest/gtest.h>

#include "rdb/test_rdb.h"
#include "structures/packed_list.h"

namespace kvorum {
namespace {

std::string Listpack(const PackedList& list) {
  Buffer block;
  AppendListpack(list.raw(), list.size(), &block);
  return std::string(block.view());
}

TEST(PackedForms, EveryKindOfEntryInAListpack) {
  PackedList list;
  for (std::string_view text : {"a", "", "0", "127", "128", "-1", "4095", "-4096", "4096", "-40000", "8388607",
                                "8388608", "2147483648", "-9223372036854775808"})
    list.PushBack(text);
  EXPECT_EQ(ToHex(Listpack(list)),
            "440000000e00"  // 68 bytes, 14 entries
            "816102"
            "8001"
            "0001"
            "7f01"
            "c08002"
            "dfff02"
            "cfff02"  //
            "d00002"
            "f1001003"
            "f2c063ff04"
            "f2ffff7f04"
            "f30000800005"
            "f40000008000000000"
            "09"
            "f4000000000000008009"
            "ff");
}

// Where the length of an entry begins to need one byte more, a listpack takes it one earlier than we do.
TEST(PackedForms, LengthsAtTheEdges) {
  for (size_t edge : {size_t{127}, size_t{128}, size_t{4096}, size_t{16383}, size_t{16384}, size_t{2097151}}) {
    for (size_t size = edge - 8; size < edge + 8; ++size) {
      PackedList list;
      list.PushBack("first");
      list.PushBack(std::string(size, 'x'));
      list.PushBack("last");
      const std::string block = Listpack(list);
      Buffer entries;
      size_t count;
      ASSERT_TRUE(UnpackListpack(block, &entries, &count)) << size;
      EXPECT_EQ(count, 3u);
      EXPECT_EQ(entries.view(), list.raw()) << size;
    }
  }
}

TEST(PackedForms, TextsThatAreNumbersBecomeNumbers) {
  Buffer entries;
  size_t count;
  // "12" as text, 5 as an integer of 16 bits.
  ASSERT_TRUE(UnpackListpack(FromHex("0f00000002008231320"
                                     "3f1050003ff"),
                             &entries, &count));
  PackedList list;
  list.PushBack("12");
  list.PushBack("5");
  EXPECT_EQ(entries.view(), list.raw());
}

TEST(PackedForms, DamagedListpacks) {
  PackedList list;
  for (std::string_view text : {"abc", "17", "-300", "70000", "12345678901"}) list.PushBack(text);
  list.PushBack(std::string(200, 'x'));
  const std::string block = Listpack(list);
  Buffer entries;
  size_t count;
  for (size_t size = 0; size < block.size(); ++size)
    EXPECT_FALSE(UnpackListpack(block.substr(0, size), &entries, &count));
  // A change of a byte is seen, or gives entries that can be walked.
  for (size_t i = 0; i < block.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = block;
      changed[i] = static_cast<char>(byte);
      entries.Clear();
      if (!UnpackListpack(changed, &entries, &count)) continue;
      size_t walked;
      EXPECT_TRUE(ValidatePackedEntries(entries.data(), entries.size(), &walked));
      EXPECT_EQ(walked, count);
    }
  }
}

TEST(PackedForms, RepeatedEntries) {
  PackedList list;
  for (std::string_view text : {"a", "1", "b", "1", "c", "a"}) list.PushBack(text);
  EXPECT_TRUE(HasRepeatedEntries(list.raw(), list.size(), 1));
  EXPECT_FALSE(HasRepeatedEntries(list.raw(), list.size(), 2));
  list.PushBack("b");
  EXPECT_TRUE(HasRepeatedEntries(list.raw(), list.size(), 2));
}

TEST(PackedForms, Intsets) {
  IntsetBlock block;
  const std::string bytes = FromHex("0200000003000000feff01002c01");
  ASSERT_TRUE(block.Open(bytes));
  ASSERT_EQ(block.size(), 3u);
  EXPECT_EQ(block.At(0), -2);
  EXPECT_EQ(block.At(2), 300);
  EXPECT_FALSE(block.Open(FromHex("0200000003000000feff01000100"))) << "one twice";
  EXPECT_FALSE(block.Open(FromHex("0200000003000000feff01002c"))) << "too short";
  EXPECT_FALSE(block.Open(FromHex("0300000001000000010000"))) << "no such width";
}

}  // namespace
}  // namespace kvorum
