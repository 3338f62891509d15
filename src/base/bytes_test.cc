#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace kvorum {
namespace {

std::string Varint(uint64_t value) {
  char bytes[kMaxVarintBytes];
  return {bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes)};
}

TEST(Bytes, FixedNumbersAreLittleEndian) {
  char bytes[8];
  PutU64(bytes, 0x0102030405060708);
  EXPECT_EQ(std::string(bytes, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(GetU64(bytes), 0x0102030405060708u);
  PutU32(bytes, 0xFFFEFDFC);
  EXPECT_EQ(std::string(bytes, 4), "\xFC\xFD\xFE\xFF");
  EXPECT_EQ(GetU32(bytes), 0xFFFEFDFCu);
}

TEST(Bytes, VarintsOfEveryLengthComeBack) {
  for (int bits = 0; bits <= 64; ++bits) {
    for (const int64_t beside : {-1, 0, 1}) {
      const uint64_t value = (bits == 64 ? 0 : uint64_t{1} << bits) + static_cast<uint64_t>(beside);
      const std::string encoded = Varint(value) + "rest";
      std::string_view from = encoded;
      uint64_t back = 0;
      ASSERT_TRUE(TakeVarint(&from, &back)) << value;
      EXPECT_EQ(back, value);
      EXPECT_EQ(from, "rest");
      for (size_t cut = 0; cut < encoded.size() - 4; ++cut) {
        std::string_view part(encoded.data(), cut);
        EXPECT_FALSE(TakeVarint(&part, &back)) << value << " cut to " << cut;
        EXPECT_EQ(part.size(), cut);
      }
    }
  }
}

TEST(Bytes, LongAndTooLargeVarintsAreRefused) {
  for (const std::string& bytes : {std::string("\x80\x00", 2), std::string("\xFF\x80\x00", 3),
                                   std::string(9, '\xFF') + '\x02', std::string(10, '\xFF') + '\x01'}) {
    std::string_view from = bytes;
    uint64_t value;
    EXPECT_FALSE(TakeVarint(&from, &value));
  }
}

}  // namespace
}  // namespace kvorum
