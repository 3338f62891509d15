// The little linear algebra that training needs.
#pragma once

#include <cstddef>
#include <vector>

namespace kvorum {

// Row by row.
struct DenseMatrix {
  DenseMatrix(size_t rows, size_t columns) : rows(rows), columns(columns), numbers(rows * columns) {}
  float* Row(size_t row) { return numbers.data() + row * columns; }
  const float* Row(size_t row) const { return numbers.data() + row * columns; }

  size_t rows;
  size_t columns;
  std::vector<float> numbers;
};

// a's transpose times b, of as many rows: a.columns rows of b.columns. Complexity: O(rows * columns^2).
std::vector<double> TransposedTimes(const DenseMatrix& a, const DenseMatrix& b);

// Replaces the columns by orthonormal ones that span the same (Cholesky QR, twice). The columns must be independent.
void MakeOrthonormal(DenseMatrix* matrix);

// The eigenvalues of a symmetric matrix of n rows, and its eigenvectors as the columns of *vectors; in no order.
// Jacobi's rotations: O(n^3) times some ten sweeps.
void SymmetricEigen(std::vector<double> matrix, size_t n, std::vector<double>* values, std::vector<double>* vectors);

}  // namespace kvorum
