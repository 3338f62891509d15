#include "search/vector_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "base/check.h"
#include "vector/half.h"
#include "vector/kernels.h"
#include "vector/vector_index.h"

namespace kvorum {
namespace {

template <typename Element, typename Convert>
void DecodeElements(std::string_view bytes, std::vector<float>* vector, Convert convert) {
  const size_t count = bytes.size() / sizeof(Element);
  vector->resize(count);
  if constexpr (std::is_same_v<Element, float>) {
    std::memcpy(vector->data(), bytes.data(), bytes.size());
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    (*vector)[i] = convert(element);
  }
}

}  // namespace

bool DecodeVector(const VectorOptions& options, std::string_view bytes, std::vector<float>* vector) {
  using Element = VectorOptions::Element;
  if (bytes.size() != options.VectorBytes()) return false;
  auto plain = [](auto number) { return static_cast<float>(number); };
  switch (options.element) {
    case Element::kFloat32:
      DecodeElements<float>(bytes, vector, plain);
      break;
    case Element::kFloat64:
      DecodeElements<double>(bytes, vector, plain);
      break;
    case Element::kFloat16:
      DecodeElements<uint16_t>(bytes, vector, FloatFromF16);
      break;
    case Element::kBFloat16:
      DecodeElements<uint16_t>(bytes, vector, FloatFromBf16);
      break;
    case Element::kInt8:
      DecodeElements<int8_t>(bytes, vector, plain);
      break;
    case Element::kUint8:
      DecodeElements<uint8_t>(bytes, vector, plain);
      break;
  }
  return IsUsable(*vector, static_cast<VectorMetric>(options.metric));
}

double VectorDistance(VectorOptions::Metric metric, std::span<const float> a, std::span<const float> b) {
  CHECK(a.size() == b.size());
  const Kernels& kernels = BestKernels();
  auto dot = [&](std::span<const float> x, std::span<const float> y) {
    return kernels.dot_f32(x.data(), y.data(), x.size());
  };
  switch (metric) {
    case VectorOptions::Metric::kL2:
      return kernels.l2_f32(a.data(), b.data(), a.size());
    case VectorOptions::Metric::kInnerProduct:
      return 1 - dot(a, b);
    case VectorOptions::Metric::kCosine:
      // Of like directions, rounding must not make it negative.
      return std::max(0.0F, 1 - dot(a, b) / (std::sqrt(dot(a, a)) * std::sqrt(dot(b, b))));
  }
  return 0;
}

}  // namespace kvorum
