#include "search/vector_bytes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "vector/half.h"
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

// Eight sums, as each addition waits for the one before.
template <typename Term>
double SumOf(std::span<const float> a, std::span<const float> b, Term term) {
  constexpr size_t kSums = 8;
  double sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums <= a.size(); i += kSums) {
    for (size_t j = 0; j < kSums; ++j) sums[j] += term(static_cast<double>(a[i + j]), static_cast<double>(b[i + j]));
  }
  for (; i < a.size(); ++i) sums[0] += term(static_cast<double>(a[i]), static_cast<double>(b[i]));
  double sum = 0;
  for (const double each : sums) sum += each;
  return sum;
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
  double distance = 0;
  switch (metric) {
    case VectorOptions::Metric::kL2:
      distance = SumOf(a, b, [](double x, double y) { return (x - y) * (x - y); });
      break;
    case VectorOptions::Metric::kInnerProduct:
      distance = 1 - SumOf(a, b, [](double x, double y) { return x * y; });
      break;
    case VectorOptions::Metric::kCosine: {
      const double dot = SumOf(a, b, [](double x, double y) { return x * y; });
      const double squares =
          SumOf(a, a, [](double x, double y) { return x * y; }) * SumOf(b, b, [](double x, double y) { return x * y; });
      // Of like directions, rounding must not make it negative.
      distance = std::max(0.0, 1 - dot / std::sqrt(squares));
      break;
    }
  }
  return static_cast<double>(static_cast<float>(distance));
}

}  // namespace kvorum
