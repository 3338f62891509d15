// Strings as numbers: INCR and its like.
#include <cmath>
#include <string>

#include "base/numbers.h"
#include "commands/table.h"

namespace kvorum {
namespace {

void Add(Context& ctx, int64_t increment) {
  const std::string_view key = ctx.args[1];
  Entry* entry;
  if (!ctx.WriteString(key, &entry)) return;
  int64_t value = 0;
  if (entry != nullptr && entry->is_integer()) {
    value = entry->integer();
  } else if (entry != nullptr && !ParseInt64(entry->string(), &value)) {
    return ctx.NotInteger();
  }
  if (__builtin_add_overflow(value, increment, &value)) {
    return ctx.Error("ERR increment or decrement would overflow");
  }
  if (entry == nullptr) {
    ctx.db().PutInteger(key, value, ctx.NewClock());
  } else {
    ctx.db().SetInteger(entry, value);
  }
  ctx.Changed(key);
  ctx.Notify(event::kString, "incrby", key);
  ctx.reply.Integer(value);
}

void Incr(Context& ctx) { Add(ctx, 1); }
void Decr(Context& ctx) { Add(ctx, -1); }

void IncrBy(Context& ctx) {
  int64_t increment;
  if (ctx.IntegerArg(2, &increment)) Add(ctx, increment);
}

void DecrBy(Context& ctx) {
  int64_t decrement;
  if (!ctx.IntegerArg(2, &decrement)) return;
  if (decrement == INT64_MIN) return ctx.Error("ERR decrement would overflow");
  Add(ctx, -decrement);
}

void IncrByFloat(Context& ctx) {
  const std::string_view key = ctx.args[1];
  Entry* entry;
  if (!ctx.WriteString(key, &entry)) return;
  char digits[kIntegerTextBytes];
  long double value = 0;
  long double increment;
  if ((entry != nullptr && !ParseLongDouble(entry->Text(digits), &value)) ||
      !ParseLongDouble(ctx.args[2], &increment)) {
    return ctx.NotFloat();
  }
  value += increment;
  if (std::isnan(value) || std::isinf(value)) return ctx.Error("ERR increment would produce NaN or Infinity");
  char buffer[kMaxLongDoubleChars];
  const std::string_view text(buffer, FormatLongDouble(value, buffer));
  if (entry == nullptr) {
    ctx.db().PutString(key, text, ctx.NewClock());
  } else {
    ctx.db().SetBytes(entry, text);
  }
  ctx.Changed(key);
  ctx.Notify(event::kString, "incrbyfloat", key);
  // The sum may come out differently on another machine.
  ctx.Effect({"SET", key, text, "KEEPTTL"});
  ctx.reply.Bulk(text);
}

}  // namespace

void RegisterCounterCommands(CommandTable& table) {
  table.Bind("incr", Incr);
  table.Bind("decr", Decr);
  table.Bind("incrby", IncrBy);
  table.Bind("decrby", DecrBy);
  table.Bind("incrbyfloat", IncrByFloat);
}

}  // namespace kvorum
