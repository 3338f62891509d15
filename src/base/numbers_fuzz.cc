// What parses must print to something that parses to the same; canonical integers to the same bytes.
#include <cmath>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/numbers.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvorum;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static char out[kMaxLongDoubleChars];
  int64_t integer;
  if (ParseInt64(text, &integer)) CHECK(std::string_view(out, FormatInt64(integer, out)) == text);
  uint64_t natural;
  if (ParseUint64(text, &natural)) CHECK(std::string_view(out, FormatUint64(natural, out)) == text);
  double number;
  bool parsed = ParseDouble(text, &number);
  if (!parsed && size == sizeof(number)) {
    std::memcpy(&number, data, sizeof(number));
    parsed = !std::isnan(number);
  }
  if (parsed) {
    double again;
    size_t length = FormatDouble(number, out);
    CHECK(length <= kMaxDoubleChars);
    CHECK(ParseDouble({out, length}, &again) && again == number);
  }
  long double wide;
  if (ParseLongDouble(text, &wide)) CHECK(FormatLongDouble(wide, out) > 0);
  return 0;
}
