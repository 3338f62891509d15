#include "vector/test_vectors.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace kvorum {
namespace {

double Gaussian(Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += random.Fraction();
  return sum - 6;
}

}  // namespace

std::vector<float> ClusteredVectors(size_t n, size_t dimensions, uint64_t seed) {
  constexpr size_t kClusters = 40, kTrue = 12;
  Random fixed(99);  // the same clusters and directions for rows and queries
  std::vector<float> basis(kTrue * dimensions), centres(kClusters * kTrue);
  for (float& x : basis) x = static_cast<float>(Gaussian(fixed));
  for (float& x : centres) x = static_cast<float>(Gaussian(fixed) * 2);
  Random random(seed);
  std::vector<float> rows(n * dimensions);
  for (size_t row = 0; row < n; ++row) {
    const size_t cluster = random.Below(kClusters);
    float* to = rows.data() + row * dimensions;
    for (size_t t = 0; t < kTrue; ++t) {
      const auto along = static_cast<float>(centres[cluster * kTrue + t] + Gaussian(random));
      for (size_t i = 0; i < dimensions; ++i) to[i] += along * basis[t * dimensions + i];
    }
    for (size_t i = 0; i < dimensions; ++i) to[i] += static_cast<float>(0.3 * Gaussian(random) + 0.5);
  }
  return rows;
}

double ExactDistance(VectorMetric metric, const float* a, const float* b, size_t dimensions) {
  double l2 = 0, dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < dimensions; ++i) {
    const double x = a[i], y = b[i];
    l2 += (x - y) * (x - y);
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (metric == VectorMetric::kL2) return l2;
  return metric == VectorMetric::kInnerProduct ? 1 - dot : 1 - dot / std::sqrt(aa * bb);
}

std::vector<size_t> ExactNearest(const std::vector<float>& rows, const std::vector<bool>& live, const float* query,
                                 size_t k, size_t dimensions, VectorMetric metric) {
  std::vector<std::pair<double, size_t>> all;
  for (size_t row = 0; row < live.size(); ++row) {
    if (live[row]) all.emplace_back(ExactDistance(metric, query, rows.data() + row * dimensions, dimensions), row);
  }
  const size_t count = std::min(k, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(count), all.end());
  std::vector<size_t> nearest;
  for (size_t i = 0; i < count; ++i) nearest.push_back(all[i].second);
  return nearest;
}

double Recall(const VectorIndex& index, const std::vector<float>& rows, const std::vector<bool>& live,
              const std::vector<float>& queries, const VectorSearchOptions& options) {
  const size_t d = index.settings().codec.dimensions;
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  size_t found = 0, wanted = 0;
  for (size_t i = 0; i < queries.size(); i += d) {
    index.Search(queries.data() + i, options, context.get(), &matches);
    const auto exact = ExactNearest(rows, live, queries.data() + i, options.k, d, index.settings().codec.metric);
    wanted += exact.size();
    for (const size_t row : exact) {
      found +=
          std::any_of(matches.begin(), matches.end(), [&](const VectorMatch& m) { return m.label == row; }) ? 1 : 0;
    }
  }
  return static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace kvorum
