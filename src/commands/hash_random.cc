// HRANDFIELD.
#include <vector>

#include "commands/hashes.h"
#include "commands/packed_reply.h"
#include "keyspace/hash_object.h"

namespace kvorum {
namespace {

// With RESP3 a field and its value are an array of their own.
void ReplyPair(Context& ctx, const HashObject::Pair& pair, bool with_values) {
  if (with_values && ctx.reply.resp() > 2) ctx.reply.Array(2);
  ReplyBulk(ctx.reply, pair.field);
  if (with_values) ReplyBulk(ctx.reply, pair.value);
}

void ReplyHeader(Context& ctx, size_t pairs, bool with_values) {
  ctx.reply.Array(with_values && ctx.reply.resp() == 2 ? 2 * pairs : pairs);
}

// `count` fields, drawn one by one: the same may come again.
void ReplyRepeated(Context& ctx, const HashObject& hash, uint64_t count, bool with_values) {
  const size_t start = ctx.reply.buffer().size();
  std::vector<HashObject::Pair> pairs;
  if (count > 1 && hash.form() == HashObject::Encoding::kListpack) pairs = hash.Sample(hash.size(), ctx.random());
  ReplyHeader(ctx, count, with_values);
  for (uint64_t i = 0; i < count; ++i) {
    ReplyPair(ctx, pairs.empty() ? hash.RandomPair(ctx.random()) : pairs[ctx.random().Below(pairs.size())],
              with_values);
    if (ctx.ReplyIsHopeless()) return;
    if (ctx.reply.buffer().size() - start > kMaxRepeatedReplyBytes) {
      ctx.reply.buffer().Truncate(start);
      return ctx.Error("ERR value is out of range");
    }
  }
}

void Hrandfield(Context& ctx) {
  int64_t count = 1;
  const bool with_count = ctx.args.size() > 2;
  if (with_count && !ctx.IntegerArg(2, &count, -INT64_MAX, INT64_MAX)) return;
  const bool with_values = ctx.args.size() == 4;
  if (ctx.args.size() > 4 || (with_values && !ctx.Is(3, "WITHVALUES"))) return ctx.SyntaxError();
  if (with_values && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) return ctx.Error("ERR value is out of range");
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  if (hash == nullptr) return with_count ? ctx.reply.EmptyArray() : ctx.reply.Null();
  if (!with_count) return ReplyBulk(ctx.reply, hash->RandomPair(ctx.random()).field);
  if (count < 0) return ReplyRepeated(ctx, *hash, static_cast<uint64_t>(-count), with_values);
  const std::vector<HashObject::Pair> pairs = hash->Sample(static_cast<size_t>(count), ctx.random());
  ReplyHeader(ctx, pairs.size(), with_values);
  for (const HashObject::Pair& pair : pairs) ReplyPair(ctx, pair, with_values);
}

}  // namespace

void RegisterHashRandomCommands(CommandTable& table) { table.Bind("hrandfield", Hrandfield); }

}  // namespace kvorum
