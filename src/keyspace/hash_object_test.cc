#include "keyspace/hash_object.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/allocator.h"
#include "keyspace/hash_object_model.h"

namespace kvorum {
namespace {

TEST(HashObject, IsAListpackWithinItsLimits) {
  KeyspaceSettings settings;
  settings.hash_max_listpack_entries = 4;
  HashObject hash;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(hash.Set("f" + std::to_string(i), "v", settings));
  EXPECT_FALSE(hash.Set("f0", "w", settings));
  EXPECT_EQ(hash.encoding(), "listpack");
  hash.Set("f4", "v", settings);
  EXPECT_EQ(hash.encoding(), "hashtable");

  HashObject long_value;
  long_value.Set("f", std::string(64, 'x'), settings);
  EXPECT_EQ(long_value.encoding(), "listpack");
  long_value.Set("f", std::string(65, 'x'), settings);
  EXPECT_EQ(long_value.encoding(), "hashtable");
  EXPECT_EQ(long_value.size(), 1u);
}

TEST(FieldRecord, AValueOfTheSameSizeGoesInPlace) {
  FieldRecord* record = FieldRecord::Create("field", "0123456789");
  FieldRecord* changed = record->WithValue("9876543210");
  EXPECT_EQ(changed, record);
  EXPECT_EQ(changed->WithValue("98765432101"), record) << "as long as the block has room";
  EXPECT_EQ(record->value(), "98765432101");
  EXPECT_EQ(record->field(), "field");
  record = record->WithValue(std::string(100, 'x'));
  EXPECT_EQ(record->field(), "field");
  EXPECT_EQ(record->value(), std::string(100, 'x'));
  FieldRecord::Destroy(record);
}

// Lengths at the edges of the prefix's forms.
TEST(FieldRecord, LengthsOfAnySize) {
  for (size_t field : {0, 253, 254, 65535, 65536}) {
    FieldRecord* record = FieldRecord::Create(std::string(field, 'f'), "");
    for (size_t value : {0, 1, 253, 254, 252, 65535, 65536, 65534, 3}) {
      record = record->WithValue(std::string(value, 'v'));
      EXPECT_EQ(record->field(), std::string(field, 'f'));
      EXPECT_EQ(record->value(), std::string(value, 'v'));
    }
    FieldRecord::Destroy(record);
  }
}

TEST(HashObject, SixteenByteFieldsAndValuesCostAtMostSixtyBytes) {
  constexpr size_t kFields = 200000;
  KeyspaceSettings settings;
  const size_t before = AllocatedBytes();
  HashObject hash;
  for (size_t i = 0; i < kFields; ++i) {
    std::string text = std::to_string(i);
    text.insert(0, 16 - text.size(), 'f');
    hash.Set(text, text, settings);
  }
  EXPECT_LT(static_cast<double>(AllocatedBytes() - before) / kFields, 56);
}

TEST(HashObject, RandomOperationsMatchAMap) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  printf("seed %lu\n", seed);
  const size_t before = AllocatedBytes();
  for (uint64_t run = 0; run < 6; ++run) {
    RandomChoices choices(seed + run);
    HashObjectModel model(seed + run);
    for (int i = 0; i < 3000; ++i) {
      model.Step(choices);
      if (i % 8 == 0 || model.size() < 10) model.Compare();
    }
  }
  EXPECT_LT(AllocatedBytes() - before, 1000u);
}

}  // namespace
}  // namespace kvorum
