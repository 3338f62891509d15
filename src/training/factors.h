// From words that stand near each other to vectors: positive pointwise mutual information (Church and Hanks 1990) and its leading
// eigenvectors, by a randomized range finder (Halko, Martinsson and Tropp 2011).
//
// Everything here gives the same from run to run, whatever the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kvorum {

class Corpus;

// A square symmetric matrix of which few numbers are not zero, row by row.
struct SparseMatrix {
  struct Cell {
    uint32_t column;
    float value;
  };
  std::vector<uint64_t> begins;  // of each row in `cells`, and the end
  std::vector<Cell> cells;
  size_t rows() const { return begins.size() - 1; }
};

struct CooccurrenceOptions {
  size_t reach = 5;         // words on each side; a neighbour d words away counts (reach + 1 - d) / reach
  double frequent = 1e-4;   // of a word with a larger share f, sqrt(frequent / f) of the occurrences count
  double smoothing = 0.75;  // the power of a word's count that its share is computed from
  unsigned threads = 1;
};

// log(share of the pair / (share of the one * share of the other)) of all pairs of the corpus' words where it is above zero.
// Complexity: O(words of text * reach).
SparseMatrix MutualInformation(const Corpus& corpus, const CooccurrenceOptions& options);

struct FactorOptions {
  size_t dimension = 256;
  size_t extra = 32;    // random directions beyond them, for precision
  size_t rounds = 4;    // of power iteration
  double power = 0.25;  // of the eigenvalue's size, which scales its direction
  uint64_t seed = 1;
  unsigned threads = 1;
};

// rows() * dimension numbers: the eigenvectors of the `dimension` eigenvalues largest in size, scaled.
// Complexity: O(rounds * (cells * dimension + rows * dimension^2)).
std::vector<float> LeadingFactors(const SparseMatrix& matrix, const FactorOptions& options);

}  // namespace kvorum
