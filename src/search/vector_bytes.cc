#include "search/vector_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vector/half.h"
#include "vector/vector_index.h"

namespace kvorum {
namespace {

template <typename Element, typename Convert>
void DecodeElements(std::string_view bytes, std::vector<float>* vector, Convert convert) {
  const size_t count = bytes.size() / sizeof(Element);
  vector->resize(count);
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

double VectorDistance(VectorOptions::Metric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, squares_a = 0, squares_b = 0, apart = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    dot += x * y;
    squares_a += x * x;
    squares_b += y * y;
    apart += (x - y) * (x - y);
  }
  double distance = apart;
  if (metric == VectorOptions::Metric::kInnerProduct) distance = 1 - dot;
  // Of like directions, rounding must not make it negative.
  if (metric == VectorOptions::Metric::kCosine) distance = std::max(0.0, 1 - dot / std::sqrt(squares_a * squares_b));
  return static_cast<double>(static_cast<float>(distance));
}

}  // namespace kvorum
