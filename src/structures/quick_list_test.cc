#include "structures/quick_list.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/allocator.h"
#include "structures/quick_list_model.h"

namespace kvorum {
namespace {

std::string Joined(const QuickList& list) {
  std::string joined;
  char buffer[kMaxInt64Chars];
  for (auto position = list.First(); position; position = list.Next(position)) {
    joined += std::string(list.Get(position).View(buffer)) + " ";
  }
  return joined;
}

TEST(QuickList, Empty) {
  QuickList list;
  EXPECT_EQ(sizeof(list), 40u);
  EXPECT_FALSE(list.First());
  EXPECT_FALSE(list.Last());
  EXPECT_FALSE(list.At(0));
  EXPECT_FALSE(list.At(-1));
  EXPECT_EQ(list.EraseRange(0, 5), 0u);
  EXPECT_FALSE(list.has_one_node());
}

TEST(QuickList, FillByCount) {
  QuickList list({.fill = 3});
  for (int i = 0; i < 10; ++i) list.PushBack(std::to_string(i));
  EXPECT_EQ(list.node_count(), 4u);
  EXPECT_EQ(Joined(list), "0 1 2 3 4 5 6 7 8 9 ");
  // With a fill by count, 8 KiB are the limit all the same.
  QuickList wide({.fill = 100});
  for (int i = 0; i < 10; ++i) wide.PushBack(std::string(3000, 'x'));
  EXPECT_EQ(wide.node_count(), 5u);
}

TEST(QuickList, FillByBytes) {
  const size_t limits[] = {4096, 8192, 16384, 32768, 65536};
  for (int fill = -1; fill >= -5; --fill) {
    size_t limit = limits[-fill - 1];
    QuickList list({.fill = fill});
    // 100 bytes and 3 around them, 7 for the node.
    size_t fitting = (limit - 7) / 103;
    for (size_t i = 0; i < fitting; ++i) list.PushFront(std::string(100, 'x'));
    EXPECT_EQ(list.node_count(), 1u) << fill;
    list.PushFront(std::string(100, 'x'));
    EXPECT_EQ(list.node_count(), 2u) << fill;
    list.Validate();
  }
}

TEST(QuickList, LargeElementsHaveANodeOfTheirOwn) {
  QuickList list({.packed_threshold = 5});
  for (const char* text : {"a", "12345", "b", "c"}) list.PushBack(text);
  EXPECT_EQ(list.node_count(), 3u);
  EXPECT_EQ(list.Get(list.At(1)).text, "12345");
  list.InsertBefore(list.At(3), "a longer one");
  EXPECT_EQ(list.node_count(), 5u);
  list.Set(list.At(1), "s");
  list.Set(list.At(0), "longer");
  EXPECT_EQ(Joined(list), "longer s b a longer one c ");
  list.Validate();
  EXPECT_TRUE(list.EntryEquals(list.At(0), QuickList::Needle("longer")));
}

TEST(QuickList, PushesAtOneEndWasteLittle) {
  for (bool front : {true, false}) {
    QuickList list;
    for (int i = 0; i < 100000; ++i) front ? list.PushFront("sixteen bytes ab") : list.PushBack("sixteen bytes ab");
    EXPECT_LT(list.allocated_bytes(), list.bytes() * 103 / 100);
  }
}

// A queue's node slides its entries and does not grow, nor does it move them at each push.
TEST(QuickList, QueueStaysSmall) {
  QuickList list;
  for (int i = 0; i < 50; ++i) list.PushFront("0123456789");
  for (int i = 0; i < 100000; ++i) {
    list.PushFront("0123456789");
    list.PopBack();
  }
  list.Validate();
  EXPECT_LT(list.allocated_bytes(), 2 * list.bytes() + 100);
  while (list.size() > 1) list.PopBack();
  EXPECT_LT(list.allocated_bytes(), 400u);
}

TEST(QuickList, EraseRangeDropsWholeNodesAndMergesTheEdges) {
  QuickList list({.fill = 10});
  for (int i = 0; i < 100; ++i) list.PushBack(std::to_string(i));
  EXPECT_EQ(list.EraseRange(5, 90), 90u);
  EXPECT_EQ(Joined(list), "0 1 2 3 4 95 96 97 98 99 ");
  EXPECT_TRUE(list.has_one_node());
  EXPECT_EQ(list.EraseRange(8, 90), 2u);
  list.Validate();
}

TEST(QuickList, RandomOperationsMatchADeque) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  size_t before = AllocatedBytes();
  const QuickListOptions all_options[] = {{.fill = -2}, {.fill = -1}, {.fill = -5},
                                          {.fill = 1},  {.fill = 7},  {.fill = -1, .packed_threshold = 30}};
  for (const QuickListOptions& options : all_options) {
    for (size_t longest : {40, 20000}) {
      RandomChoices choices(seed + longest);
      QuickListModel model(options, longest);
      for (int i = 0; i < 12000; ++i) {
        model.Step(choices);
        if (i % 16 == 0 || model.list().size() < 20) model.Compare();
      }
    }
  }
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(QuickListDeathTest, MisuseAborts) {
  QuickList list;
  EXPECT_DEATH(list.PopFront(), "CHECK failed");
  EXPECT_DEATH((void)list.Get(list.First()), "CHECK failed");
}

// What comes from elsewhere keeps its nodes, whatever the rule says of them.
TEST(QuickList, NodesFromElsewhere) {
  QuickListOptions options;
  options.fill = 2;
  QuickList list(options);
  PackedList packed;
  for (std::string_view text : {"a", "1", "b", "2"}) packed.PushBack(text);
  list.AppendNode(packed.raw(), packed.size());
  list.AppendPlainNode("small");
  list.PushBack("c");
  list.Validate();
  EXPECT_EQ(list.size(), 6u);
  EXPECT_EQ(list.node_count(), 3u);
  std::string seen;
  list.ForEachNode([&seen](bool is_plain, std::string_view bytes, size_t count) {
    seen += is_plain ? "plain " + std::string(bytes) : "packed " + std::to_string(count);
    seen += ";";
  });
  EXPECT_EQ(seen, "packed 4;plain small;packed 1;");
  char digits[kMaxInt64Chars];
  EXPECT_EQ(list.Get(list.At(3)).View(digits), "2");
  EXPECT_EQ(list.Get(list.At(4)).View(digits), "small");
  // They can be changed as others can.
  list.Set(list.At(4), "other");
  list.EraseRange(0, 3);
  list.Validate();
  EXPECT_EQ(list.size(), 3u);
}

}  // namespace
}  // namespace kvorum
