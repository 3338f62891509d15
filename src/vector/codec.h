// Codec: how the vectors of one index are stored, and the distances that are computed from that.
//
// A stored vector has a *code*, which the search walks on, and may have a *refinement*, from which the best that the walk found
// get a finer distance. Codes are what is read at random all over memory, so they are small; refinements are read for a
// few vectors a query.
//
//   form     code                                                      bytes          refinement
//   kF32     as it is                                                  4 d            -
//   kF16     rounded to 16 bits                                        2 d            -
//   kBf16    rounded to 16 bits                                        2 d            -
//   kInt8    integers from -128 to 127, exact                          d + 4          -
//   kQ8      one number of 8 bits a dimension, all in steps of one     d + 4          d * refine_bits / 8
//            size, and |code|^2
//   kBinary  one bit a dimension and two factors                       d / 8 + 8      kQ8's code and refinement
//
// **8 bits.** x ~ low + step * (u + 1/2), u an integer of 8 + refine_bits bits: its upper 8 are the code, the others the
// refinement. The step is the same in all dimensions, so L2 between codes is step^2 times L2 between integers, which needs only an
// integer dot product beside the |code|^2 stored: |q - c|^2 = |q|^2 + |c|^2 - 2 q.c. With a step for each dimension it would
// need weights, that is, floats or coarser codes. What dimensions lose that vary less than others is won back by a random
// rotation (vector/rotation.h), after which all vary alike; training tries with and without, and takes what gives the smaller
// error. Data of bytes (pictures) comes out exact.
//
// **1 bit.** The signs of the rotated vector o = x - centre, with a factor that makes the estimated dot product right on
// average: o.q ~ |o|^2 / sum|o_i| * sum sign(o_i) q_i. This is RaBitQ (Gao and Long, SIGMOD 2024) with these deviations: one centre for all,
// not one a cluster; the rotation above; the query in 8 bits, not 4, as VNNI adds them up as fast.
//
// Distances: kL2 squared; kInnerProduct 1 - x.y; kCosine 1 - cos(x, y), for which vectors are normalized when they come, so
// that it is half of the squared L2 distance. Smaller is nearer, always.
//
// Threads: const after construction; each thread has its own CodecQuery. Ownership: stored vectors are the caller's memory. Complexity:
// O(d) all, O(d log d) Encode and Prepare with rotation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vector/kernels.h"
#include "vector/rotation.h"

namespace kvorum {

enum class VectorMetric : uint8_t { kL2 = 0, kInnerProduct = 1, kCosine = 2 };
enum class VectorForm : uint8_t { kF32 = 0, kF16 = 1, kBf16 = 2, kInt8 = 3, kQ8 = 4, kBinary = 5 };

struct CodecSettings {
  size_t dimensions = 0;  // 1 to kMaxDimensions
  VectorMetric metric = VectorMetric::kL2;
  VectorForm form = VectorForm::kF32;
  unsigned refine_bits = 4;  // of kQ8 and kBinary: 0, 2 or 4
};

// False if no codec can be made of these.
bool IsValid(const CodecSettings& settings);

// A query, or a stored vector that is compared with others: what Codec::Prepare makes of it. Reused, it does not allocate.
struct CodecQuery {
  float (*distance)(const CodecQuery& query, const uint8_t* code) = nullptr;
  const Kernels* kernels = nullptr;
  size_t dimensions = 0;
  // The distance, of the kernel's result k and what is stored with a code (codec.cc has each form's).
  float factor = 0;
  float base = 0;
  float cross = 0;
  int32_t shift = 0;
  // The finer distance is fine_base + fine_scale * k.
  float fine_base = 0;
  float fine_scale = 0;
  std::vector<float> floats;  // for forms of floats, and for refinements in units of their step
  std::vector<int8_t> bytes;
  std::vector<float> scratch;
  const uint8_t* stored = nullptr;  // of a stored vector in a form that needs no preparing
};

class Codec {
 public:
  // For the forms that need no training: kF32, kF16, kBf16, kInt8.
  explicit Codec(const CodecSettings& settings);

  // For all forms. `sample`: some typical vectors, row after row, at least one; more than a few thousand help no more. Those
  // that come later and lie outside are clipped (Clips tells), which refinement does not undo.
  static std::unique_ptr<Codec> Train(const CodecSettings& settings, std::span<const float> sample, uint64_t seed);

  // What Save wrote; nullptr if it is not that, for these settings.
  static std::unique_ptr<Codec> Load(const CodecSettings& settings, std::string_view bytes);
  std::string Save() const;

  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  const CodecSettings& settings() const { return settings_; }
  size_t dimensions() const { return settings_.dimensions; }
  size_t code_bytes() const { return code_bytes_; }
  size_t refine_bytes() const { return refine_bytes_; }  // 0: there is none, and Refined is the same as the distance

  // `refinement` may be null if refine_bytes() is 0. False if the vector lies outside the range that training chose by
  // more than an eighth of it, which costs recall: time to train again.
  // Numbers that are not finite are the caller's mistake, as are zero vectors under kCosine: what they give is unspecified, and harmless.
  bool Encode(const float* vector, uint8_t* code, uint8_t* refinement) const;
  // Under kCosine the normalized vector.
  void Decode(const uint8_t* code, const uint8_t* refinement, float* vector) const;

  // Whether Encode can have made the code, as far as distances stay finite. For what comes from files.
  bool IsSound(const uint8_t* code) const;

  void Prepare(const float* vector, CodecQuery* query) const;
  // The stored vector as query, for its distances to others; `query` may refer to it. kF32, and kQ8 but for inner products, take no time.
  void PrepareStored(const uint8_t* code, const uint8_t* refinement, CodecQuery* query) const;

  static float Distance(const CodecQuery& query, const uint8_t* code) { return query.distance(query, code); }
  float Refined(const CodecQuery& query, const uint8_t* code, const uint8_t* refinement) const;

  size_t Bytes() const;

 private:
  struct Fit {
    float fine_step = 1;
    std::vector<float> low;
  };

  bool has_steps() const { return settings_.form >= VectorForm::kInt8; }
  bool by_dot() const { return settings_.metric != VectorMetric::kL2; }
  void SetSizes();
  static Fit FitGlobalRange(std::span<const float> rows, const CodecSettings& settings);
  static Fit FitClipped(std::span<const float> rows, const CodecSettings& settings);
  void TakeFit(const Fit& fit) { fine_step_ = fit.fine_step, low_ = fit.low; }
  double ErrorOf(const Fit& fit, std::span<const float> rows) const;

  // kCosine's normalizing and the rotation, into `to`.
  void Transform(const float* vector, float* to) const;
  bool EncodeSteps(const float* transformed, uint8_t* code, uint8_t* low) const;
  void EncodeTerm(uint8_t* code) const;
  void EncodeBits(const float* transformed, uint8_t* code) const;
  void DecodeTransformed(const uint8_t* code, const uint8_t* refinement, float* transformed) const;
  void DecodeSteps(const uint8_t* code, const uint8_t* low, unsigned bits, float* transformed) const;

  // Each from query->scratch, which holds the transformed vector.
  void PrepareTransformed(CodecQuery* query) const;
  void PrepareFloats(CodecQuery* query) const;
  void PrepareSteps(CodecQuery* query) const;
  void PrepareBits(CodecQuery* query) const;
  void PrepareFine(CodecQuery* query) const;

  CodecSettings settings_;
  const Kernels* kernels_;
  size_t code_bytes_ = 0;
  size_t refine_bytes_ = 0;
  // Of the forms with steps.
  uint64_t seed_ = 0;
  std::unique_ptr<Rotation> rotation_;  // null: none
  float fine_step_ = 1;                 // the step of 8 + refine_bits bits
  std::vector<float> low_;              // for each dimension, where the first step begins
  std::vector<float> centre_;           // of kBinary
};

}  // namespace kvorum
