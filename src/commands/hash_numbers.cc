// HINCRBY and HINCRBYFLOAT.
#include <cmath>

#include "base/numbers.h"
#include "commands/hashes.h"
#include "keyspace/hash_object.h"

namespace kvorum {
namespace {

void Hincrby(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const std::string_view field = ctx.args[2];
  int64_t increment;
  HashObject* hash;
  if (!ctx.IntegerArg(3, &increment) || !FindOrCreateHash(ctx, key, &hash)) return;
  PackedValue old;
  int64_t number = 0;
  if (hash->Get(field, &old)) {
    number = old.number;
    if (!old.is_number && !ParseInt64(old.text, &number)) return ctx.Error("ERR hash value is not an integer");
  }
  if (__builtin_add_overflow(number, increment, &number)) {
    return ctx.Error("ERR increment or decrement would overflow");
  }
  char digits[kMaxInt64Chars];
  hash->Set(field, {digits, FormatInt64(number, digits)}, ctx.settings());
  ctx.Changed(key);
  ctx.Notify(event::kHash, "hincrby", key);
  ctx.reply.Integer(number);
}

void Hincrbyfloat(Context& ctx) {
  const std::string_view key = ctx.args[1];
  const std::string_view field = ctx.args[2];
  long double increment;
  if (!ParseLongDouble(ctx.args[3], &increment)) return ctx.NotFloat();
  if (std::isnan(increment) || std::isinf(increment)) return ctx.Error("ERR value is NaN or Infinity");
  HashObject* hash;
  if (!FindOrCreateHash(ctx, key, &hash)) return;
  PackedValue old;
  long double number = 0;
  if (hash->Get(field, &old)) {
    number = static_cast<long double>(old.number);
    if (!old.is_number && !ParseLongDouble(old.text, &number)) return ctx.Error("ERR hash value is not a float");
  }
  number += increment;
  if (std::isnan(number) || std::isinf(number)) return ctx.Error("ERR increment would produce NaN or Infinity");
  char digits[kMaxLongDoubleChars];
  const std::string_view text(digits, FormatLongDouble(number, digits));
  hash->Set(field, text, ctx.settings());
  ctx.Changed(key);
  ctx.Notify(event::kHash, "hincrbyfloat", key);
  // The sum itself, as another machine's floats might round otherwise.
  ctx.Effect({"HSET", key, field, text});
  ctx.reply.Bulk(text);
}

}  // namespace

void RegisterHashNumberCommands(CommandTable& table) {
  table.Bind("hincrby", Hincrby);
  table.Bind("hincrbyfloat", Hincrbyfloat);
}

}  // namespace kvorum
