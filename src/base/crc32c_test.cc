#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace kvorum {
namespace {

TEST(Crc32c, KnownValues) {  // RFC 3720, B.4, and the check value of the catalogue of CRCs
  EXPECT_EQ(Crc32c(0, ""), 0u);
  EXPECT_EQ(Crc32c(0, "123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(0, std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(0, std::string(32, '\xFF')), 0x62A8AB43u);
  std::string ascending;
  for (char i = 0; i < 32; ++i) ascending += i;
  EXPECT_EQ(Crc32c(0, ascending), 0x46DD794Eu);
}

TEST(Crc32c, VariantsAgreeOnEveryLengthAndAlignment) {
  Random random(1);
  std::string bytes(40000, 0);
  for (char& byte : bytes) byte = static_cast<char>(random.Next());
  for (size_t size = 0; size < 300; ++size) {
    for (size_t from = 0; from < 8; ++from) {
      EXPECT_EQ(Crc32cBy(Crc32cVariant::kTable, 7, bytes.data() + from, size),
                Crc32cBy(Crc32cVariant::kHardware, 7, bytes.data() + from, size));
    }
  }
  for (int i = 0; i < 300; ++i) {
    const size_t from = random.Below(bytes.size());
    const size_t size = random.Below(bytes.size() - from + 1);
    EXPECT_EQ(Crc32cBy(Crc32cVariant::kTable, 0, bytes.data() + from, size),
              Crc32cBy(Crc32cVariant::kHardware, 0, bytes.data() + from, size))
        << from << " " << size;
  }
}

TEST(Crc32c, InPiecesAsInOne) {
  std::string bytes(20000, 'x');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 3);
  const uint32_t whole = Crc32c(0, bytes);
  for (const size_t cut : {0u, 1u, 7u, 6143u, 6144u, 6145u, 19999u, 20000u}) {
    const std::string_view all = bytes;
    EXPECT_EQ(Crc32c(Crc32c(0, all.substr(0, cut)), all.substr(cut)), whole) << cut;
  }
}

}  // namespace
}  // namespace kvorum
