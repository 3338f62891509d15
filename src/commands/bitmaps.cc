// The bitmap family, but for BITFIELD, which is in bitfield.cc.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "commands/bitmap_arguments.h"
#include "commands/bits.h"
#include "commands/table.h"

namespace kvorum {

bool BitOffsetArg(Context& ctx, size_t index, uint64_t unit, uint64_t* offset) {
  constexpr std::string_view kError = "ERR bit offset is not an integer or out of range";
  std::string_view text = ctx.args[index];
  const bool scaled = unit > 0 && text.starts_with('#');
  if (scaled) text.remove_prefix(1);
  int64_t value;
  if (!ParseInt64(text, &value) || value < 0 || (scaled && __builtin_mul_overflow(value, unit, &value)) ||
      value / 8 >= ctx.settings().proto_max_bulk_len) {
    ctx.Error(kError);
    return false;
  }
  *offset = static_cast<uint64_t>(value);
  return true;
}

bool WritableBits(Context& ctx, std::string_view key, uint64_t bits, char** bytes, size_t* size, bool* grown) {
  Entry* entry;
  if (!ctx.WriteString(key, &entry)) return false;
  *grown = entry == nullptr;
  if (entry == nullptr) entry = ctx.db().PutString(key, {}, ctx.NewClock());
  const size_t old_size = entry->StringLength();
  *size = std::max<size_t>(old_size, (bits + 7) / 8);
  *grown |= *size > old_size;
  *bytes = ctx.db().MutableString(entry, *size);
  return true;
}

namespace {

void SetBit(Context& ctx) {
  uint64_t offset;
  if (!BitOffsetArg(ctx, 2, 0, &offset)) return;
  int64_t bit;
  if (!ctx.IntegerArg(3, &bit, "ERR bit is not an integer or out of range")) return;
  if (bit != 0 && bit != 1) return ctx.Error("ERR bit is not an integer or out of range");
  char* bytes;
  size_t size;
  bool grown;
  if (!WritableBits(ctx, ctx.args[1], offset + 1, &bytes, &size, &grown)) return;
  const bool old = GetBit({bytes, size}, offset);
  if (grown || old != (bit == 1)) {
    SetUnsigned(bytes, offset, 1, static_cast<uint64_t>(bit));
    ctx.Changed(ctx.args[1]);
    ctx.Notify(event::kString, "setbit", ctx.args[1]);
  }
  ctx.reply.Integer(old ? 1 : 0);
}

void GetBitCommand(Context& ctx) {
  uint64_t offset;
  if (!BitOffsetArg(ctx, 2, 0, &offset)) return;
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  char digits[kIntegerTextBytes];
  ctx.reply.Integer(entry != nullptr && GetBit(entry->Text(digits), offset) ? 1 : 0);
}

// A range of bits as BITCOUNT and BITPOS take it: in bytes, or, after BIT, in bits; negative from the end.
struct BitRange {
  int64_t start = 0;
  int64_t end = -1;
  bool has_end = false;
  bool in_bits = false;

  // To bit numbers inside a string of that many bytes. False: it is empty.
  bool Resolve(size_t bytes) {
    const int64_t total = static_cast<int64_t>(bytes) * (in_bits ? 8 : 1);
    if (start < 0) start = std::max<int64_t>(start + total, 0);
    if (end < 0) end = std::max<int64_t>(end + total, 0);
    end = std::min(end, total - 1);
    if (start > end) return false;
    if (!in_bits) {
      start *= 8;
      end = end * 8 + 7;
    }
    return true;
  }
};

bool ParseUnit(Context& ctx, size_t index, BitRange* range) {
  if (ctx.Is(index, "BIT")) {
    range->in_bits = true;
  } else if (!ctx.Is(index, "BYTE")) {
    ctx.SyntaxError();
    return false;
  }
  return true;
}

// As in Redis, of a key that is missing or of another type the rest of the arguments is not looked at.
void BitCount(Context& ctx) {
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  if (entry == nullptr) return ctx.reply.Integer(0);
  BitRange range;
  if (ctx.args.size() == 4 || ctx.args.size() == 5) {
    if (!ctx.IntegerArg(2, &range.start) || !ctx.IntegerArg(3, &range.end)) return;
    if (ctx.args.size() == 5 && !ParseUnit(ctx, 4, &range)) return;
  } else if (ctx.args.size() != 2) {
    return ctx.SyntaxError();
  }
  char digits[kIntegerTextBytes];
  const std::string_view bytes = entry->Text(digits);
  if (range.start < 0 && range.end < 0 && range.start > range.end) return ctx.reply.Integer(0);
  ctx.reply.Integer(range.Resolve(bytes.size()) ? CountBits(bytes, range.start, range.end) : 0);
}

void BitPos(Context& ctx) {
  int64_t bit;
  if (!ctx.IntegerArg(2, &bit)) return;
  if (bit != 0 && bit != 1) return ctx.Error("ERR The bit argument must be 1 or 0.");
  Entry* entry;
  if (!ctx.ReadString(ctx.args[1], &entry)) return;
  // A missing key is all zeros, without an end.
  if (entry == nullptr) return ctx.reply.Integer(bit == 1 ? -1 : 0);
  BitRange range;
  if (ctx.args.size() > 6) return ctx.SyntaxError();
  if (ctx.args.size() >= 4 && !ctx.IntegerArg(3, &range.start)) return;
  if (ctx.args.size() == 6 && !ParseUnit(ctx, 5, &range)) return;
  if (ctx.args.size() >= 5) {
    if (!ctx.IntegerArg(4, &range.end)) return;
    range.has_end = true;
  }
  char digits[kIntegerTextBytes];
  const std::string_view bytes = entry->Text(digits);
  if (!range.Resolve(bytes.size())) return ctx.reply.Integer(-1);
  int64_t position = FindBit(bytes, bit == 1, range.start, range.end);
  // Without an end, zeros follow the string.
  if (position < 0 && bit == 0 && !range.has_end) position = static_cast<int64_t>(bytes.size()) * 8;
  ctx.reply.Integer(position);
}

enum class Operation { kAnd, kOr, kXor, kNot };

uint8_t Combine(Operation operation, uint8_t a, uint8_t b) {
  switch (operation) {
    case Operation::kAnd:
      return a & b;
    case Operation::kOr:
      return a | b;
    case Operation::kXor:
      return a ^ b;
    case Operation::kNot:
      break;
  }
  return static_cast<uint8_t>(~a);
}

bool ParseOperation(const Context& ctx, Operation* operation) {
  static constexpr std::pair<std::string_view, Operation> kNames[] = {
      {"AND", Operation::kAnd}, {"OR", Operation::kOr}, {"XOR", Operation::kXor}, {"NOT", Operation::kNot}};
  for (const auto& [name, value] : kNames) {
    if (!ctx.Is(1, name)) continue;
    *operation = value;
    return true;
  }
  return false;
}

// Combines `source` into `result`, whose first `filled` bytes hold what came before; shorter sources count as followed by
// zeros.
void CombineInto(Operation operation, std::string& result, std::string_view source) {
  for (size_t i = 0; i < result.size(); ++i) {
    const auto other = static_cast<uint8_t>(i < source.size() ? source[i] : 0);
    result[i] = static_cast<char>(Combine(operation, static_cast<uint8_t>(result[i]), other));
  }
}

void BitOp(Context& ctx) {
  Operation operation;
  if (!ParseOperation(ctx, &operation)) return ctx.SyntaxError();
  const Arguments sources = ctx.args.subspan(3);
  if (operation == Operation::kNot && sources.size() != 1) {
    return ctx.Error("ERR BITOP NOT must be called with a single source key.");
  }
  std::vector<std::string> inputs;
  size_t longest = 0;
  for (std::string_view key : sources) {
    Entry* entry;
    if (!ctx.ReadString(key, &entry)) return;
    char digits[kIntegerTextBytes];
    inputs.emplace_back(entry == nullptr ? std::string_view() : entry->Text(digits));
    longest = std::max(longest, inputs.back().size());
  }
  const std::string_view target = ctx.args[2];
  if (longest == 0) {
    if (ctx.Delete(target, ctx.settings().lazyfree_lazy_server_del)) {
      ctx.Changed(target);
      ctx.Notify(event::kGeneric, "del", target);
    }
    return ctx.reply.Integer(0);
  }
  std::string result = std::move(inputs[0]);
  result.resize(longest, '\0');
  if (operation == Operation::kNot) CombineInto(operation, result, {});
  for (size_t i = 1; i < inputs.size(); ++i) CombineInto(operation, result, inputs[i]);
  (void)ctx.Write(target, lookup::kNoTouch | lookup::kWholeValue);  // one that has expired goes first, and that is told
  // Written in place, as SETBIT does it: its encoding is raw.
  Entry* entry = ctx.db().PutString(target, {}, ctx.NewClock());
  std::memcpy(ctx.db().MutableString(entry, result.size()), result.data(), result.size());
  ctx.Changed(target);
  ctx.Notify(event::kString, "set", target);
  ctx.reply.Integer(static_cast<int64_t>(longest));
}

}  // namespace

void RegisterBitmapCommands(CommandTable& table) {
  table.Bind("setbit", SetBit);
  table.Bind("getbit", GetBitCommand);
  table.Bind("bitcount", BitCount);
  table.Bind("bitpos", BitPos);
  table.Bind("bitop", BitOp);
  RegisterBitfieldCommands(table);
}

}  // namespace kvorum
