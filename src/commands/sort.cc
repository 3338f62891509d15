// SORT and SORT_RO.
//
// Where two elements compare equal by what they are sorted by, their own bytes decide: so the order, and with it what STORE
// leaves behind, is the same wherever the command is run again.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "commands/table.h"
#include "keyspace/hash_object.h"
#include "keyspace/list_object.h"
#include "keyspace/set_object.h"
#include "keyspace/sorted_set_object.h"

namespace kvorum {
namespace {

struct SortOptions {
  bool descending = false;
  bool alpha = false;
  bool sorts = true;  // false: BY a pattern without '*'
  std::string_view by;
  bool has_by = false;
  int64_t offset = 0;
  int64_t count = -1;
  std::vector<std::string_view> gets;
  std::string_view store;
  bool has_store = false;
};

bool ParseOptions(Context& ctx, bool read_only, SortOptions* options) {
  for (size_t i = 2; i < ctx.args.size(); ++i) {
    const size_t left = ctx.args.size() - i - 1;
    if (ctx.Is(i, "ASC")) {
      options->descending = false;
    } else if (ctx.Is(i, "DESC")) {
      options->descending = true;
    } else if (ctx.Is(i, "ALPHA")) {
      options->alpha = true;
    } else if (ctx.Is(i, "LIMIT") && left >= 2) {
      if (!ctx.IntegerArg(i + 1, &options->offset) || !ctx.IntegerArg(i + 2, &options->count)) return false;
      i += 2;
    } else if (!read_only && ctx.Is(i, "STORE") && left >= 1) {
      options->store = ctx.args[++i];
      options->has_store = true;
    } else if (ctx.Is(i, "BY") && left >= 1) {
      options->by = ctx.args[++i];
      options->has_by = true;
      options->sorts = options->by.find('*') != std::string_view::npos;
    } else if (ctx.Is(i, "GET") && left >= 1) {
      options->gets.push_back(ctx.args[++i]);
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

// What a pattern means for an element: "#" the element itself; "a*b" the string of that key with the element for the first '*';
// "a*b->f" field f of that hash.
std::optional<std::string> LookUpPattern(Context& ctx, std::string_view pattern, std::string_view element) {
  if (pattern == "#") return std::string(element);
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return std::nullopt;
  std::string_view suffix = pattern.substr(star + 1);
  std::string_view field;
  const size_t arrow = suffix.find("->");
  if (arrow != std::string_view::npos && arrow + 2 < suffix.size()) {
    field = suffix.substr(arrow + 2);
    suffix = suffix.substr(0, arrow);
  }
  std::string key(pattern.substr(0, star));
  key += element;
  key += suffix;
  const Entry* entry = ctx.Read(key);
  if (entry == nullptr) return std::nullopt;
  if (field.empty()) {
    if (!entry->is_string()) return std::nullopt;
    char digits[kIntegerTextBytes];
    return std::string(entry->Text(digits));
  }
  if (entry->type() != ObjectType::kHash) return std::nullopt;
  PackedValue value;
  if (!static_cast<const HashObject*>(entry->object())->Get(field, &value)) return std::nullopt;
  char digits[kMaxInt64Chars];
  return std::string(value.View(digits));
}

std::vector<std::string> Elements(const Entry* entry, bool reverse) {
  std::vector<std::string> elements;
  if (entry == nullptr) return elements;
  char digits[kMaxInt64Chars];
  auto add = [&](const PackedValue& value) { elements.emplace_back(value.View(digits)); };
  elements.reserve(entry->object()->size());
  switch (entry->type()) {
    case ObjectType::kList:
      static_cast<const ListObject*>(entry->object())
          ->VisitRange(0, entry->object()->size(), ListObject::End::kTail, add);
      break;
    case ObjectType::kSet:
      static_cast<const SetObject*>(entry->object())->ForEach(add);
      break;
    case ObjectType::kSortedSet: {
      const auto* zset = static_cast<const SortedSetObject*>(entry->object());
      zset->VisitRanks({0, zset->size()}, reverse,
                       [&](std::string_view member, double) { elements.emplace_back(member); });
      break;
    }
    default:
      break;
  }
  return elements;
}

struct Weighted {
  const std::string* element;
  double number = 0;
  std::optional<std::string> text;
};

// A weight as Redis reads it: the whole of it a number, as strtod has them, but no NaN.
bool ParseWeight(const std::string& text, double* number) {
  char* end = nullptr;
  *number = std::strtod(text.c_str(), &end);
  return *end == '\0' && !std::isnan(*number);
}

// False: a weight is no number, and that was replied.
bool SortElements(Context& ctx, const SortOptions& options, std::vector<std::string>* elements) {
  std::vector<Weighted> weighted;
  weighted.reserve(elements->size());
  for (const std::string& element : *elements) {
    Weighted& w = weighted.emplace_back(Weighted{&element, 0, {}});
    if (options.has_by) w.text = LookUpPattern(ctx, options.by, element);
    if (options.alpha) continue;
    const std::string* text = !options.has_by ? &element : w.text ? &*w.text : nullptr;
    if (text != nullptr && !ParseWeight(*text, &w.number)) {
      ctx.Error("ERR One or more scores can't be converted into double");
      return false;
    }
  }
  auto compare = [&options](const Weighted& a, const Weighted& b) {
    int order = 0;
    if (!options.alpha) {
      order = a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
    } else if (options.has_by) {
      // What is missing comes first.
      order = a.text.has_value() != b.text.has_value() ? (a.text ? 1 : -1) : a.text ? a.text->compare(*b.text) : 0;
    }
    if (order == 0) order = a.element->compare(*b.element);
    return options.descending ? order > 0 : order < 0;
  };
  std::stable_sort(weighted.begin(), weighted.end(), compare);
  std::vector<std::string> sorted;
  sorted.reserve(weighted.size());
  for (const Weighted& w : weighted) sorted.push_back(*w.element);
  *elements = std::move(sorted);
  return true;
}

void Limit(const SortOptions& options, std::vector<std::string>* elements) {
  const auto size = static_cast<int64_t>(elements->size());
  const int64_t first = std::clamp<int64_t>(options.offset, 0, size);
  const int64_t count = options.count < 0 ? size - first : std::min(options.count, size - first);
  elements->erase(elements->begin() + first + count, elements->end());
  elements->erase(elements->begin(), elements->begin() + first);
}

void Store(Context& ctx, std::string_view target, const std::vector<std::optional<std::string>>& values) {
  if (values.empty()) {
    if (ctx.Delete(target, ctx.settings().lazyfree_lazy_server_del)) {
      ctx.Changed(target);
      ctx.Notify(event::kGeneric, "del", target);
    }
    return ctx.reply.Integer(0);
  }
  const ListObject::Limits limits = ListObject::LimitsOf(ctx.settings());
  auto list = std::make_unique<ListObject>();
  for (const std::optional<std::string>& value : values) {
    const std::string_view view = value ? *value : std::string_view();
    list->PushAll(ListObject::End::kTail, {&view, 1}, limits);
  }
  list->PackIfFits(limits);
  (void)ctx.Write(target, lookup::kNoTouch | lookup::kWholeValue);  // one that has expired goes first, and that is told
  ctx.PutObject(target, std::move(list));
  ctx.Changed(target, values.size());
  ctx.Notify(event::kList, "sortstore", target);
  ctx.reply.Integer(static_cast<int64_t>(values.size()));
}

void RunSort(Context& ctx, bool read_only) {
  SortOptions options;
  if (!ParseOptions(ctx, read_only, &options)) return;
  const Entry* entry = ctx.Read(ctx.args[1]);
  if (entry != nullptr && entry->type() != ObjectType::kList && entry->type() != ObjectType::kSet &&
      entry->type() != ObjectType::kSortedSet) {
    return ctx.WrongType();
  }
  const bool is_set = entry != nullptr && entry->type() == ObjectType::kSet;
  if (!options.sorts && options.has_store && is_set) {
    // A set has no order of its own that another node would share.
    options.sorts = options.alpha = true;
    options.has_by = false;
  }
  std::vector<std::string> elements = Elements(entry, !options.sorts && options.descending);
  if (options.sorts && !SortElements(ctx, options, &elements)) return;
  Limit(options, &elements);
  if (options.has_store) {
    std::vector<std::optional<std::string>> values;
    for (std::string& element : elements) {
      for (std::string_view pattern : options.gets) values.push_back(LookUpPattern(ctx, pattern, element));
      if (options.gets.empty()) values.emplace_back(std::move(element));
    }
    return Store(ctx, options.store, values);
  }
  ctx.reply.Array(elements.size() * std::max<size_t>(options.gets.size(), 1));
  for (const std::string& element : elements) {
    if (options.gets.empty()) ctx.reply.Bulk(element);
    for (std::string_view pattern : options.gets) {
      if (ctx.ReplyIsHopeless()) return;
      const std::optional<std::string> value = LookUpPattern(ctx, pattern, element);
      value ? ctx.reply.Bulk(*value) : ctx.reply.Null();
    }
  }
}

void Sort(Context& ctx) { RunSort(ctx, false); }
void SortRo(Context& ctx) { RunSort(ctx, true); }

}  // namespace

void RegisterSortCommands(CommandTable& table) {
  table.Bind("sort", Sort);
  table.Bind("sort_ro", SortRo);
}

}  // namespace kvorum
