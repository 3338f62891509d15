#include "commands/scan_options.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/numbers.h"

namespace kvorum {

bool ParseScanCursor(Context& ctx, size_t index, uint64_t* cursor) {
  // Redis reads it with strtoul: a sign, or no digits at all, are fine.
  const std::string text(ctx.args[index]);
  char* end;
  errno = 0;
  *cursor = std::strtoull(text.c_str(), &end, 10);
  const char first = text.c_str()[0];
  const bool is_space = first == ' ' || (first >= '\t' && first <= '\r');
  if (!is_space && *end == '\0' && errno != ERANGE) return true;
  ctx.Error("ERR invalid cursor");
  return false;
}

bool ParseScanOptions(Context& ctx, size_t first, bool with_type, ScanOptions* options) {
  for (size_t i = first; i < ctx.args.size(); i += 2) {
    const bool has_value = i + 1 < ctx.args.size();
    if (has_value && ctx.Is(i, "COUNT")) {
      if (!ctx.IntegerArg(i + 1, &options->count)) return false;
      if (options->count < 1) {
        ctx.SyntaxError();
        return false;
      }
    } else if (has_value && ctx.Is(i, "MATCH")) {
      options->pattern = ctx.args[i + 1];
      options->has_pattern = options->pattern != "*";
    } else if (has_value && with_type && ctx.Is(i, "TYPE")) {
      options->type = ctx.args[i + 1];
      options->has_type = true;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

void ReplyScanCursor(ReplyWriter& reply, uint64_t cursor) {
  char digits[kMaxUint64Chars];
  reply.Array(2);
  reply.Bulk({digits, FormatUint64(cursor, digits)});
}

void ReplyEmptyScan(ReplyWriter& reply) {
  ReplyScanCursor(reply, 0);
  reply.EmptyArray();
}

}  // namespace kvorum
