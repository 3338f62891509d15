#include "server/debug_values.h"

#include <cstdio>
#include <string>

#include "base/numbers.h"
#include "keyspace/access_clock.h"
#include "keyspace/hash_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"
#include "server/connection.h"
#include "server/digest.h"
#include "server/log.h"

namespace kvorum {
namespace {

// Nullptr: there is none, and that was replied.
const Entry* EntryOf(Context& ctx, std::string_view key) {
  const Entry* entry = ctx.Read(key, lookup::kNoTouch | lookup::kNoStats | lookup::kNoNotify);
  if (entry == nullptr) ctx.NoSuchKey();
  return entry;
}

template <typename... Args>
void Append(std::string& out, const char* format, Args... args) {
  char text[256];
  const int length = std::snprintf(text, sizeof(text), format, args...);
  out.append(text, static_cast<size_t>(length));
}

// As tools that read Redis's HTSTATS expect it.
void AppendShape(std::string& out, const HashTableShape& shape, bool full) {
  out += "Hash table 0 stats (main hash table):\n";
  if (shape.records == 0) {
    out += "No stats available for empty dictionaries\n";
    return;
  }
  Append(out, " table size: %zu\n number of elements: %zu\n", shape.buckets, shape.records);
  if (!full) return;
  const auto records = static_cast<double>(shape.records);
  Append(out, " different slots: %zu\n max chain length: %zu\n", shape.used_buckets, shape.longest);
  Append(out, " avg chain length (counted): %.2f\n avg chain length (computed): %.2f\n Chain length distribution:\n",
         records / static_cast<double>(shape.used_buckets), records / static_cast<double>(shape.used_buckets));
  for (size_t length = 0; length < HashTableShape::kLengths; ++length) {
    const size_t buckets = shape.by_length[length];
    if (buckets == 0) continue;
    Append(out, "   %zu: %zu (%.02f%%)\n", length, buckets,
           static_cast<double>(buckets) / static_cast<double>(shape.buckets) * 100);
  }
}

}  // namespace

void DebugObject(Context& ctx) {
  const Entry* entry = EntryOf(ctx, ctx.args[2]);
  if (entry == nullptr) return;
  std::string text;
  Append(text, "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%lld",
         static_cast<const void*>(entry), std::string(entry->encoding_name()).c_str(), SerializedLength(*entry),
         entry->clock(), static_cast<long long>(IdleMs(entry->clock(), ctx.now_ms) / 1000));
  if (entry->encoding_name() == "quicklist") {
    const auto& list = static_cast<const ListObject&>(*entry->object());
    Append(text, " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%lld ql_compressed:0 ql_uncompressed_size:%zu",
           list.node_count(), static_cast<double>(list.size()) / static_cast<double>(list.node_count()),
           static_cast<long long>(ctx.settings().list_max_listpack_size), list.element_bytes());
  }
  ctx.reply.Status(text);
}

void DebugHtStats(Context& ctx) {
  int64_t index;
  if (!ctx.IntegerArg(2, &index)) return;
  if (index < 0 || index >= ctx.keyspace.size()) return ctx.Error("ERR Out of range database");
  const Database& database = ctx.keyspace.database(static_cast<int>(index));
  std::string text = "[Dictionary HT]\n";
  AppendShape(text, database.Shape(), ctx.Is(3, "FULL"));
  // Deadlines are in a tree.
  text += "[Expires HT]\n";
  Append(text, " number of elements: %zu\n", database.deadline_count());
  ctx.reply.Verbatim("txt", text);
}

void DebugHtStatsKey(Context& ctx) {
  const Entry* entry = EntryOf(ctx, ctx.args[2]);
  if (entry == nullptr) return;
  HashTableShape shape;
  const std::string_view encoding = entry->encoding_name();
  if (encoding == "hashtable" && entry->type() == ObjectType::kHash) {
    shape = static_cast<const HashObject*>(entry->object())->table().Shape();
  } else if (encoding == "hashtable") {
    shape = static_cast<const SetObject*>(entry->object())->table().Shape();
  } else if (encoding == "skiplist") {
    shape = static_cast<const SortedSetObject*>(entry->object())->Shape();
  } else {
    return ctx.Error("ERR The value stored at the specified key is not represented using an hash table");
  }
  std::string text;
  AppendShape(text, shape, ctx.Is(3, "FULL"));
  ctx.reply.Verbatim("txt", text);
}

void DebugListPack(Context& ctx) {
  const Entry* entry = EntryOf(ctx, ctx.args[2]);
  if (entry == nullptr) return;
  if (entry->encoding_name() != "listpack") return ctx.Error("ERR Not a listpack encoded object.");
  Log(LogLevel::kNotice, "DEBUG LISTPACK: " + entry->object()->CanonicalText());
  ctx.reply.Status("Listpack structure printed on stdout");
}

void DebugQuickList(Context& ctx) {
  const Entry* entry = EntryOf(ctx, ctx.args[2]);
  if (entry == nullptr) return;
  if (entry->encoding_name() != "quicklist") return ctx.Error("ERR Not a quicklist encoded object.");
  const auto& list = static_cast<const ListObject&>(*entry->object());
  std::string text = "DEBUG QUICKLIST:";
  Append(text, " nodes=%zu elements=%zu element_bytes=%zu bytes=%zu", list.node_count(), list.size(),
         list.element_bytes(), list.MemoryBytes(0));
  // Text that is no number is 0, as in Redis.
  int64_t detail = 0;
  if (ctx.args.size() == 4 && ParseInt64(ctx.args[3], &detail) && detail != 0) text += " " + list.CanonicalText();
  Log(LogLevel::kNotice, text);
  ctx.reply.Status("Quicklist structure printed on stdout");
}

void DebugStringLength(Context& ctx) {
  const Entry* entry = EntryOf(ctx, ctx.args[2]);
  if (entry == nullptr) return;
  if (!entry->is_string() || entry->is_integer()) return ctx.Error("ERR Not an sds encoded string.");
  // Key and short strings are in one block, which counts as the key's.
  const size_t own_bytes = entry->encoding() == Entry::Encoding::kBigString
                               ? AllocationSize(sizeof(BigString) + entry->StringCapacity())
                               : 0;
  std::string text;
  Append(text,
         "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: %zu, val_sds_len:%zu, val_sds_avail:%zu, val_zmalloc: %zu",
         entry->key().size(), entry->MemoryBytes(0) - own_bytes, entry->string().size(),
         entry->StringCapacity() - entry->string().size(), own_bytes);
  ctx.reply.Status(text);
}

void DebugStructSize(Context& ctx) {
  std::string text;
  Append(text, "bits:%zu entry:%zu bigstring:%zu list:%zu set:%zu hash:%zu zset:%zu zsetmember:%zu ", sizeof(void*) * 8,
         sizeof(Entry), sizeof(BigString), sizeof(ListObject), sizeof(SetObject), sizeof(HashObject),
         sizeof(SortedSetObject), sizeof(SortedSetMember));
  Append(text, "database:%zu connection:%zu", sizeof(Database), sizeof(Connection));
  ctx.reply.Status(text);
}

}  // namespace kvorum
