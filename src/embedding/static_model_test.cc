#include "embedding/static_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "embedding/subword.h"

namespace kvorum {
namespace {

StaticModelParts SmallParts() {
  StaticModelParts parts;
  parts.name = "small-1";
  parts.trained_on = 1000;
  parts.dimension = 64;
  parts.words = {"the", "vector", "na\xC3\xAFve"};
  parts.counts = {70, 5, 4};
  parts.vectors.resize(3 * 64);
  for (size_t i = 0; i < parts.words.size(); ++i) SubwordVector(parts.words[i], 64, &parts.vectors[i * 64]);
  return parts;
}

// So that what stands behind the checksum is tested, too.
std::string WithChecksums(std::string bytes) {
  PutU32(&bytes[60], Crc32c(0, bytes.data(), 60));
  PutU32(&bytes[bytes.size() - 4], Crc32c(0, bytes.data() + kModelHeaderBytes, bytes.size() - kModelHeaderBytes - 4));
  return bytes;
}

std::string ErrorOf(const std::string& bytes) {
  StaticModel model;
  std::string error;
  return StaticModel::Open(bytes, &model, &error) ? "" : error;
}

TEST(StaticModel, GivesBackWhatWasWritten) {
  const StaticModelParts parts = SmallParts();
  const std::string bytes = StaticModelBytes(parts);
  StaticModel model;
  std::string error;
  ASSERT_TRUE(StaticModel::Open(bytes, &model, &error)) << error;
  EXPECT_EQ(model.name(), "small-1");
  EXPECT_EQ(model.dimension(), 64u);
  EXPECT_EQ(model.size(), 3u);
  EXPECT_EQ(model.Find("vector"), 1u);
  EXPECT_EQ(model.Find("na\xC3\xAFve"), 2u);
  EXPECT_EQ(model.Find("vect"), StaticModel::kNoWord);
  EXPECT_EQ(model.Find(""), StaticModel::kNoWord);
  EXPECT_DOUBLE_EQ(model.Frequency(0), 0.07);
  for (uint32_t word = 0; word < 3; ++word) {
    std::vector<float> vector(64, 1);
    model.Add(word, 2, vector.data());
    for (size_t i = 0; i < 64; ++i) {
      const float exact = parts.vectors[word * 64 + i];
      // Half a step of the code, within its range.
      EXPECT_NEAR((vector[i] - 1) / 2, std::clamp(exact, -0.3375F, 0.3375F), 0.0226) << word << ' ' << i;
    }
  }
}

TEST(StaticModel, FormatIsAsDocumented) {
  const std::string bytes = StaticModelBytes(SmallParts());
  ASSERT_EQ(bytes.size(), 64u + (4 + 7 + 7) + 3 * 4 + 3 * 32 + 4);
  EXPECT_EQ(bytes.substr(0, 8), "KVEMBED\n");
  EXPECT_EQ(GetU32(&bytes[8]), 1u);
  EXPECT_EQ(GetU32(&bytes[12]), 64u);
  EXPECT_EQ(GetU32(&bytes[16]), 3u);
  EXPECT_EQ(GetU32(&bytes[20]), 18u);
  EXPECT_EQ(GetU64(&bytes[24]), 1000u);
  EXPECT_EQ(bytes.substr(32, 8), std::string("small-1\0", 8));
  EXPECT_EQ(bytes.substr(64, 4), "\3the");
  EXPECT_EQ(GetU32(&bytes[64 + 18]), 70u);
  // Another checksum means that files written before cannot be read as they were meant: a new version of the format.
  EXPECT_EQ(GetU32(&bytes[bytes.size() - 4]), 1183928292U);
}

TEST(StaticModel, RefusesEveryFlippedBitAndEveryCut) {
  const std::string bytes = StaticModelBytes(SmallParts());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(ErrorOf(bad), "") << bit;
  }
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_NE(ErrorOf(bytes.substr(0, size)), "") << size;
  EXPECT_EQ(ErrorOf(bytes + "x"), "is cut off, or has more in it than it should");
  EXPECT_EQ(ErrorOf("KVEMBED"), "is not an embedding model");
}

TEST(StaticModel, RefusesNonsenseWithGoodChecksums) {
  const std::string bytes = StaticModelBytes(SmallParts());
  const auto changed = [&](size_t at, const std::string& to) {
    std::string bad = bytes;
    return WithChecksums(bad.replace(at, to.size(), to));
  };
  EXPECT_EQ(ErrorOf(WithChecksums(bytes)), "");
  EXPECT_EQ(ErrorOf(changed(8, "\2")), "is of a format that this version of Kvorum does not know");
  EXPECT_EQ(ErrorOf(changed(12, std::string("\0\0\0\0", 4))), "is damaged: its sizes cannot be");
  EXPECT_EQ(ErrorOf(changed(12, "\xFF\xFF\xFF\xFF")), "is damaged: its sizes cannot be");
  EXPECT_EQ(ErrorOf(changed(16, "\xFF\xFF\xFF\xFF")), "is damaged: its sizes cannot be");
  EXPECT_EQ(ErrorOf(changed(20, "\xFF\xFF\xFF\xFF")), "is cut off, or has more in it than it should");
  EXPECT_EQ(ErrorOf(changed(32, std::string(1, '\0'))), "is damaged: its name cannot be");
  EXPECT_EQ(ErrorOf(changed(32, "a b")), "is damaged: its name cannot be");
  EXPECT_EQ(ErrorOf(changed(64, "\x04")), "is damaged: its words do not fit their place");
  EXPECT_EQ(ErrorOf(changed(64, std::string(1, '\0'))), "is damaged: its words do not fit their place");
  StaticModelParts twice = SmallParts();
  twice.words[2] = "the";
  EXPECT_EQ(ErrorOf(StaticModelBytes(twice)), "is damaged: it has a word twice");
}

TEST(Subword, VectorsHaveLengthOneAndNeverChange) {
  std::vector<float> vector(256);
  for (const std::string& word :
       {std::string("a"), std::string("kvorum"), std::string(1000, 'x'), std::string("\xFF\0", 2)}) {
    SubwordVector(word, 256, vector.data());
    double square = 0;
    for (const float number : vector) square += double{number} * number;
    EXPECT_NEAR(square, 1, 1e-5);
  }
  EXPECT_EQ(SubwordHash(""), 17665956581633026203U);
  EXPECT_EQ(SubwordHash("kvorum"), 10308534475782113794U);
  SubwordVector("kvorum", 64, vector.data());
  std::string signs;
  for (size_t i = 0; i < 64; ++i) signs += vector[i] > 0 ? '+' : vector[i] < 0 ? '-' : '0';
  EXPECT_EQ(signs, "+00+-++-0-+---+++-+--0+--0+++-+--+-+-++-+--0-0+-+-+--+--++--0--0");
}

TEST(Subword, WordsSpelledAlikeAreNear) {
  const auto similarity = [](std::string_view a, std::string_view b) {
    std::vector<float> x(256);
    std::vector<float> y(256);
    SubwordVector(a, 256, x.data());
    SubwordVector(b, 256, y.data());
    double dot = 0;
    for (size_t i = 0; i < 256; ++i) dot += double{x[i]} * y[i];
    return dot;
  };
  EXPECT_NEAR(similarity("postgresql", "postgresql"), 1, 1e-5);
  EXPECT_GT(similarity("postgresql", "postgres"), 0.4);
  EXPECT_LT(std::abs(similarity("postgresql", "butterfly")), 0.25);
}

}  // namespace
}  // namespace kvorum
