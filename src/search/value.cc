#include "search/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/numbers.h"

namespace kvorum {

std::string NumberText(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  if (number == std::floor(number) && std::fabs(number) < 1e15) return fmt::format("{}", static_cast<int64_t>(number));
  return fmt::format("{:.12g}", number);
}

bool Value::ToNumber(double* number) const {
  if (IsNumber()) {
    *number = this->number();
    return true;
  }
  return IsText() && ParseDouble(text(), number);
}

std::string Value::ToText() const {
  if (IsNumber()) return NumberText(number());
  if (IsText()) return text();
  std::string joined;
  if (!IsList()) return joined;
  for (const Value& item : list()) {
    if (!joined.empty()) joined += ',';
    joined += item.ToText();
  }
  return joined;
}

bool Value::IsTrue() const {
  if (IsNumber()) return number() != 0;
  if (IsText()) return !text().empty();
  return IsList() && !list().empty();
}

// Null is below everything.
int Value::Compare(const Value& a, const Value& b) {
  if (a.IsNull() || b.IsNull()) return static_cast<int>(b.IsNull()) - static_cast<int>(a.IsNull());
  double left, right;
  if ((a.IsNumber() || b.IsNumber()) && a.ToNumber(&left) && b.ToNumber(&right)) {
    // NaN before all, so that there is an order.
    if (std::isnan(left) || std::isnan(right))
      return static_cast<int>(std::isnan(right)) - static_cast<int>(std::isnan(left));
    return left < right ? -1 : left > right;
  }
  if (a.content_.index() != b.content_.index()) return a.content_.index() < b.content_.index() ? -1 : 1;
  if (a.IsText()) {
    const int order = a.text().compare(b.text());
    return order < 0 ? -1 : order > 0;
  }
  for (size_t i = 0; i < std::min(a.list().size(), b.list().size()); ++i) {
    const int order = Compare(a.list()[i], b.list()[i]);
    if (order != 0) return order;
  }
  return a.list().size() < b.list().size() ? -1 : a.list().size() > b.list().size();
}

void Value::AppendIdentity(std::string* out) const {
  double number;
  if (IsNull()) {
    *out += 'n';
  } else if (ToNumber(&number)) {
    *out += 'd';
    out->append(reinterpret_cast<const char*>(&number), sizeof(number));
  } else if (IsText()) {
    *out += fmt::format("t{}:", text().size());
    *out += text();
  } else {
    *out += fmt::format("l{}:", list().size());
    for (const Value& item : list()) item.AppendIdentity(out);
  }
}

}  // namespace kvorum
