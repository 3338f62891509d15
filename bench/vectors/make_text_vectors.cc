// make_text_vectors OUT_STEM FILE...: vectors of texts, for benchmarks, without a model: what word embeddings were before networks.
//
// The texts are cut into passages of 32 words. Each word that occurs often enough gets a vector of 384 numbers from what stands around it: the
// positive pointwise mutual information of words within 4 of each other (Church and Hanks 1990), projected on the leading directions by a
// randomized range finder (Halko, Martinsson and Tropp 2011). A passage is the mean of its words', rarer ones weighing more (Arora et al.
// 2017), less what all have in common, at length 1. So near vectors are of passages about the same, as a model's are, and like a model's they
// spread very unevenly over their dimensions. Every run gives the same.
//
// Writes OUT_STEM.base.f32, OUT_STEM.query.f32 (1,000 passages left out of the base) and OUT_STEM.gt10.i32.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "bench/vectors/data.h"

namespace kvorum {
namespace {

constexpr size_t kDimensions = 384;
constexpr size_t kPassageWords = 32;
constexpr size_t kReach = 4;
constexpr size_t kLeastCount = 8;
constexpr size_t kMostWords = 40000;
constexpr size_t kQueries = 1000;
constexpr uint64_t kSeed = 20261122;

constexpr uint32_t kRare = ~0U;

std::vector<uint32_t> ReadWords(char** files, int count, std::vector<uint64_t>* counts) {
  std::unordered_map<std::string, uint32_t> numbers;
  std::vector<uint32_t> words;
  std::vector<uint64_t> all;
  for (int i = 0; i < count; ++i) {
    std::ifstream file(files[i], std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string word;
    for (const char c : text + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
      } else if (!word.empty()) {
        const auto [it, added] = numbers.try_emplace(word, static_cast<uint32_t>(all.size()));
        if (added) all.push_back(0);
        ++all[it->second];
        words.push_back(it->second);
        word.clear();
      }
    }
  }
  // The frequent ones get numbers from 0.
  std::vector<uint32_t> order(all.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return all[a] != all[b] ? all[a] > all[b] : a < b; });
  std::vector<uint32_t> renumbered(all.size(), kRare);
  for (uint32_t i = 0; i < order.size() && i < kMostWords && all[order[i]] >= kLeastCount; ++i) {
    renumbered[order[i]] = i;
    counts->push_back(all[order[i]]);
  }
  for (uint32_t& word : words) word = renumbered[word];
  return words;
}

// A symmetric sparse matrix, row by row.
struct Sparse {
  std::vector<size_t> begin;
  std::vector<uint32_t> column;
  std::vector<float> value;
};

Sparse MutualInformation(const std::vector<uint32_t>& words, size_t vocabulary) {
  std::vector<uint64_t> pairs;
  for (size_t i = 0; i < words.size(); ++i) {
    for (size_t j = i + 1; j < words.size() && j <= i + kReach; ++j) {
      if (words[i] == kRare || words[j] == kRare || words[i] == words[j]) continue;
      pairs.push_back(static_cast<uint64_t>(words[i]) << 32 | words[j]);
      pairs.push_back(static_cast<uint64_t>(words[j]) << 32 | words[i]);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<double> total(vocabulary);
  for (const uint64_t pair : pairs) total[pair >> 32] += 1;
  Sparse matrix;
  matrix.begin.assign(vocabulary + 1, 0);
  for (size_t i = 0; i < pairs.size();) {
    size_t end = i;
    while (end < pairs.size() && pairs[end] == pairs[i]) ++end;
    const auto row = static_cast<uint32_t>(pairs[i] >> 32), column = static_cast<uint32_t>(pairs[i]);
    const double together =
        static_cast<double>(end - i) * static_cast<double>(pairs.size()) / (total[row] * total[column]);
    if (end - i >= 2 && together > 1) {
      matrix.column.push_back(column);
      matrix.value.push_back(static_cast<float>(std::log(together)));
      ++matrix.begin[row + 1];
    }
    i = end;
  }
  for (size_t i = 0; i < vocabulary; ++i) matrix.begin[i + 1] += matrix.begin[i];
  return matrix;
}

std::vector<float> Multiply(const Sparse& matrix, const std::vector<float>& by) {
  std::vector<float> result(by.size());
  for (size_t row = 0; row + 1 < matrix.begin.size(); ++row) {
    float* to = result.data() + row * kDimensions;
    for (size_t i = matrix.begin[row]; i < matrix.begin[row + 1]; ++i) {
      const float* from = by.data() + matrix.column[i] * kDimensions;
      for (size_t d = 0; d < kDimensions; ++d) to[d] += matrix.value[i] * from[d];
    }
  }
  return result;
}

// Makes the columns orthonormal: by Cholesky's factor of their products.
void Orthonormalize(std::vector<float>* matrix) {
  const size_t rows = matrix->size() / kDimensions;
  std::vector<double> products(kDimensions * kDimensions);
  for (size_t row = 0; row < rows; ++row) {
    const float* from = matrix->data() + row * kDimensions;
    for (size_t i = 0; i < kDimensions; ++i) {
      const double x = from[i];
      for (size_t j = 0; j <= i; ++j) products[i * kDimensions + j] += x * from[j];
    }
  }
  for (size_t i = 0; i < kDimensions; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = products[i * kDimensions + j];
      for (size_t k = 0; k < j; ++k) sum -= products[i * kDimensions + k] * products[j * kDimensions + k];
      products[i * kDimensions + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / products[j * kDimensions + j];
    }
  }
  for (size_t row = 0; row < rows; ++row) {
    float* to = matrix->data() + row * kDimensions;
    for (size_t i = 0; i < kDimensions; ++i) {
      double sum = to[i];
      for (size_t k = 0; k < i; ++k) sum -= products[i * kDimensions + k] * to[k];
      to[i] = static_cast<float>(sum / products[i * kDimensions + i]);
    }
  }
}

void Normalize(float* vector) {
  double norm2 = 0;
  for (size_t i = 0; i < kDimensions; ++i) norm2 += static_cast<double>(vector[i]) * vector[i];
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(norm2, 1e-20)));
  for (size_t i = 0; i < kDimensions; ++i) vector[i] *= scale;
}

std::vector<float> WordVectors(const std::vector<uint32_t>& words, size_t vocabulary) {
  const Sparse matrix = MutualInformation(words, vocabulary);
  std::fprintf(stderr, "%zu words, %zu pairs\n", vocabulary, matrix.value.size());
  Random random(kSeed);
  std::vector<float> vectors(vocabulary * kDimensions);
  for (float& x : vectors) x = static_cast<float>(random.Fraction() - 0.5);
  for (int round = 0; round < 3; ++round) {
    vectors = Multiply(matrix, vectors);
    Orthonormalize(&vectors);
  }
  vectors = Multiply(matrix, vectors);
  for (size_t word = 0; word < vocabulary; ++word) Normalize(vectors.data() + word * kDimensions);
  return vectors;
}

std::vector<float> PassageVectors(const std::vector<uint32_t>& words, const std::vector<uint64_t>& counts,
                                  const std::vector<float>& word_vectors) {
  std::vector<float> passages;
  for (size_t begin = 0; begin + kPassageWords <= words.size(); begin += kPassageWords) {
    std::vector<float> passage(kDimensions);
    size_t known = 0;
    for (size_t i = begin; i < begin + kPassageWords; ++i) {
      if (words[i] == kRare) continue;
      ++known;
      const double weight = 1e-3 / (1e-3 + static_cast<double>(counts[words[i]]) / static_cast<double>(words.size()));
      const float* from = word_vectors.data() + words[i] * kDimensions;
      for (size_t d = 0; d < kDimensions; ++d) passage[d] += static_cast<float>(weight) * from[d];
    }
    if (known < kPassageWords / 2) continue;
    Normalize(passage.data());
    passages.insert(passages.end(), passage.begin(), passage.end());
  }
  std::vector<double> mean(kDimensions);
  for (size_t i = 0; i < passages.size(); ++i) mean[i % kDimensions] += passages[i];
  const double rows = static_cast<double>(passages.size()) / kDimensions;
  for (size_t i = 0; i < passages.size(); ++i) passages[i] -= static_cast<float>(mean[i % kDimensions] / rows);
  for (size_t i = 0; i < passages.size(); i += kDimensions) Normalize(passages.data() + i);
  return passages;
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_text_vectors OUT_STEM FILE...\n");
    return 2;
  }
  std::vector<uint64_t> counts;
  const std::vector<uint32_t> words = ReadWords(argv + 2, argc - 2, &counts);
  const std::vector<float> word_vectors = WordVectors(words, counts.size());
  const std::vector<float> passages = PassageVectors(words, counts, word_vectors);
  VectorSet set;
  set.dimensions = kDimensions;
  // In random order, as they come to a server from all over; the first are the queries.
  const size_t rows = passages.size() / kDimensions;
  std::vector<size_t> order(rows);
  for (size_t i = 0; i < rows; ++i) order[i] = i;
  Random random(kSeed + 1);
  for (size_t i = rows - 1; i > 0; --i) std::swap(order[i], order[random.Below(i + 1)]);
  for (size_t i = 0; i < rows; ++i) {
    const float* from = passages.data() + order[i] * kDimensions;
    std::vector<float>& to = i < kQueries ? set.queries : set.base;
    to.insert(to.end(), from, from + kDimensions);
  }
  std::fprintf(stderr, "%zu passages, %zu queries\n", set.rows(), set.query_rows());
  ComputeNearest(&set);
  WriteVectorSet(set, argv[1]);
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) { return kvorum::Main(argc, argv); }
