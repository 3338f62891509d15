#include "vector/kernels.h"

namespace kvorum {
namespace {

const Kernels& Choose() {
  if (const Kernels* kernels = Avx512Kernels()) return *kernels;
  if (const Kernels* kernels = Avx2Kernels()) return *kernels;
  if (const Kernels* kernels = NeonKernels()) return *kernels;
  return *PlainKernels();
}

}  // namespace

const Kernels& BestKernels() {
  static const Kernels& best = Choose();
  return best;
}

}  // namespace kvorum
