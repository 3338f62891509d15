#include "training/dense.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kvorum {
namespace {

// One pass of Cholesky QR: with A'A = LL', A becomes A inv(L').
void CholeskyPass(DenseMatrix* matrix) {
  const size_t n = matrix->columns;
  std::vector<double> lower = TransposedTimes(*matrix, *matrix);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = lower[i * n + j];
      for (size_t k = 0; k < j; ++k) sum -= lower[i * n + k] * lower[j * n + k];
      if (i == j) {
        CHECK(sum > 0);
        lower[i * n + i] = std::sqrt(sum);
      } else {
        lower[i * n + j] = sum / lower[j * n + j];
      }
    }
  }
  // inverse[j] = row j of inv(L)' = column j of inv(L), of which only what is at j and behind is not zero.
  std::vector<float> inverse(n * n);
  std::vector<double> column(n);
  for (size_t j = 0; j < n; ++j) {
    for (size_t i = j; i < n; ++i) {
      double sum = i == j ? 1 : 0;
      for (size_t k = j; k < i; ++k) sum -= lower[i * n + k] * column[k];
      column[i] = sum / lower[i * n + i];
      inverse[j * n + i] = static_cast<float>(column[i]);
    }
  }
  std::vector<float> old(n);
  for (size_t row = 0; row < matrix->rows; ++row) {
    float* numbers = matrix->Row(row);
    std::copy_n(numbers, n, old.data());
    std::fill_n(numbers, n, 0.0F);
    for (size_t j = 0; j < n; ++j) {
      for (size_t i = j; i < n; ++i) numbers[i] += old[j] * inverse[j * n + i];
    }
  }
}

}  // namespace

std::vector<double> TransposedTimes(const DenseMatrix& a, const DenseMatrix& b) {
  CHECK(a.rows == b.rows);
  // Floats for some rows at a time, and doubles for the sum of them: as fast as the one and nearly as precise as the other.
  constexpr size_t kRows = 64;
  std::vector<double> result(a.columns * b.columns);
  std::vector<float> part(result.size());
  for (size_t begin = 0; begin < a.rows; begin += kRows) {
    std::fill(part.begin(), part.end(), 0.0F);
    for (size_t row = begin; row < std::min(a.rows, begin + kRows); ++row) {
      const float* right = b.Row(row);
      for (size_t i = 0; i < a.columns; ++i) {
        const float left = a.Row(row)[i];
        float* out = &part[i * b.columns];
        for (size_t j = 0; j < b.columns; ++j) out[j] += left * right[j];
      }
    }
    for (size_t i = 0; i < result.size(); ++i) result[i] += double{part[i]};
  }
  return result;
}

void MakeOrthonormal(DenseMatrix* matrix) {
  CholeskyPass(matrix);
  CholeskyPass(matrix);
}

void SymmetricEigen(std::vector<double> matrix, size_t n, std::vector<double>* values, std::vector<double>* vectors) {
  constexpr int kMaxSweeps = 60;
  std::vector<double> turned(n * n);  // eigenvectors as rows, while it runs
  for (size_t i = 0; i < n; ++i) turned[i * n + i] = 1;
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    double off = 0;
    double all = 0;
    for (size_t i = 0; i < n * n; ++i) all += matrix[i] * matrix[i];
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) off += 2 * matrix[p * n + q] * matrix[p * n + q];
    }
    if (off <= all * 1e-20) break;
    for (size_t p = 0; p < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        const double element = matrix[p * n + q];
        if (element * element <= all * 1e-24) continue;
        const double theta = (matrix[q * n + q] - matrix[p * n + p]) / (2 * element);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        for (size_t k = 0; k < n; ++k) {  // columns p and q
          const double x = matrix[k * n + p];
          const double y = matrix[k * n + q];
          matrix[k * n + p] = c * x - s * y;
          matrix[k * n + q] = s * x + c * y;
        }
        for (size_t k = 0; k < n; ++k) {  // rows p and q
          const double x = matrix[p * n + k];
          const double y = matrix[q * n + k];
          matrix[p * n + k] = c * x - s * y;
          matrix[q * n + k] = s * x + c * y;
          const double u = turned[p * n + k];
          const double v = turned[q * n + k];
          turned[p * n + k] = c * u - s * v;
          turned[q * n + k] = s * u + c * v;
        }
      }
    }
  }
  values->resize(n);
  vectors->resize(n * n);
  for (size_t i = 0; i < n; ++i) {
    (*values)[i] = matrix[i * n + i];
    for (size_t k = 0; k < n; ++k) (*vectors)[k * n + i] = turned[i * n + k];
  }
}

}  // namespace kvorum
