// The hash family. HINCRBY, HINCRBYFLOAT and HRANDFIELD are in hash_numbers.cc and hash_random.cc.
#include "commands/hashes.h"

#include <algorithm>
#include <vector>

#include "commands/packed_reply.h"
#include "commands/scan_options.h"
#include "keyspace/hash_object.h"

namespace kvorum {

bool FindOrCreateHash(Context& ctx, std::string_view key, HashObject** hash) {
  if (!ctx.WriteAs(key, hash)) return false;
  if (*hash == nullptr) *hash = ctx.Put(key, std::make_unique<HashObject>());
  return true;
}

namespace {

// Sets the fields and values from args[2] on; says how many fields are new.
bool SetFields(Context& ctx, int64_t* created) {
  if (ctx.args.size() % 2 != 0) {
    ctx.WrongArity();
    return false;
  }
  const std::string_view key = ctx.args[1];
  const Arguments pairs = ctx.args.subspan(2);
  HashObject* hash;
  if (!FindOrCreateHash(ctx, key, &hash)) return false;
  if (hash->form() == HashObject::Encoding::kListpack) {
    HashObject::Batch batch{.fields = pairs.size() / 2};
    for (std::string_view text : pairs) {
      batch.longest_bytes = std::max(batch.longest_bytes, text.size());
      batch.total_bytes += text.size();
    }
    hash->PrepareFor(batch, ctx.settings());
  }
  *created = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) *created += hash->Set(pairs[i], pairs[i + 1], ctx.settings());
  ctx.Changed(key, pairs.size() / 2);
  ctx.Notify(event::kHash, "hset", key);
  return true;
}

void Hset(Context& ctx) {
  int64_t created;
  if (SetFields(ctx, &created)) ctx.reply.Integer(created);
}

void Hmset(Context& ctx) {
  int64_t created;
  if (SetFields(ctx, &created)) ctx.reply.Ok();
}

void Hsetnx(Context& ctx) {
  const std::string_view key = ctx.args[1];
  HashObject* hash;
  if (!ctx.WriteAs(key, &hash)) return;
  if (hash != nullptr && hash->Contains(ctx.args[2])) return ctx.reply.Integer(0);
  if (hash == nullptr) hash = ctx.Put(key, std::make_unique<HashObject>());
  hash->Set(ctx.args[2], ctx.args[3], ctx.settings());
  ctx.Changed(key);
  ctx.Notify(event::kHash, "hset", key);
  ctx.reply.Integer(1);
}

void ReplyField(Context& ctx, const HashObject* hash, std::string_view field) {
  PackedValue value;
  hash != nullptr && hash->Get(field, &value) ? ReplyBulk(ctx.reply, value) : ctx.reply.Null();
}

void Hget(Context& ctx) {
  HashObject* hash;
  if (ctx.ReadAs(ctx.args[1], &hash)) ReplyField(ctx, hash, ctx.args[2]);
}

void Hmget(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  ctx.reply.Array(ctx.args.size() - 2);
  for (std::string_view field : ctx.args.subspan(2)) {
    if (ctx.ReplyIsHopeless()) return;
    ReplyField(ctx, hash, field);
  }
}

void Hdel(Context& ctx) {
  const std::string_view key = ctx.args[1];
  HashObject* hash;
  if (!ctx.WriteAs(key, &hash)) return;
  uint64_t removed = 0;
  for (size_t i = 2; hash != nullptr && i < ctx.args.size() && hash->size() > 0; ++i)
    removed += hash->Remove(ctx.args[i]);
  if (removed > 0) {
    ctx.Changed(key, removed);
    ctx.Notify(event::kHash, "hdel", key);
    ctx.DeleteIfEmpty(key, *hash);
  }
  ctx.reply.Integer(static_cast<int64_t>(removed));
}

void Hlen(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  ctx.reply.Integer(hash == nullptr ? 0 : static_cast<int64_t>(hash->size()));
}

void Hexists(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  ctx.reply.Integer(hash != nullptr && hash->Contains(ctx.args[2]) ? 1 : 0);
}

void Hstrlen(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  PackedValue value;
  char digits[kMaxInt64Chars];
  const bool exists = hash != nullptr && hash->Get(ctx.args[2], &value);
  ctx.reply.Integer(exists ? static_cast<int64_t>(value.View(digits).size()) : 0);
}

void Hgetall(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  if (hash == nullptr) return ctx.reply.Map(0);
  ctx.reply.Map(hash->size());
  hash->ForEach([&ctx](const PackedValue& field, const PackedValue& value) {
    ReplyBulk(ctx.reply, field);
    ReplyBulk(ctx.reply, value);
  });
}

void Hkeys(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  if (hash == nullptr) return ctx.reply.EmptyArray();
  ctx.reply.Array(hash->size());
  hash->ForEach([&ctx](const PackedValue& field, const PackedValue&) { ReplyBulk(ctx.reply, field); });
}

void Hvals(Context& ctx) {
  HashObject* hash;
  if (!ctx.ReadAs(ctx.args[1], &hash)) return;
  if (hash == nullptr) return ctx.reply.EmptyArray();
  ctx.reply.Array(hash->size());
  hash->ForEach([&ctx](const PackedValue&, const PackedValue& value) { ReplyBulk(ctx.reply, value); });
}

void Hscan(Context& ctx) {
  uint64_t cursor;
  HashObject* hash;
  if (!ParseScanCursor(ctx, 2, &cursor) || !ctx.ReadAs(ctx.args[1], &hash)) return;
  if (hash == nullptr) return ReplyEmptyScan(ctx.reply);
  ScanOptions options;
  if (!ParseScanOptions(ctx, 3, false, &options)) return;
  std::vector<HashObject::Pair> found;
  auto take = [&](const PackedValue& field, const PackedValue& value) {
    char digits[kMaxInt64Chars];
    if (!options.has_pattern || options.Matches(field.View(digits))) found.push_back({field, value});
  };
  if (hash->form() == HashObject::Encoding::kHashTable) {
    cursor = ScanTable(hash->table(), cursor, options.count, [&take](const FieldRecord* record) {
      take({.text = record->field()}, {.text = record->value()});
    });
  } else {
    hash->ForEach(take);
    cursor = 0;
  }
  ReplyScanCursor(ctx.reply, cursor);
  ctx.reply.Array(2 * found.size());
  for (const auto& [field, value] : found) {
    ReplyBulk(ctx.reply, field);
    ReplyBulk(ctx.reply, value);
  }
}

bool WarmUpField(const Object& value, Arguments args, Warmup* warmup) {
  return value.type() == ObjectType::kHash && static_cast<const HashObject&>(value).WarmUp(args[2], warmup);
}

}  // namespace

void RegisterHashCommands(CommandTable& table) {
  table.Bind("hset", Hset);
  table.Bind("hmset", Hmset);
  table.Bind("hsetnx", Hsetnx);
  table.Bind("hget", Hget);
  table.Bind("hmget", Hmget);
  table.Bind("hdel", Hdel);
  table.Bind("hlen", Hlen);
  table.Bind("hexists", Hexists);
  table.Bind("hstrlen", Hstrlen);
  table.Bind("hgetall", Hgetall);
  table.Bind("hkeys", Hkeys);
  table.Bind("hvals", Hvals);
  table.Bind("hscan", Hscan);
  RegisterHashNumberCommands(table);
  RegisterHashRandomCommands(table);
  for (std::string_view name :
       {"hset", "hmset", "hsetnx", "hget", "hmget", "hdel", "hexists", "hstrlen", "hincrby", "hincrbyfloat"}) {
    table.BindWarmup(name, WarmUpField);
  }
}

}  // namespace kvorum
