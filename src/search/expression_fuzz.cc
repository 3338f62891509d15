// Any bytes as an expression: a value or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "search/expression.h"

namespace {

class Properties final : public kvorum::ExpressionContext {
 public:
  kvorum::Value Property(std::string_view name) const override {
    if (name == "n") return 7.5;
    if (name == "t") return "text, 1";
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  std::string error;
  const auto expression = Expression::Parse({reinterpret_cast<const char*>(data), size}, &error);
  CHECK((expression == nullptr) == !error.empty());
  if (expression == nullptr) return 0;
  std::string text = expression->Evaluate(Properties()).ToText();
  expression->Evaluate(Properties()).AppendIdentity(&text);
  return 0;
}
