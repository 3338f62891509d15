#include "rdb/elements.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/numbers.h"
#include "rdb/test_rdb.h"
#include "rdb/value_reader.h"
#include "rdb/writer.h"

namespace kvorum {
namespace {

// Makes a value of its elements again.
class Rebuilder final : public RdbElementVisitor {
 public:
  explicit Rebuilder(RdbShape shape) : shape_(shape) {}
  bool Element(std::string_view first, std::string_view second) override {
    double score = 0;
    switch (shape_) {
      case RdbShape::kString:
        text_ = "string " + std::string(first);
        break;
      case RdbShape::kList:
        list_.Push(ListObject::End::kTail, {.text = first}, ListObject::LimitsOf(settings_));
        break;
      case RdbShape::kSet:
        CHECK(set_.Add(first, settings_));
        break;
      case RdbShape::kSortedSet:
        CHECK(ParseDouble(second, &score));
        (void)sorted_set_.Add(first, &score, {}, SortedSetObject::LimitsOf(settings_));
        break;
      default:
        CHECK(hash_.Set(first, second, settings_));
    }
    return ++count_ != stop_at_;
  }
  std::string text() const {
    if (shape_ == RdbShape::kString) return text_;
    if (shape_ == RdbShape::kList) return list_.CanonicalText();
    if (shape_ == RdbShape::kSet) return set_.CanonicalText();
    return shape_ == RdbShape::kSortedSet ? sorted_set_.CanonicalText() : hash_.CanonicalText();
  }
  void StopAt(size_t count) { stop_at_ = count; }
  size_t count() const { return count_; }

 private:
  const RdbShape shape_;
  const KeyspaceSettings settings_;
  std::string text_;
  ListObject list_;
  SetObject set_;
  SortedSetObject sorted_set_;
  HashObject hash_;
  size_t count_ = 0;
  size_t stop_at_ = SIZE_MAX;
};

TEST(RdbElements, MakeTheValueAgain) {
  const auto seed = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  RandomChoices choices(seed);
  const KeyspaceSettings settings;
  for (int round = 0; round < 200; ++round) {
    const OwnedEntry entry = AnyEntry(choices, settings);
    RdbWriter writer({.compresses = choices.Below(2) == 0, .plain_bytes = 1 + choices.Below(10000)});
    writer.Value(*entry);
    PieceSource source(writer.buffer().view(), 1 + choices.Below(1000));
    RdbReader reader(source);
    const auto type = static_cast<uint8_t>(RdbWriter::TypeOf(*entry));
    Rebuilder rebuilder(ShapeOfRdbType(type));
    ASSERT_TRUE(VisitRdbElements(type, reader, rebuilder)) << reader.error().text;
    EXPECT_EQ(rebuilder.text(), TextOf(*entry));
    EXPECT_EQ(reader.offset(), writer.buffer().size());
  }
}

// By hand; older Redis wrote these (payload_test.cc has more of them).
TEST(RdbElements, OlderTypes) {
  const std::pair<const char*, const char*> samples[] = {
      {"010301610162c005", "list 1:a 1:b 1:5"},
      {"0304016101330162fe0163ff016403302e31", "zset -inf:1:c 0.1:1:d 3:1:a inf:1:b"},
      {"0910020166010076016e0203343278797aff", "hash 1:f 1:v 1:n 2:42"},
      {"0c20200000001a000000060000016103f20201620303312e350501630303696e66ff", "zset 1:1:a 1.5:1:b inf:1:c"},
      {"0e0210100000000d000000020000016103f2ff0e0e0000000a0000000100000162ff", "list 1:a 1:1 1:b"},
      {"0b0e0200000003000000feff01002c01", "set 2:-2 1:1 3:300"},
  };
  for (const auto& [hex, text] : samples) {
    const std::string bytes = FromHex(hex);
    RdbReader reader{std::string_view(bytes).substr(1)};
    Rebuilder rebuilder(ShapeOfRdbType(static_cast<uint8_t>(bytes[0])));
    ASSERT_TRUE(VisitRdbElements(static_cast<uint8_t>(bytes[0]), reader, rebuilder)) << reader.error().text;
    EXPECT_EQ(rebuilder.text(), text);
  }
}

TEST(RdbElements, TheVisitorStops) {
  const std::string bytes = FromHex("0301610162c005");
  RdbReader reader{std::string_view(bytes)};
  Rebuilder rebuilder(RdbShape::kList);
  rebuilder.StopAt(2);
  EXPECT_FALSE(VisitRdbElements(static_cast<uint8_t>(RdbType::kList), reader, rebuilder));
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(rebuilder.count(), 2u);
}

}  // namespace
}  // namespace kvorum
