#include "training/factors.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

#include "base/check.h"
#include "base/random.h"
#include "training/corpus.h"
#include "training/dense.h"

namespace kvorum {
namespace {

// Calls work(begin, end) for ranges that cover [0, count), on several threads.
void InParallel(size_t count, unsigned threads, const std::function<void(size_t, size_t)>& work) {
  constexpr size_t kRange = 256;
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t begin; (begin = next.fetch_add(kRange)) < count;) work(begin, std::min(count, begin + kRange));
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread& other : others) other.join();
}

// Where each word stands, one word after another.
struct Places {
  std::vector<uint64_t> begins;
  std::vector<uint32_t> places;
};

Places FindPlaces(const Corpus& corpus) {
  Places found;
  const size_t words = corpus.names().size();
  found.begins.assign(words + 1, 0);
  for (const uint32_t word : corpus.words()) {
    if (word < words) ++found.begins[word + 1];
  }
  std::partial_sum(found.begins.begin(), found.begins.end(), found.begins.begin());
  found.places.resize(found.begins.back());
  std::vector<uint64_t> next(found.begins.begin(), found.begins.end() - 1);
  for (size_t i = 0; i < corpus.words().size(); ++i) {
    const uint32_t word = corpus.words()[i];
    if (word < words) found.places[next[word]++] = static_cast<uint32_t>(i);
  }
  return found;
}

// Adds up the neighbours of one word.
class Neighbours {
 public:
  Neighbours(const Corpus& corpus, const std::vector<float>& kept, size_t reach)
      : text_(corpus.words()), kept_(kept), reach_(reach), sums_(kept.size()) {}

  // The row of `word`, columns ascending.
  const std::vector<SparseMatrix::Cell>& Count(uint32_t word, std::span<const uint32_t> places) {
    touched_.clear();
    for (const uint32_t place : places) {
      Walk(word, place, 1);
      Walk(word, place, -1);
    }
    std::sort(touched_.begin(), touched_.end());
    row_.clear();
    for (const uint32_t column : touched_) {
      row_.push_back({column, sums_[column]});
      sums_[column] = 0;
    }
    return row_;
  }

 private:
  void Walk(uint32_t word, size_t place, ptrdiff_t step) {
    for (size_t distance = 1; distance <= reach_; ++distance) {
      place += static_cast<size_t>(step);
      if (place >= text_.size() || text_[place] == Corpus::kBreak) return;
      const uint32_t other = text_[place];
      if (other == Corpus::kRare || other == word) continue;
      if (sums_[other] == 0) touched_.push_back(other);
      sums_[other] +=
          kept_[word] * kept_[other] * static_cast<float>(reach_ + 1 - distance) / static_cast<float>(reach_);
    }
  }

  const std::vector<uint32_t>& text_;
  const std::vector<float>& kept_;
  size_t reach_;
  std::vector<float> sums_;
  std::vector<uint32_t> touched_;
  std::vector<SparseMatrix::Cell> row_;
};

// to = matrix * from
void Multiply(const SparseMatrix& matrix, const DenseMatrix& from, unsigned threads, DenseMatrix* to) {
  const size_t width = from.columns;
  InParallel(matrix.rows(), threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float* out = to->Row(row);
      std::fill_n(out, width, 0.0F);
      for (uint64_t cell = matrix.begins[row]; cell < matrix.begins[row + 1]; ++cell) {
        const float value = matrix.cells[cell].value;
        const float* in = from.Row(matrix.cells[cell].column);
        for (size_t i = 0; i < width; ++i) out[i] += value * in[i];
      }
    }
  });
}

}  // namespace

SparseMatrix MutualInformation(const Corpus& corpus, const CooccurrenceOptions& options) {
  const size_t words = corpus.names().size();
  std::vector<float> kept(words);
  for (size_t i = 0; i < words; ++i) {
    const double share = corpus.counts()[i] / static_cast<double>(corpus.total());
    kept[i] = static_cast<float>(std::min(1.0, std::sqrt(options.frequent / share)));
  }
  const Places places = FindPlaces(corpus);
  std::vector<std::vector<SparseMatrix::Cell>> rows(words);
  InParallel(words, options.threads, [&](size_t begin, size_t end) {
    Neighbours neighbours(corpus, kept, options.reach);
    for (size_t word = begin; word < end; ++word) {
      rows[word] = neighbours.Count(
          static_cast<uint32_t>(word),
          std::span(places.places).subspan(places.begins[word], places.begins[word + 1] - places.begins[word]));
    }
  });
  double all = 0;
  std::vector<double> shares(words);
  for (size_t row = 0; row < words; ++row) {
    double sum = 0;
    for (const SparseMatrix::Cell& cell : rows[row]) sum += cell.value;
    all += sum;
    shares[row] = std::pow(sum, options.smoothing);
  }
  const double share_sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= share_sum;
  SparseMatrix matrix;
  matrix.begins.push_back(0);
  for (size_t row = 0; row < words; ++row) {
    for (const SparseMatrix::Cell& cell : rows[row]) {
      const double information = std::log(cell.value / all / (shares[row] * shares[cell.column]));
      if (information > 0) matrix.cells.push_back({cell.column, static_cast<float>(information)});
    }
    matrix.begins.push_back(matrix.cells.size());
    rows[row] = {};
  }
  return matrix;
}

std::vector<float> LeadingFactors(const SparseMatrix& matrix, const FactorOptions& options) {
  const size_t width = options.dimension + options.extra;
  CHECK(width <= matrix.rows());
  Random random(options.seed);
  DenseMatrix from(matrix.rows(), width);
  DenseMatrix to(matrix.rows(), width);
  // Of any distribution without a direction of its own; the sum of four uniform ones is normal enough.
  for (float& number : from.numbers) {
    number = static_cast<float>(random.Fraction() + random.Fraction() + random.Fraction() + random.Fraction() - 2);
  }
  for (size_t round = 0; round <= options.rounds; ++round) {
    Multiply(matrix, from, options.threads, &to);
    MakeOrthonormal(&to);
    std::swap(from, to);
  }
  Multiply(matrix, from, options.threads, &to);
  std::vector<double> small = TransposedTimes(from, to);
  // Rounding makes it not quite symmetric.
  for (size_t i = 0; i < width; ++i) {
    for (size_t j = 0; j < i; ++j)
      small[i * width + j] = small[j * width + i] = (small[i * width + j] + small[j * width + i]) / 2;
  }
  std::vector<double> values;
  std::vector<double> vectors;
  SymmetricEigen(std::move(small), width, &values, &vectors);
  std::vector<size_t> order(width);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return std::abs(values[a]) > std::abs(values[b]); });
  std::vector<float> result(matrix.rows() * options.dimension);
  std::vector<float> turn(width * options.dimension);
  for (size_t i = 0; i < options.dimension; ++i) {
    const double scale = std::pow(std::abs(values[order[i]]), options.power);
    for (size_t k = 0; k < width; ++k) {
      turn[k * options.dimension + i] = static_cast<float>(vectors[k * width + order[i]] * scale);
    }
  }
  InParallel(matrix.rows(), options.threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float* out = &result[row * options.dimension];
      for (size_t k = 0; k < width; ++k) {
        const float value = from.Row(row)[k];
        for (size_t i = 0; i < options.dimension; ++i) out[i] += value * turn[k * options.dimension + i];
      }
    }
  });
  return result;
}

}  // namespace kvorum
