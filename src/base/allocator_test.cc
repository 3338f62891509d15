#include "base/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/huge_pages.h"

namespace kvorum {
namespace {

struct Block {
  char* memory;
  size_t bytes;
  char mark;
};

void FillAndKeep(std::vector<Block>& blocks, size_t bytes, char mark) {
  auto* memory = static_cast<char*>(Allocate(bytes));
  std::memset(memory, mark, bytes);
  blocks.push_back({memory, bytes, mark});
}

void CheckAndFree(const Block& block) {
  for (size_t i = 0; i < block.bytes; ++i) ASSERT_EQ(block.memory[i], block.mark);
  Free(block.memory, block.bytes);
}

TEST(Allocator, BlocksKeepTheirBytesUnderRandomUse) {
  const unsigned seed = 20261122;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  size_t before = AllocatedBytes();
  std::vector<Block> blocks;
  for (int step = 0; step < 200000; ++step) {
    if (blocks.size() < 2000 || random() % 2 == 0) {
      FillAndKeep(blocks, random() % 400, static_cast<char>(random()));
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      CheckAndFree(blocks.back());
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) CheckAndFree(block);
  std::vector<Block>().swap(blocks);
  EXPECT_LE(AllocatedBytes(), before + 1000);
}

TEST(Allocator, CountsWhatIsHandedOut) {
  size_t before = AllocatedBytes();
  void* small = Allocate(54);
  EXPECT_EQ(AllocatedBytes() - before, 56u);
  EXPECT_EQ(AllocationSize(54), 56u);
  Free(small, 54);
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(Allocator, CountsEveryFormOfNew) {
  struct alignas(64) Wide {
    char bytes[640];
  };
  const size_t before = AllocatedBytes();
  for (int i = 0; i < 100; ++i) {
    // Sorting stably takes a buffer with the form of new that does not throw.
    std::vector<int> numbers(1000);
    for (size_t j = 0; j < numbers.size(); ++j) numbers[j] = static_cast<int>(j * 7919 % 1000);
    std::stable_sort(numbers.begin(), numbers.end());
    delete new (std::nothrow) std::string(100, 'x');
    delete[] new (std::nothrow) char[100];
    delete new Wide;
    delete new (std::nothrow) Wide;
  }
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(Allocator, BlocksKeepTheirContentOnHugePages) {
  UseHugePages();
  constexpr size_t kBytes = 96 << 20;  // more than the chunks on small pages
  const size_t before = AllocatedBytes();
  std::vector<Block> blocks;
  size_t sum = 0;
  for (size_t i = 0; sum < kBytes; ++i) {
    const size_t bytes = 16 + i % 500;
    FillAndKeep(blocks, bytes, static_cast<char>(i));
    sum += bytes;
    if (i % 7 == 0) {
      CheckAndFree(blocks.back());
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) CheckAndFree(block);
  blocks = std::vector<Block>();
  EXPECT_EQ(AllocatedBytes(), before);
}

#ifndef KVORUM_SANITIZED
TEST(Allocator, TellsWhatSlabsHold) {
  constexpr size_t kBytes = 328;  // of a class that is coarser than 8 bytes
  ASSERT_GT(AllocationSize(kBytes), kBytes);
  auto used = [] {
    for (const SlabClassUsage& row : SlabUsage()) {
      if (row.block_bytes == AllocationSize(kBytes)) return row.used_blocks;
    }
    return size_t{0};
  };
  const size_t before = used();
  void* first = Allocate(kBytes);
  void* second = Allocate(kBytes);
  EXPECT_EQ(used(), before + 2);
  Free(first, kBytes);
  Free(second, kBytes);
  EXPECT_EQ(used(), before);
}
#endif

// Fresh ones, ones kept for the next, and ones that had gone back to the system.
TEST(Allocator, PagesAreZeroed) {
  constexpr size_t kPages = 100;
  for (int round = 0; round < 3; ++round) {
    std::vector<char*> pages;
    for (size_t i = 0; i < kPages; ++i) {
      pages.push_back(static_cast<char*>(AllocatePage()));
      ASSERT_TRUE(std::all_of(pages.back(), pages.back() + kPageBytes, [](char byte) { return byte == 0; }))
          << "page " << i << " of round " << round;
      std::memset(pages.back(), 'x', kPageBytes);
    }
    for (char* page : pages) FreePage(page);
  }
}

TEST(Allocator, AlignsMultiplesOf64) {
  for (size_t bytes : {64u, 128u, 192u, 256u, 512u, 4096u}) {
    void* block = Allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u) << bytes;
    Free(block, bytes);
  }
}

TEST(Allocator, BlocksFreedElsewhereComeBack) {
  size_t before = AllocatedBytes();
  for (int round = 0; round < 20; ++round) {
    std::vector<Block> blocks;
    for (int i = 0; i < 20000; ++i) FillAndKeep(blocks, 16 + static_cast<size_t>(i % 200), static_cast<char>(i));
    std::thread other([&blocks] {
      for (const Block& block : blocks) CheckAndFree(block);
    });
    std::vector<Block> meanwhile;
    for (int i = 0; i < 20000; ++i) FillAndKeep(meanwhile, 16 + static_cast<size_t>(i % 200), static_cast<char>(i));
    other.join();
    for (const Block& block : meanwhile) CheckAndFree(block);
  }
  EXPECT_LE(AllocatedBytes(), before + 10000);
}

}  // namespace
}  // namespace kvorum
