// Distance kernels: the innermost loops of vector search, one set of them for each instruction set, chosen at run time.
//
// A kernel takes a query, which was prepared once (vector/codec.h), and one stored vector, in whatever form that is
// stored. All metrics are made of these: cosine distance is L2 between normalized vectors, and L2 between 8-bit codes is
// made of their dot product and of a term that is stored with each.
//
// Every set gives the same results: equal where the arithmetic is of integers, or of floats that hold small integers;
// else but for the order of summation. kernels_test.cc holds each set that this processor can run against the plain one.
//
// Threads: no state. Alignment: none is required. Lengths: 0 <= n <= kMaxDimensions; nothing is read beyond the end.
// Complexity: O(n). NaN and infinities propagate as in plain arithmetic.
//
// The files kernels_<set>.cc are compiled for their instruction set and must not include what has inline functions of
// its own (the linker could take that copy for everybody's): only this header, C's, and intrinsics.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kvorum {

// So that no sum of products of bytes leaves an int32: 32768 * 255 * 128 < 2^31.
inline constexpr size_t kMaxDimensions = 32768;

struct Kernels {
  const char* name;

  // Squared Euclidean distance, and dot product. f16 and bf16 are widened, exactly, before anything else.
  float (*l2_f32)(const float* query, const float* stored, size_t n);
  float (*dot_f32)(const float* query, const float* stored, size_t n);
  float (*l2_f16)(const float* query, const uint16_t* stored, size_t n);
  float (*dot_f16)(const float* query, const uint16_t* stored, size_t n);
  float (*l2_bf16)(const float* query, const uint16_t* stored, size_t n);
  float (*dot_bf16)(const float* query, const uint16_t* stored, size_t n);

  // Dot product of bytes, signed ones of the query with unsigned stored ones (as AVX-512 VNNI has it).
  int32_t (*dot_u8)(const int8_t* query, const uint8_t* stored, size_t n);

  // Dot product of two stored ones, each less 128: sum of (a[i] - 128) * (b[i] - 128).
  int32_t (*dot_centred)(const uint8_t* a, const uint8_t* b, size_t n);

  // The sum of those numbers of the query whose bit is set; bit i is bit i % 8 of byte i / 8.
  int32_t (*sum_bits)(const int8_t* query, const uint8_t* bits, size_t n);

  // L2 and dot product with numbers of 8 + `bits` bits, `bits` 2 or 4: the upper 8 in codes[i], the others in `low`, which has
  // FineBytes(n, bits) bytes: its byte j holds, the lowest bits first, those of the numbers j, j + FineBytes, j + 2 *
  // FineBytes, and so on. (So 16 numbers in a row have their low bits in 16 bytes in a row, at the same place of each.)
  float (*l2_fine)(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits);
  float (*dot_fine)(const float* query, const uint8_t* codes, const uint8_t* low, size_t n, unsigned bits);
};

inline constexpr size_t FineBytes(size_t n, unsigned bits) { return (n * bits + 7) / 8; }

// The fastest that this processor can run. Chosen once.
const Kernels& BestKernels();

// Null where this build or this processor lacks the instruction set.
const Kernels* PlainKernels();
const Kernels* Avx2Kernels();    // AVX2, FMA, F16C
const Kernels* Avx512Kernels();  // AVX-512 F, BW, VL, DQ and VNNI
const Kernels* NeonKernels();    // ARMv8.2 with the dot product instructions

}  // namespace kvorum
