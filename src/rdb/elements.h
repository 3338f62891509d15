// A value's elements one after another, without making the value: for whoever sends a large one on in pieces.
//
// Threads: one. Memory: one element, or one packed block, at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "rdb/reader.h"

namespace kvorum {

enum class RdbShape : uint8_t { kString, kList, kSet, kSortedSet, kHash, kOther };

// kOther: streams, modules' values, and what we do not know.
RdbShape ShapeOfRdbType(uint8_t type);

class RdbElementVisitor {
 public:
  virtual ~RdbElementVisitor() = default;
  // A string, a list's element, a member, a member and its score as text, a field and its value. Good until it returns. False
  // stops.
  [[nodiscard]] virtual bool Element(std::string_view first, std::string_view second) = 0;
};

// Reads what follows the type, which is not of kOther's. False: the visitor stopped, or the reader failed.
[[nodiscard]] bool VisitRdbElements(uint8_t type, RdbReader& in, RdbElementVisitor& visitor);

}  // namespace kvorum
