#include "readers/test_units.h"

#include <cstdio>

#include "base/check.h"
#include "documents/frames.h"
#include "documents/limits.h"
#include "documents/unit_builder.h"
#include "text/unicode.h"

namespace kvorum {
namespace {

// A byte that is no UTF-8 becomes a character of three.
constexpr size_t kMostTextBytes = 3 * kMaxUnitBytes;
constexpr size_t kMostTitleBytes = 3 * kMaxTitleBytes;

bool IsValid(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    if (TakeCodePoint(text, &offset) >= kRawByte) return false;
  }
  return true;
}

bool IsTitle(const std::string& text) {
  return text.size() <= kMostTitleBytes && IsValid(text) && text.find('\n') == std::string::npos;
}

std::string BreachOf(const Unit& unit) {
  if (TrimSpace(unit.text).size() != unit.text.size() || unit.text.empty()) return "a text is empty or not trimmed";
  if (unit.text.size() > kMostTextBytes || !IsValid(unit.text)) return "a text is too long or no UTF-8";
  if (!IsTitle(unit.document_title)) return "the document's title is none";
  if (unit.headings.size() > kMaxHeadings) return "too many headings";
  for (const std::string& heading : unit.headings) {
    if (!IsTitle(heading) || heading.empty()) return "a heading is none";
  }
  Frame frame;
  if (!DecodeFrame(EncodeUnit(unit).substr(4), &frame) || frame.unit != unit) return "a frame holds something else";
  return {};
}

}  // namespace

std::string UnitBreach(const std::vector<Unit>& units) {
  uint32_t number = 0;
  for (const Unit& unit : units) {
    if (std::string breach = BreachOf(unit); !breach.empty()) return breach;
    if (unit.number < number || unit.number == 0) return "numbers go down";
    number = unit.number;
  }
  return {};
}

std::vector<Unit> CheckedUnits(const std::function<DocumentError(const UnitSink&)>& read) {
  std::vector<Unit> units;
  const DocumentError error = read([&units](Unit&& unit) {
    units.push_back(std::move(unit));
    return true;
  });
  const std::string breach = UnitBreach(units);
  if (!breach.empty()) std::fprintf(stderr, "%s\n", breach.c_str());
  CHECK(breach.empty() && (error || !units.empty()));
  return units;
}

}  // namespace kvorum
