#include "rdb/crc64.h"

#include <gtest/gtest.h>

#include <string>

namespace kvorum {
namespace {

TEST(Crc64, KnownValues) {
  EXPECT_EQ(Crc64(0, ""), 0u);
  EXPECT_EQ(Crc64(0, "123456789"), 0xE9C6D914C4B8D9CAu);
}

TEST(Crc64, PiecesMakeTheWhole) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 31);
  const uint64_t whole = Crc64(0, bytes);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view view(bytes);
    EXPECT_EQ(Crc64(Crc64(0, view.substr(0, cut)), view.substr(cut)), whole);
  }
}

}  // namespace
}  // namespace kvorum
