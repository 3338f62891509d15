#include "vector/codec.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "vector/half.h"

namespace kvorum {
namespace {

float LoadFloat(const uint8_t* from) {
  float value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}
void StoreFloat(uint8_t* to, float value) { std::memcpy(to, &value, sizeof(value)); }

const float* AsFloats(const uint8_t* code) { return reinterpret_cast<const float*>(code); }
const uint16_t* AsHalves(const uint8_t* code) { return reinterpret_cast<const uint16_t*>(code); }

// What CodecQuery::distance points to, by form and metric.

float L2OfF32(const CodecQuery& q, const uint8_t* code) {
  return q.kernels->l2_f32(q.floats.data(), AsFloats(code), q.dimensions);
}
float DotOfF32(const CodecQuery& q, const uint8_t* code) {
  return 1 - q.kernels->dot_f32(q.floats.data(), AsFloats(code), q.dimensions);
}
float L2OfF16(const CodecQuery& q, const uint8_t* code) {
  return q.kernels->l2_f16(q.floats.data(), AsHalves(code), q.dimensions);
}
float DotOfF16(const CodecQuery& q, const uint8_t* code) {
  return 1 - q.kernels->dot_f16(q.floats.data(), AsHalves(code), q.dimensions);
}
float L2OfBf16(const CodecQuery& q, const uint8_t* code) {
  return q.kernels->l2_bf16(q.floats.data(), AsHalves(code), q.dimensions);
}
float DotOfBf16(const CodecQuery& q, const uint8_t* code) {
  return 1 - q.kernels->dot_bf16(q.floats.data(), AsHalves(code), q.dimensions);
}

// Stored: |c - 128|^2 for L2 (of normalized vectors under kCosine), 0 for dot products. While base, term and product are whole numbers below
// 2^24, their sum is exact.
float OfSteps(const CodecQuery& q, const uint8_t* code) {
  const int32_t product = q.kernels->dot_u8(q.bytes.data(), code, q.dimensions) + q.shift;
  return q.factor * (q.base + LoadFloat(code + q.dimensions) + q.cross * static_cast<float>(product));
}

float BetweenSteps(const CodecQuery& q, const uint8_t* code) {
  const int32_t product = q.kernels->dot_centred(q.stored, code, q.dimensions);
  return q.factor * (q.base + LoadFloat(code + q.dimensions) - 2 * static_cast<float>(product));
}
float L2BetweenF32(const CodecQuery& q, const uint8_t* code) {
  return q.kernels->l2_f32(AsFloats(q.stored), AsFloats(code), q.dimensions);
}
float DotBetweenF32(const CodecQuery& q, const uint8_t* code) {
  return 1 - q.kernels->dot_f32(AsFloats(q.stored), AsFloats(code), q.dimensions);
}

// kInt8 under kCosine. Stored: 1 / |x|.
float CosineOfInt8(const CodecQuery& q, const uint8_t* code) {
  const int32_t product = q.kernels->dot_u8(q.bytes.data(), code, q.dimensions) + q.shift;
  return 1 + q.cross * static_cast<float>(product) * LoadFloat(code + q.dimensions);
}

// Stored: |o|^2 for L2, 0 for dot products; and the factor that the sum of the query's numbers, by o's signs, is to be multiplied by.
float OfBits(const CodecQuery& q, const uint8_t* code) {
  const int32_t sum = 2 * q.kernels->sum_bits(q.bytes.data(), code, q.dimensions) + q.shift;
  const uint8_t* stored = code + (q.dimensions + 7) / 8;
  return q.factor * (q.base + LoadFloat(stored) + q.cross * LoadFloat(stored + 4) * static_cast<float>(sum));
}

float Norm2(const float* vector, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<double>(vector[i]) * vector[i];
  return static_cast<float>(sum);
}

// Numbers as bytes in steps of what it returns, which is at least `least_step`.
float Quantize(const std::vector<float>& values, float least_step, std::vector<int8_t>* bytes) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  const float step = std::max({largest / 127, least_step, 1e-30F});
  bytes->resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const float wanted = std::nearbyint(values[i] / step);
    (*bytes)[i] = static_cast<int8_t>(wanted > -128 ? std::min(wanted, 127.0F) : -128.0F);  // NaN too
  }
  return step;
}

int32_t SumOf(const std::vector<int8_t>& bytes) {
  int32_t sum = 0;
  for (const int8_t byte : bytes) sum += byte;
  return sum;
}

}  // namespace

bool IsValid(const CodecSettings& settings) {
  return settings.dimensions >= 1 && settings.dimensions <= kMaxDimensions &&
         settings.metric <= VectorMetric::kCosine && settings.form <= VectorForm::kBinary &&
         (settings.refine_bits == 0 || settings.refine_bits == 2 || settings.refine_bits == 4);
}

Codec::Codec(const CodecSettings& settings) : settings_(settings), kernels_(&BestKernels()) {
  CHECK(IsValid(settings));
  SetSizes();
  if (settings.form == VectorForm::kInt8) low_.assign(dimensions(), -128.5F);
}

void Codec::SetSizes() {
  const size_t d = dimensions();
  if (settings_.form < VectorForm::kQ8) settings_.refine_bits = 0;
  const size_t fine = FineBytes(d, settings_.refine_bits);
  switch (settings_.form) {
    case VectorForm::kF32:
      code_bytes_ = d * 4;
      break;
    case VectorForm::kF16:
    case VectorForm::kBf16:
      code_bytes_ = d * 2;
      break;
    case VectorForm::kInt8:
      code_bytes_ = d + 4;
      break;
    case VectorForm::kQ8:
      code_bytes_ = d + 4;
      refine_bytes_ = fine;
      break;
    case VectorForm::kBinary:
      code_bytes_ = (d + 7) / 8 + 8;
      refine_bytes_ = settings_.refine_bits == 0 ? 0 : d + fine;
      break;
  }
}

void Codec::Transform(const float* vector, float* to) const {
  const size_t d = dimensions();
  float scale = 1;
  if (settings_.metric == VectorMetric::kCosine && settings_.form != VectorForm::kInt8) {
    const float norm2 = Norm2(vector, d);
    scale = norm2 > 0 ? 1 / std::sqrt(norm2) : 1;
  }
  for (size_t i = 0; i < d; ++i) to[i] = vector[i] * scale;
  if (rotation_ != nullptr) rotation_->Apply(to);
}

bool Codec::Encode(const float* vector, uint8_t* code, uint8_t* refinement) const {
  const size_t d = dimensions();
  std::vector<float> x(d);
  Transform(vector, x.data());
  switch (settings_.form) {
    case VectorForm::kF32:
      std::memcpy(code, x.data(), d * 4);
      return true;
    case VectorForm::kF16:
    case VectorForm::kBf16:
      for (size_t i = 0; i < d; ++i) {
        const uint16_t half = settings_.form == VectorForm::kF16 ? F16FromFloat(x[i]) : Bf16FromFloat(x[i]);
        std::memcpy(code + 2 * i, &half, sizeof(half));
      }
      return true;
    case VectorForm::kInt8:
    case VectorForm::kQ8: {
      const bool inside = EncodeSteps(x.data(), code, refinement);
      EncodeTerm(code);
      return inside;
    }
    case VectorForm::kBinary:
      EncodeBits(x.data(), code);
      return refine_bytes_ == 0 || EncodeSteps(x.data(), refinement, refinement + d);
  }
  return false;
}

bool Codec::EncodeSteps(const float* x, uint8_t* code, uint8_t* low) const {
  const size_t d = dimensions();
  const unsigned bits = settings_.refine_bits;
  const float top = static_cast<float>((256U << bits) - 1);
  const float scale = 1 / fine_step_;
  const float tolerance = (top + 1) / 8;
  const size_t stride = FineBytes(d, bits);
  if (bits > 0) std::memset(low, 0, stride);
  bool inside = true;
  for (size_t begin = 0, shift = 0; begin < d; shift += bits) {
    const size_t end = bits == 0 ? d : std::min(d, begin + stride);
    for (size_t i = begin; i < end; ++i) {
      const float wanted = (x[i] - low_[i]) * scale;
      inside &= wanted > -tolerance && wanted < top + 1 + tolerance;
      const float clamped = wanted > 0 ? std::min(wanted, top) : 0;  // NaN becomes 0
      const auto u = static_cast<unsigned>(clamped);
      code[i] = static_cast<uint8_t>(u >> bits);
      if (bits > 0) low[i - begin] |= static_cast<uint8_t>((u & ((1U << bits) - 1)) << shift);
    }
    begin = end;
  }
  return inside;
}

void Codec::EncodeTerm(uint8_t* code) const {
  const size_t d = dimensions();
  int64_t norm2 = 0;
  for (size_t i = 0; i < d; ++i) norm2 += (code[i] - 128) * (code[i] - 128);
  auto term = static_cast<float>(norm2);
  if (settings_.metric == VectorMetric::kInnerProduct) term = 0;
  if (settings_.form == VectorForm::kInt8 && settings_.metric == VectorMetric::kCosine) {
    term = norm2 > 0 ? 1 / std::sqrt(term) : 0;
  }
  StoreFloat(code + d, term);
}

void Codec::EncodeBits(const float* x, uint8_t* code) const {
  const size_t d = dimensions();
  std::memset(code, 0, (d + 7) / 8);
  double norm2 = 0, absolute = 0;
  for (size_t i = 0; i < d; ++i) {
    const float o = x[i] - centre_[i];
    norm2 += static_cast<double>(o) * o;
    absolute += std::abs(o);
    if (o > 0) code[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
  }
  const double along = absolute > 0 ? norm2 / absolute : 0;  // o.q ~ along * (the query's sum by o's signs)
  const bool inner = settings_.metric == VectorMetric::kInnerProduct;
  uint8_t* stored = code + (d + 7) / 8;
  StoreFloat(stored, inner ? 0 : static_cast<float>(norm2));
  StoreFloat(stored + 4, static_cast<float>(inner ? -along : -2 * along));
}

void Codec::DecodeSteps(const uint8_t* code, const uint8_t* low, unsigned bits, float* x) const {
  const size_t d = dimensions();
  const size_t stride = FineBytes(d, bits);
  const float step = fine_step_ * static_cast<float>(1U << (settings_.refine_bits - bits));
  for (size_t i = 0; i < d; ++i) {
    unsigned u = static_cast<unsigned>(code[i]) << bits;
    if (bits > 0) u |= low[i % stride] >> (i / stride * bits) & ((1U << bits) - 1);
    x[i] = low_[i] + step * (static_cast<float>(u) + 0.5F);
  }
}

void Codec::DecodeTransformed(const uint8_t* code, const uint8_t* refinement, float* x) const {
  const size_t d = dimensions();
  switch (settings_.form) {
    case VectorForm::kF32:
      std::memcpy(x, code, d * 4);
      break;
    case VectorForm::kF16:
    case VectorForm::kBf16:
      for (size_t i = 0; i < d; ++i) {
        uint16_t half;
        std::memcpy(&half, code + 2 * i, sizeof(half));
        x[i] = settings_.form == VectorForm::kF16 ? FloatFromF16(half) : FloatFromBf16(half);
      }
      break;
    case VectorForm::kInt8:
    case VectorForm::kQ8:
      DecodeSteps(code, refinement, refinement == nullptr ? 0 : settings_.refine_bits, x);
      break;
    case VectorForm::kBinary:
      if (refinement != nullptr && refine_bytes_ > 0) {
        DecodeSteps(refinement, refinement + d, settings_.refine_bits, x);
      } else {
        const float factor = LoadFloat(code + (d + 7) / 8 + 4);
        const float along = settings_.metric == VectorMetric::kInnerProduct ? -factor : -factor / 2;
        for (size_t i = 0; i < d; ++i) x[i] = centre_[i] + ((code[i / 8] >> (i % 8) & 1) != 0 ? along : -along);
      }
      break;
  }
}

void Codec::Decode(const uint8_t* code, const uint8_t* refinement, float* vector) const {
  DecodeTransformed(code, refinement, vector);
  if (rotation_ != nullptr) rotation_->Revert(vector);
  if (settings_.form == VectorForm::kInt8 && settings_.metric == VectorMetric::kCosine) {
    const float inverse = LoadFloat(code + dimensions());
    for (size_t i = 0; i < dimensions(); ++i) vector[i] *= inverse;
  }
}

bool Codec::IsSound(const uint8_t* code) const {
  const size_t d = dimensions();
  if (settings_.form >= VectorForm::kInt8) {
    const bool binary = settings_.form == VectorForm::kBinary;
    const uint8_t* stored = code + (binary ? (d + 7) / 8 : d);
    // Comparisons that NaN fails.
    return std::abs(LoadFloat(stored)) < 1e37F && (!binary || std::abs(LoadFloat(stored + 4)) < 1e30F);
  }
  std::vector<float> x(d);
  DecodeTransformed(code, nullptr, x.data());
  return Norm2(x.data(), d) < 1e37F;
}

void Codec::Prepare(const float* vector, CodecQuery* query) const {
  query->scratch.resize(dimensions());
  Transform(vector, query->scratch.data());
  PrepareTransformed(query);
  PrepareFine(query);
}

void Codec::PrepareStored(const uint8_t* code, const uint8_t* refinement, CodecQuery* query) const {
  const size_t d = dimensions();
  query->kernels = kernels_;
  query->dimensions = d;
  query->stored = code;
  if (settings_.form == VectorForm::kQ8 && settings_.metric != VectorMetric::kInnerProduct) {
    query->distance = BetweenSteps;
    query->base = LoadFloat(code + d);
    const float step = fine_step_ * static_cast<float>(1U << settings_.refine_bits);
    query->factor = step * step * (settings_.metric == VectorMetric::kCosine ? 0.5F : 1.0F);
    return;
  }
  if (settings_.form == VectorForm::kF32) {
    query->distance = by_dot() ? DotBetweenF32 : L2BetweenF32;
    return;
  }
  query->scratch.resize(d);
  DecodeTransformed(code, refinement, query->scratch.data());
  PrepareTransformed(query);
}

void Codec::PrepareTransformed(CodecQuery* query) const {
  query->kernels = kernels_;
  query->dimensions = dimensions();
  switch (settings_.form) {
    case VectorForm::kF32:
    case VectorForm::kF16:
    case VectorForm::kBf16:
      PrepareFloats(query);
      break;
    case VectorForm::kInt8:
    case VectorForm::kQ8:
      PrepareSteps(query);
      break;
    case VectorForm::kBinary:
      PrepareBits(query);
      break;
  }
}

void Codec::PrepareFloats(CodecQuery* query) const {
  const bool l2 = settings_.metric == VectorMetric::kL2;
  switch (settings_.form) {
    case VectorForm::kF16:
      query->distance = l2 ? L2OfF16 : DotOfF16;
      break;
    case VectorForm::kBf16:
      query->distance = l2 ? L2OfBf16 : DotOfBf16;
      break;
    default:
      query->distance = l2 ? L2OfF32 : DotOfF32;
      break;
  }
  query->floats = query->scratch;
}

// With c the stored code less 128, and s the step of 8 bits:
//   L2:  x ~ low + s (128.5 + c), q = low + s (128.5 + q'): |q - x|^2 = s^2 (|q'|^2 + |c|^2 - 2 q'.c), q' ~ a * bytes.
//   dot: q.x = q.low + 128.5 s sum(q) + s q.c, q ~ a * bytes.
// The kernel multiplies with the code itself, so 128 times the sum of the bytes is to be taken off: `shift`.
void Codec::PrepareSteps(CodecQuery* query) const {
  const size_t d = dimensions();
  const float step = fine_step_ * static_cast<float>(1U << settings_.refine_bits);
  std::vector<float>& x = query->scratch;
  const bool int8 = settings_.form == VectorForm::kInt8;
  if (settings_.metric == VectorMetric::kInnerProduct || (int8 && by_dot())) {
    float constant = 0;
    for (size_t i = 0; i < d; ++i) constant += x[i] * (low_[i] + 128.5F * step);
    const float a = Quantize(x, int8 ? 1.0F : 0.0F, &query->bytes);
    query->base = 1 - constant;
    query->cross = -step * a;
    query->factor = 1;
    query->distance = OfSteps;
    if (int8 && settings_.metric == VectorMetric::kCosine) {
      const float norm2 = Norm2(x.data(), d);
      query->cross = norm2 > 0 ? -a / std::sqrt(norm2) : 0;
      query->distance = CosineOfInt8;
    }
  } else {
    // Inside the range the query is rounded as stored vectors are: what all have in common then cancels out.
    bool inside = true;
    query->bytes.resize(d);
    const float scale = 1 / step;
    std::vector<float>& local = query->floats;
    local.resize(d);
    for (size_t i = 0; i < d; ++i) {
      const float u = (x[i] - low_[i]) * scale;
      inside &= u >= 0 && u < 256;
      local[i] = u;
    }
    float a = 1;
    if (inside) {
      for (size_t i = 0; i < d; ++i) {
        query->bytes[i] = static_cast<int8_t>(static_cast<int>(local[i]) - 128);
        local[i] = query->bytes[i];
      }
    } else {
      for (size_t i = 0; i < d; ++i) local[i] -= 128.5F;
      a = Quantize(local, 0.0F, &query->bytes);
    }
    query->base = Norm2(local.data(), d);
    query->cross = -2 * a;
    query->factor = step * step * (settings_.metric == VectorMetric::kCosine ? 0.5F : 1.0F);
    query->distance = OfSteps;
  }
  query->shift = -128 * SumOf(query->bytes);
}

void Codec::PrepareBits(CodecQuery* query) const {
  const size_t d = dimensions();
  const std::vector<float>& x = query->scratch;
  std::vector<float>& local = query->floats;
  local.resize(d);
  const bool inner = settings_.metric == VectorMetric::kInnerProduct;
  float constant = 0;
  for (size_t i = 0; i < d; ++i) {
    local[i] = inner ? x[i] : x[i] - centre_[i];
    constant += x[i] * centre_[i];
  }
  query->cross = Quantize(local, 0.0F, &query->bytes);
  query->base = inner ? 1 - constant : Norm2(local.data(), d);
  query->shift = -SumOf(query->bytes);
  query->factor = settings_.metric == VectorMetric::kCosine ? 0.5F : 1.0F;
  query->distance = OfBits;
}

void Codec::PrepareFine(CodecQuery* query) const {
  if (refine_bytes_ == 0) return;
  const size_t d = dimensions();
  const std::vector<float>& x = query->scratch;
  query->floats.resize(d);
  if (settings_.metric == VectorMetric::kInnerProduct) {
    float constant = 0;
    for (size_t i = 0; i < d; ++i) {
      constant += x[i] * (low_[i] + 0.5F * fine_step_);
      query->floats[i] = x[i];
    }
    query->fine_base = 1 - constant;
    query->fine_scale = -fine_step_;
    return;
  }
  const float scale = 1 / fine_step_;
  for (size_t i = 0; i < d; ++i) query->floats[i] = (x[i] - low_[i]) * scale - 0.5F;
  query->fine_base = 0;
  query->fine_scale = fine_step_ * fine_step_ * (settings_.metric == VectorMetric::kCosine ? 0.5F : 1.0F);
}

float Codec::Refined(const CodecQuery& query, const uint8_t* code, const uint8_t* refinement) const {
  if (refine_bytes_ == 0) return query.distance(query, code);
  const size_t d = dimensions();
  const bool binary = settings_.form == VectorForm::kBinary;
  const uint8_t* codes = binary ? refinement : code;
  const uint8_t* low = binary ? refinement + d : refinement;
  const auto kernel = settings_.metric == VectorMetric::kInnerProduct ? kernels_->dot_fine : kernels_->l2_fine;
  return query.fine_base + query.fine_scale * kernel(query.floats.data(), codes, low, d, settings_.refine_bits);
}

size_t Codec::Bytes() const {
  return sizeof(*this) + (low_.capacity() + centre_.capacity()) * sizeof(float) +
         (rotation_ == nullptr ? 0 : rotation_->Bytes());
}

}  // namespace kvorum
