// Vectors as documents and queries have them: bytes, elements of the field's type one after another, little-endian.
//
// Threads: no state.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "search/schema.h"

namespace kvorum {

// As floats. False: it has another length, a number that is not finite (as a float), or under cosine no direction.
[[nodiscard]] bool DecodeVector(const VectorOptions& options, std::string_view bytes, std::vector<float>* vector);

// As the metric has it, computed of the numbers as they are, with the precision of floats: L2 squared, 1 - x.y, 1 - cos(x, y).
double VectorDistance(VectorOptions::Metric metric, std::span<const float> a, std::span<const float> b);

}  // namespace kvorum
