#include "search/vector_bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"

namespace kvorum {
namespace {

using Element = VectorOptions::Element;
using Metric = VectorOptions::Metric;

constexpr Element kElements[] = {Element::kFloat32,  Element::kFloat64, Element::kFloat16,
                                 Element::kBFloat16, Element::kInt8,    Element::kUint8};
constexpr Metric kMetrics[] = {Metric::kL2, Metric::kInnerProduct, Metric::kCosine};

// As the definitions have it, of one number after another.
double Defined(Metric metric, const std::vector<float>& a, const std::vector<float>& b) {
  double l2 = 0, dot = 0, a2 = 0, b2 = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    l2 += (x - y) * (x - y);
    dot += x * y;
    a2 += x * x;
    b2 += y * y;
  }
  if (metric == Metric::kL2) return l2;
  return metric == Metric::kInnerProduct ? 1 - dot : 1 - dot / std::sqrt(a2 * b2);
}

TEST(VectorBytesTest, MeasuresAsDefined) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const Element element : kElements) {
    for (const Metric metric : kMetrics) {
      for (const size_t dimensions : {1, 7, 8, 9, 37}) {
        VectorOptions options;
        options.element = element;
        options.metric = metric;
        options.dimensions = dimensions;
        std::vector<double> numbers(dimensions);
        for (double& number : numbers) number = 1 + static_cast<double>(random.Below(100));
        std::string bytes = EncodeVector(element, numbers);
        std::vector<float> query;
        ASSERT_TRUE(DecodeVector(options, bytes, &query));
        for (double& number : numbers) number = 1 + static_cast<double>(random.Below(100));
        bytes = EncodeVector(element, numbers);
        std::vector<float> vector;
        ASSERT_TRUE(DecodeVector(options, bytes, &vector));
        const double defined = Defined(metric, query, vector);
        EXPECT_NEAR(VectorDistance(metric, query, vector), defined, 1e-6 * std::abs(defined) + 1e-6);
      }
    }
  }
}

TEST(VectorBytesTest, TakesOnlyWhatIsUsable) {
  VectorOptions options;
  options.dimensions = 3;
  for (const Element element : {Element::kFloat32, Element::kFloat64}) {
    options.element = element;
    for (const Metric metric : kMetrics) {
      options.metric = metric;
      auto is_taken = [&](std::initializer_list<double> numbers) {
        std::vector<float> vector;
        return DecodeVector(options, EncodeVector(element, std::vector<double>(numbers)), &vector);
      };
      EXPECT_TRUE(is_taken({4, 5, 6}));
      EXPECT_FALSE(is_taken({4, 5}));
      EXPECT_FALSE(is_taken({4, 5, 6, 7}));
      EXPECT_FALSE(is_taken({4, std::numeric_limits<double>::quiet_NaN(), 6}));
      EXPECT_FALSE(is_taken({4, -std::numeric_limits<double>::infinity(), 6}));
      EXPECT_FALSE(is_taken({4, 1e30, 6}));
      EXPECT_EQ(is_taken({0, 0, 0}), metric != Metric::kCosine);
    }
  }
}

}  // namespace
}  // namespace kvorum
