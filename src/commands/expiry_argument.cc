#include "commands/expiry_argument.h"

#include <string>

#include "commands/table.h"

namespace kvorum {

bool ParseDeadline(Context& ctx, size_t index, ExpiryUnit unit, int64_t* deadline_ms) {
  int64_t value;
  if (!ctx.IntegerArg(index, &value)) return false;
  const int64_t base = unit.absolute ? 0 : ctx.now_ms;
  const int64_t factor = unit.seconds ? 1000 : 1;
  if (value <= 0 || value > INT64_MAX / factor || value * factor > INT64_MAX - base) {
    ctx.Error("ERR invalid expire time in '" + std::string(ctx.command.name()) + "' command");
    return false;
  }
  *deadline_ms = value * factor + base;
  return true;
}

bool IsExpiryWord(const Context& ctx, size_t index, ExpiryUnit* unit) {
  if (ctx.Is(index, "EX")) {
    *unit = {.seconds = true, .absolute = false};
  } else if (ctx.Is(index, "PX")) {
    *unit = {.seconds = false, .absolute = false};
  } else if (ctx.Is(index, "EXAT")) {
    *unit = {.seconds = true, .absolute = true};
  } else if (ctx.Is(index, "PXAT")) {
    *unit = {.seconds = false, .absolute = true};
  } else {
    return false;
  }
  return true;
}

}  // namespace kvorum
