// BITFIELD and BITFIELD_RO: integers of any width in strings.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/bitmap_arguments.h"
#include "commands/bits.h"
#include "commands/table.h"

namespace kvorum {
namespace {

enum class Overflow { kWrap, kSaturate, kFail };
enum class Action { kGet, kSet, kIncrement };

struct Field {
  Action action = Action::kGet;
  Overflow overflow = Overflow::kWrap;
  bool is_signed = false;
  unsigned width = 0;
  uint64_t offset = 0;
  int64_t operand = 0;
};

bool ParseType(Context& ctx, size_t index, Field* field) {
  const std::string_view text = ctx.args[index];
  int64_t width = 0;
  field->is_signed = text.starts_with('i');
  if ((field->is_signed || text.starts_with('u')) && ParseInt64(text.substr(1), &width) && width >= 1 &&
      width <= (field->is_signed ? 64 : 63)) {
    field->width = static_cast<unsigned>(width);
    return true;
  }
  ctx.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
  return false;
}

bool ParseOverflow(Context& ctx, size_t index, Overflow* overflow) {
  if (ctx.Is(index, "WRAP")) {
    *overflow = Overflow::kWrap;
  } else if (ctx.Is(index, "SAT")) {
    *overflow = Overflow::kSaturate;
  } else if (ctx.Is(index, "FAIL")) {
    *overflow = Overflow::kFail;
  } else {
    ctx.Error("ERR Invalid OVERFLOW type specified");
    return false;
  }
  return true;
}

bool ParseFields(Context& ctx, bool read_only, std::vector<Field>* fields) {
  Overflow overflow = Overflow::kWrap;
  bool writes = false;
  for (size_t i = 2; i < ctx.args.size(); ++i) {
    const size_t left = ctx.args.size() - i - 1;
    Field field;
    if (ctx.Is(i, "OVERFLOW") && left >= 1) {
      if (!ParseOverflow(ctx, ++i, &overflow)) return false;
      continue;
    }
    if (ctx.Is(i, "GET") && left >= 2) {
      field.action = Action::kGet;
    } else if (ctx.Is(i, "SET") && left >= 3) {
      field.action = Action::kSet;
    } else if (ctx.Is(i, "INCRBY") && left >= 3) {
      field.action = Action::kIncrement;
    } else {
      ctx.SyntaxError();
      return false;
    }
    if (!ParseType(ctx, i + 1, &field) || !BitOffsetArg(ctx, i + 2, field.width, &field.offset)) return false;
    i += 2;
    if (field.action != Action::kGet) {
      writes = true;
      if (!ctx.IntegerArg(++i, &field.operand)) return false;
    }
    field.overflow = overflow;
    fields->push_back(field);
  }
  if (!read_only || !writes) return true;
  ctx.Error("ERR BITFIELD_RO only supports the GET subcommand");
  return false;
}

// `value` plus `increment` brought into the field's range. False: it does not fit and the field fails.
bool Fit(const Field& field, __int128 wanted, int64_t* result) {
  const __int128 one = 1;
  const __int128 low = field.is_signed ? -(one << (field.width - 1)) : 0;
  const __int128 high = field.is_signed ? (one << (field.width - 1)) - 1 : (one << field.width) - 1;
  if (wanted < low || wanted > high) {
    if (field.overflow == Overflow::kFail) return false;
    if (field.overflow == Overflow::kSaturate) {
      wanted = wanted < low ? low : high;
    } else {
      const unsigned __int128 mask = (static_cast<unsigned __int128>(1) << field.width) - 1;
      wanted = static_cast<__int128>(static_cast<unsigned __int128>(wanted) & mask);
      if (wanted > high) wanted -= one << field.width;
    }
  }
  *result = static_cast<int64_t>(wanted);
  return true;
}

int64_t ReadField(const Field& field, std::string_view bytes) {
  return field.is_signed ? GetSigned(bytes, field.offset, field.width)
                         : static_cast<int64_t>(GetUnsigned(bytes, field.offset, field.width));
}

enum class FieldOutcome : uint8_t { kRead, kFailed, kSame, kChanged };

FieldOutcome RunField(Context& ctx, const Field& field, char* bytes, size_t size) {
  const int64_t old = ReadField(field, {bytes, size});
  if (field.action == Action::kGet) {
    ctx.reply.Integer(old);
    return FieldOutcome::kRead;
  }
  const bool is_set = field.action == Action::kSet;
  // The operand of an unsigned SET is taken as unsigned, as Redis does: -1 is the largest of all.
  __int128 wanted = field.operand;
  if (is_set && !field.is_signed) wanted = static_cast<uint64_t>(field.operand);
  if (!is_set) wanted += old;
  int64_t value;
  if (!Fit(field, wanted, &value)) {
    ctx.reply.Null();
    return FieldOutcome::kFailed;
  }
  SetUnsigned(bytes, field.offset, field.width, static_cast<uint64_t>(value));
  ctx.reply.Integer(is_set ? old : value);
  return value != old ? FieldOutcome::kChanged : FieldOutcome::kSame;
}

void RunBitfield(Context& ctx, bool read_only) {
  std::vector<Field> fields;
  if (!ParseFields(ctx, read_only, &fields)) return;
  uint64_t bits_written = 0;
  bool writes = false;
  for (const Field& field : fields) {
    if (field.action == Action::kGet) continue;
    writes = true;
    bits_written = std::max(bits_written, field.offset + field.width);
  }
  if (!writes) {
    Entry* entry;
    if (!ctx.ReadString(ctx.args[1], &entry)) return;
    char digits[kIntegerTextBytes];
    const std::string_view bytes = entry == nullptr ? std::string_view() : entry->Text(digits);
    ctx.reply.Array(fields.size());
    for (const Field& field : fields) ctx.reply.Integer(ReadField(field, bytes));
    return;
  }
  char* bytes;
  size_t size;
  bool grown;
  if (!WritableBits(ctx, ctx.args[1], bits_written, &bytes, &size, &grown)) return;
  ctx.reply.Array(fields.size());
  uint64_t changes = 0;
  for (const Field& field : fields) {
    const FieldOutcome outcome = RunField(ctx, field, bytes, size);
    // As Redis counts: where the string grew, each field that was written.
    changes += outcome == FieldOutcome::kChanged || (grown && outcome == FieldOutcome::kSame);
  }
  if (changes == 0) {
    // All failed, but the string is longer than before: nobody is told, as in Redis, but whoever copies the data has to know.
    if (grown) ctx.Effect(ctx.args);
    return;
  }
  ctx.Changed(ctx.args[1], changes);
  ctx.Notify(event::kString, "setbit", ctx.args[1]);
}

void Bitfield(Context& ctx) { RunBitfield(ctx, false); }
void BitfieldRo(Context& ctx) { RunBitfield(ctx, true); }

}  // namespace

void RegisterBitfieldCommands(CommandTable& table) {
  table.Bind("bitfield", Bitfield);
  table.Bind("bitfield_ro", BitfieldRo);
}

}  // namespace kvorum
