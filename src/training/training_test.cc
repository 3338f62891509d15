#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "embedding/static_embedder.h"
#include "training/dense.h"
#include "training/trainer.h"

namespace kvorum {
namespace {

DenseMatrix RandomMatrix(size_t rows, size_t columns, uint64_t seed) {
  Random random(seed);
  DenseMatrix matrix(rows, columns);
  for (float& number : matrix.numbers) number = static_cast<float>(random.Fraction() - 0.5);
  return matrix;
}

TEST(Dense, OrthonormalColumnsAreSo) {
  DenseMatrix matrix = RandomMatrix(200, 12, 1);
  // Nearly dependent ones as well.
  for (size_t row = 0; row < 200; ++row) matrix.Row(row)[3] = matrix.Row(row)[7] + matrix.Row(row)[3] * 1e-2F;
  MakeOrthonormal(&matrix);
  const std::vector<double> product = TransposedTimes(matrix, matrix);
  for (size_t i = 0; i < 12; ++i) {
    for (size_t j = 0; j < 12; ++j) EXPECT_NEAR(product[i * 12 + j], i == j ? 1 : 0, 1e-5);
  }
}

TEST(Dense, EigenvectorsAreSo) {
  constexpr size_t kSize = 20;
  const DenseMatrix half = RandomMatrix(kSize, kSize, 2);
  std::vector<double> matrix(kSize * kSize);
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j < kSize; ++j) matrix[i * kSize + j] = half.Row(i)[j] + half.Row(j)[i];
  }
  std::vector<double> values;
  std::vector<double> vectors;
  SymmetricEigen(matrix, kSize, &values, &vectors);
  for (size_t column = 0; column < kSize; ++column) {
    double length = 0;
    for (size_t i = 0; i < kSize; ++i) {
      double product = 0;
      for (size_t j = 0; j < kSize; ++j) product += matrix[i * kSize + j] * vectors[j * kSize + column];
      EXPECT_NEAR(product, values[column] * vectors[i * kSize + column], 1e-8);
      length += vectors[i * kSize + column] * vectors[i * kSize + column];
    }
    EXPECT_NEAR(length, 1, 1e-9);
  }
}

TEST(Factors, OfAMatrixOfLowRankGiveItBack) {
  // Rank 4, with eigenvalues of both signs.
  constexpr size_t kRows = 60;
  DenseMatrix basis = RandomMatrix(kRows, 4, 3);
  MakeOrthonormal(&basis);
  const double values[] = {9, -5, 3, 1};
  SparseMatrix matrix;
  matrix.begins.push_back(0);
  for (uint32_t i = 0; i < kRows; ++i) {
    for (uint32_t j = 0; j < kRows; ++j) {
      double sum = 0;
      for (size_t k = 0; k < 4; ++k) sum += values[k] * basis.Row(i)[k] * basis.Row(j)[k];
      matrix.cells.push_back({j, static_cast<float>(sum)});
    }
    matrix.begins.push_back(matrix.cells.size());
  }
  FactorOptions options;
  options.dimension = 3;
  options.extra = 1;
  options.power = 1;
  std::vector<float> one = LeadingFactors(matrix, options);
  for (size_t k = 0; k < 3; ++k) {
    double length = 0;
    double along = 0;
    for (size_t row = 0; row < kRows; ++row) {
      length += double{one[row * 3 + k]} * one[row * 3 + k];
      along += double{one[row * 3 + k]} * basis.Row(row)[k];
    }
    EXPECT_NEAR(std::sqrt(length), std::abs(values[k]), 1e-3);
    EXPECT_NEAR(std::abs(along), std::abs(values[k]), 1e-3);
  }
  options.threads = 3;
  EXPECT_EQ(LeadingFactors(matrix, options), one);
}

TEST(Corpus, NumbersWordsByFrequency) {
  Corpus corpus;
  corpus.Add("Ships sail. A ship sails, a boat");
  corpus.Add("boat");
  corpus.Limit(2, 3);
  EXPECT_EQ(corpus.names(), (std::vector<std::string>{"a", "boat", "sail"}));
  EXPECT_EQ(corpus.counts(), (std::vector<uint32_t>{2, 2, 2}));
  EXPECT_EQ(corpus.total(), 8u);
  constexpr uint32_t kBreak = Corpus::kBreak;
  constexpr uint32_t kRare = Corpus::kRare;
  EXPECT_EQ(corpus.words(), (std::vector<uint32_t>{kBreak, kRare, 2, 0, kRare, 2, 0, 1, kBreak, 1}));
}

TEST(Corpus, NeighboursCountByDistance) {
  Corpus corpus;
  corpus.Add("x y");
  corpus.Add("x y z");
  corpus.Add("z z");
  corpus.Limit(1, 10);  // z, x, y
  CooccurrenceOptions options;
  options.reach = 2;
  options.frequent = 1e9;
  options.smoothing = 1;
  const SparseMatrix matrix = MutualInformation(corpus, options);
  // Pairs: xy 2, xz 0.5, yz 1; both ways 7 in all. Sums: x 2.5, y 3, z 1.5. xz is rarer than chance.
  ASSERT_EQ(matrix.rows(), 3u);
  ASSERT_EQ(corpus.names(), (std::vector<std::string>{"z", "x", "y"}));
  ASSERT_EQ(matrix.begins, (std::vector<uint64_t>{0, 1, 2, 4}));
  EXPECT_EQ(matrix.cells[0].column, 2u);
  EXPECT_NEAR(matrix.cells[0].value, std::log(1 * 7 / (3 * 1.5)), 1e-5);
  EXPECT_EQ(matrix.cells[1].column, 2u);
  EXPECT_NEAR(matrix.cells[1].value, std::log(2 * 7 / (2.5 * 3)), 1e-5);
}

TEST(Dictionary, EntriesAreCleanAndBadIndexesRefused) {
  const std::string text = "Ship \\Ship\\, n.\n   A vessel. [1913 Webster]\nC:\\ no end";
  std::vector<std::string> entries;
  std::string error;
  //          0..43 and the rest: A = 0, s = 44; K = 10
  ASSERT_TRUE(ReadDictionary("00info\tA\tA\nship\tA\ts\nvessel\tA\ts\nc\ts\tK\n", text, &entries, &error)) << error;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0], "Ship  , n.\n   A vessel. \n");
  EXPECT_EQ(entries[1], "C:  no end");
  EXPECT_FALSE(ReadDictionary("ship A s\n", text, &entries, &error));
  EXPECT_EQ(error, "has a line without three fields");
  for (const char* bad : {"ship\tA\tBA\n", "ship\tB?\tA\n", "ship\t\tA\n", "ship\tA\t\n", "ship\t//////////\tA\n"}) {
    EXPECT_FALSE(ReadDictionary(bad, text, &entries, &error)) << bad;
    EXPECT_EQ(error, "does not fit its text");
  }
}

TEST(Trainer, LearnsWhatStandsTogether) {
  // Two subjects, whose words stand among each other in any order.
  const std::vector<std::vector<std::string>> subjects = {
      {"violin", "cello", "flute", "concert", "melody", "orchestra"},
      {"anchor", "harbour", "sailor", "captain", "rudder", "voyage"}};
  Random random(4);
  Corpus corpus;
  for (int i = 0; i < 600; ++i) {
    std::string text;
    for (int k = 0; k < 6; ++k) text += subjects[i % 2][random.Below(6)] + (random.Below(2) != 0 ? " the " : " ");
    corpus.Add(text);
  }
  for (int i = 0; i < 2000; ++i)
    corpus.Add("w" + std::to_string(random.Below(300)) + " w" + std::to_string(random.Below(300)));
  TrainingOptions options;
  options.name = "test";
  options.factors.dimension = 64;
  const std::string bytes = StaticModelBytes(TrainModel(&corpus, options));
  StaticModel model;
  std::string error;
  ASSERT_TRUE(StaticModel::Open(bytes, &model, &error)) << error;
  EXPECT_EQ(model.word(0), "the");
  StaticEmbedder embedder(&model);
  const auto similarity = [&](std::string_view a, std::string_view b) {
    std::vector<float> both;
    const std::string_view texts[] = {a, b};
    EXPECT_FALSE(embedder.Embed(texts, EmbedPurpose::kDocument, &both));
    double dot = 0;
    for (size_t i = 0; i < 64; ++i) dot += double{both[i]} * both[64 + i];
    return dot;
  };
  EXPECT_GT(similarity("violin", "orchestra"), similarity("violin", "harbour") + 0.2);
  EXPECT_GT(similarity("anchor", "voyage"), similarity("anchor", "cello") + 0.2);
}

}  // namespace
}  // namespace kvorum
