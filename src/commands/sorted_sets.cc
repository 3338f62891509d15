// The sorted-set family: members one by one. Ranges, pops and combinations have files of their own.
#include "commands/sorted_sets.h"

#include <cstdio>
#include <vector>

#include "base/numbers.h"
#include "commands/scan_options.h"
#include "keyspace/sampling.h"

namespace kvorum {
namespace {

using Added = SortedSetObject::Added;
using AddOptions = SortedSetObject::AddOptions;

// --- Adding -------------------------------------------------------------------------------------------------------------------

// Scores of ZADD; most often few.
class Scores {
 public:
  // Replies the error if one is not a number.
  [[nodiscard]] bool Parse(Context& ctx, size_t first, size_t count) {
    if (count > std::size(few_)) {
      many_.resize(count);
      scores_ = many_.data();
    }
    for (size_t i = 0; i < count; ++i) {
      if (!ctx.DoubleArg(first + 2 * i, &scores_[i])) return false;
    }
    return true;
  }
  double& operator[](size_t i) { return scores_[i]; }

 private:
  double few_[8];
  std::vector<double> many_;
  double* scores_ = few_;
};

// Returns where the scores begin.
size_t ParseAddOptions(const Context& ctx, AddOptions* options, bool* reply_changed) {
  size_t i = 2;
  for (; i < ctx.args.size(); ++i) {
    // Numbers and infinities with a sign need no look.
    const char first = ctx.args[i].empty() ? '\0' : ctx.args[i][0];
    if (first <= '9') break;
    if (ctx.Is(i, "NX")) {
      options->only_new = true;
    } else if (ctx.Is(i, "XX")) {
      options->only_existing = true;
    } else if (ctx.Is(i, "CH")) {
      *reply_changed = true;
    } else if (ctx.Is(i, "INCR")) {
      options->increment = true;
    } else if (ctx.Is(i, "GT")) {
      options->only_greater = true;
    } else if (ctx.Is(i, "LT")) {
      options->only_less = true;
    } else {
      break;
    }
  }
  return i;
}

bool CheckAddOptions(Context& ctx, const AddOptions& options, size_t pairs) {
  if (options.only_new && options.only_existing) {
    ctx.Error("ERR XX and NX options at the same time are not compatible");
  } else if ((options.only_greater && options.only_new) || (options.only_less && options.only_new) ||
             (options.only_greater && options.only_less)) {
    ctx.Error("ERR GT, LT, and/or NX options at the same time are not compatible");
  } else if (options.increment && pairs > 1) {
    ctx.Error("ERR INCR option supports a single increment-element pair");
  } else {
    return true;
  }
  return false;
}

struct AddCounts {
  size_t added = 0;
  size_t changed = 0;
  size_t refused = 0;
};

// Tells of what was added, whether all went well or a later pair was wrong.
void FinishAdd(Context& ctx, const AddOptions& options, const AddCounts& counts) {
  if (counts.added + counts.changed == 0) return;
  ctx.Changed(ctx.args[1], counts.added + counts.changed);
  ctx.Notify(event::kSortedSet, options.increment ? "zincr" : "zadd", ctx.args[1]);
}

void AddPairs(Context& ctx, AddOptions options) {
  bool reply_changed = false;
  const size_t first = ParseAddOptions(ctx, &options, &reply_changed);
  const size_t words = ctx.args.size() - first;
  if (words == 0 || words % 2 != 0) return ctx.SyntaxError();
  const size_t pairs = words / 2;
  if (!CheckAddOptions(ctx, options, pairs)) return;
  Scores scores;
  if (!scores.Parse(ctx, first, pairs)) return;
  for (size_t i = 0; i < pairs; ++i) {
    if (ctx.args[first + 2 * i + 1].size() > SortedSetObject::kMaxMemberBytes) {
      return ctx.Error("ERR member of a sorted set is too long");
    }
  }

  const std::string_view key = ctx.args[1];
  SortedSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  const SortedSetObject::Limits limits = SortedSetObject::LimitsOf(ctx.settings());
  AddCounts counts;
  if (object == nullptr && options.only_existing) {
    counts.refused = pairs;
  } else {
    if (object == nullptr) object = ctx.Put(key, std::make_unique<SortedSetObject>());
    if (pairs > limits.entries) object->MakeLarge();
    for (size_t i = 0; i < pairs; ++i) {
      switch (object->Add(ctx.args[first + 2 * i + 1], &scores[i], options, limits)) {
        case Added::kAdded:
          ++counts.added;
          break;
        case Added::kChanged:
          ++counts.changed;
          break;
        case Added::kSame:
          break;
        case Added::kRefused:
          ++counts.refused;
          break;
        case Added::kNotANumber:
          return ctx.Error("ERR resulting score is not a number (NaN)");
      }
    }
    FinishAdd(ctx, options, counts);
  }
  if (!options.increment) {
    return ctx.reply.Integer(static_cast<int64_t>(counts.added + (reply_changed ? counts.changed : 0)));
  }
  if (counts.refused > 0) return ctx.reply.Null();
  if (counts.added + counts.changed > 0 && ctx.wants_effects()) {
    // The sum may come out differently on another machine.
    char text[kMaxDoubleChars];
    ctx.Effect({"ZADD", key, std::string_view(text, FormatDouble(scores[0], text)), ctx.args[first + 1]});
  }
  ctx.reply.Double(scores[0]);
}

void ZAdd(Context& ctx) { AddPairs(ctx, {}); }
void ZIncrBy(Context& ctx) { AddPairs(ctx, {.increment = true}); }

void ZRem(Context& ctx) {
  const std::string_view key = ctx.args[1];
  SortedSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  if (object == nullptr) return ctx.reply.Integer(0);
  uint64_t removed = 0;
  for (size_t i = 2; i < ctx.args.size() && object->size() > 0; ++i) removed += object->Remove(ctx.args[i]);
  if (removed > 0) {
    ctx.Notify(event::kSortedSet, "zrem", key);
    ctx.DeleteIfEmpty(key, *object);
    ctx.Changed(key, removed);
  }
  ctx.reply.Integer(static_cast<int64_t>(removed));
}

// --- Looking up -----------------------------------------------------------------------------------------------------------------

void ZCard(Context& ctx) {
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  ctx.reply.Integer(object == nullptr ? 0 : static_cast<int64_t>(object->size()));
}

void ReplyScore(ReplyWriter& reply, const SortedSetObject* object, std::string_view member) {
  double score;
  object != nullptr && object->Score(member, &score) ? reply.Double(score) : reply.Null();
}

void ZScore(Context& ctx) {
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  ReplyScore(ctx.reply, object, ctx.args[2]);
}

void ZMScore(Context& ctx) {
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  ctx.reply.Array(ctx.args.size() - 2);
  for (std::string_view member : ctx.args.subspan(2)) ReplyScore(ctx.reply, object, member);
}

void Rank(Context& ctx, bool reverse) {
  if (ctx.args.size() > 4) return ctx.WrongArity();
  const bool with_score = ctx.args.size() == 4;
  if (with_score && !ctx.Is(3, "WITHSCORE")) return ctx.SyntaxError();
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  double score;
  const std::optional<size_t> rank = object == nullptr ? std::nullopt : object->Rank(ctx.args[2], &score);
  if (!rank) return with_score ? ctx.reply.NullArray() : ctx.reply.Null();
  if (with_score) ctx.reply.Array(2);
  ctx.reply.Integer(static_cast<int64_t>(reverse ? object->size() - 1 - *rank : *rank));
  if (with_score) ctx.reply.Double(score);
}

void ZRank(Context& ctx) { Rank(ctx, false); }
void ZRevRank(Context& ctx) { Rank(ctx, true); }

// --- Random members and scans -----------------------------------------------------------------------------------------------------

void ReplySample(Context& ctx, const SortedSetObject& object, size_t count, bool with_scores) {
  ReplyMembersHeader(ctx.reply, std::min(count, object.size()), with_scores);
  auto reply_member = [&](std::string_view member, double score) {
    ReplyMember(ctx.reply, member, score, with_scores);
  };
  if (!object.is_packed() && IsSparseSample(count, object.size())) {
    return object.VisitSample(count, ctx.random(), reply_member);
  }
  SampleOf sample(count, object.size(), ctx.random());
  object.ForEach([&](std::string_view member, double score) {
    if (sample.TakesNext()) reply_member(member, score);
  });
}

void ZRandMember(Context& ctx) {
  const bool with_count = ctx.args.size() > 2;
  const bool with_scores = ctx.args.size() == 4;
  int64_t count = 1;
  if (with_count) {
    if (!ctx.IntegerArg(2, &count, -INT64_MAX, INT64_MAX)) return;
    if (ctx.args.size() > 4 || (with_scores && !ctx.Is(3, "WITHSCORES"))) return ctx.SyntaxError();
    if (with_scores && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
      return ctx.Error("ERR value is out of range");
    }
  }
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  if (!with_count) {
    if (object == nullptr) return ctx.reply.Null();
    return object->VisitRandom(ctx.random(), [&ctx](std::string_view member, double) { ctx.reply.Bulk(member); });
  }
  if (object == nullptr || count == 0) return ctx.reply.EmptyArray();
  if (count > 0) return ReplySample(ctx, *object, static_cast<size_t>(count), with_scores);
  // A negative count: so many, and one may come again.
  ReplyMembersHeader(ctx.reply, static_cast<size_t>(-count), with_scores);
  for (; count < 0 && !ctx.ReplyIsHopeless(); ++count) {
    object->VisitRandom(ctx.random(), [&](std::string_view member, double score) {
      ReplyMember(ctx.reply, member, score, with_scores);
    });
  }
}

void ZScan(Context& ctx) {
  uint64_t cursor;
  if (!ParseScanCursor(ctx, 2, &cursor)) return;
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  if (object == nullptr) return ReplyEmptyScan(ctx.reply);
  ScanOptions options;
  if (!ParseScanOptions(ctx, 3, false, &options)) return;
  Buffer found;
  ReplyWriter writer(found);  // scores are bulks, whatever the protocol
  size_t count = 0;
  if (object->is_packed()) {
    cursor = 0;
    object->ForEach([&](std::string_view member, double score) {
      if (!options.Matches(member)) return;
      ReplyMember(writer, member, score, true);
      ++count;
    });
  } else {
    cursor = ScanTable(*object, cursor, options.count, [&](const SortedSetMember* member) {
      if (!options.Matches(member->view())) return;
      writer.Bulk(member->view());
      // Redis prints all digits here and here only.
      char text[kMaxDoubleChars];
      const int length = std::snprintf(text, sizeof(text), "%.17g", member->score);
      writer.Bulk({text, static_cast<size_t>(length)});
      ++count;
    });
  }
  ctx.reply.Array(2);
  char digits[kMaxUint64Chars];
  ctx.reply.Bulk({digits, FormatUint64(cursor, digits)});
  ctx.reply.Array(2 * count);
  ctx.reply.Raw(found.view());
}

// --- Warm-ups ---------------------------------------------------------------------------------------------------------------------

using MemberUse = SortedSetObject::MemberUse;

bool WarmUp(const Object& value, std::string_view member, MemberUse use, double score, Warmup* warmup) {
  if (value.type() != ObjectType::kSortedSet) return false;
  return static_cast<const SortedSetObject&>(value).WarmUpMember(member, use, score, warmup);
}

// Of the first pair; of options nothing is known.
bool WarmUpAdd(const Object& value, Arguments args, Warmup* warmup) {
  double score;
  return ParseDouble(args[2], &score) && WarmUp(value, args[3], MemberUse::kSet, score, warmup);
}
bool WarmUpIncrement(const Object& value, Arguments args, Warmup* warmup) {
  double score;
  return ParseDouble(args[2], &score) && WarmUp(value, args[3], MemberUse::kIncrement, score, warmup);
}
bool WarmUpScore(const Object& value, Arguments args, Warmup* warmup) {
  return WarmUp(value, args[2], MemberUse::kScore, 0, warmup);
}
bool WarmUpPlace(const Object& value, Arguments args, Warmup* warmup) {
  return WarmUp(value, args[2], MemberUse::kPlace, 0, warmup);
}

}  // namespace

void StoreSortedSet(Context& ctx, std::string_view key, std::unique_ptr<SortedSetObject> result,
                    std::string_view event) {
  if (result != nullptr) {
    const size_t size = result->size();
    (void)ctx.Write(key, lookup::kNoTouch | lookup::kWholeValue);  // one that has expired goes first, and that is told
    ctx.Put(key, std::move(result));
    ctx.Changed(key);
    ctx.reply.Integer(static_cast<int64_t>(size));
    return ctx.Notify(event::kSortedSet, event, key);
  }
  ctx.reply.Integer(0);
  if (!ctx.Delete(key, ctx.settings().lazyfree_lazy_server_del)) return;
  ctx.Changed(key);
  ctx.Notify(event::kGeneric, "del", key);
}

void RegisterSortedSetCommands(CommandTable& table) {
  table.Bind("zadd", ZAdd);
  table.Bind("zincrby", ZIncrBy);
  table.Bind("zrem", ZRem);
  table.Bind("zcard", ZCard);
  table.Bind("zscore", ZScore);
  table.Bind("zmscore", ZMScore);
  table.Bind("zrank", ZRank);
  table.Bind("zrevrank", ZRevRank);
  table.Bind("zrandmember", ZRandMember);
  table.Bind("zscan", ZScan);
  table.BindWarmup("zadd", WarmUpAdd);
  table.BindWarmup("zincrby", WarmUpIncrement);
  table.BindWarmup("zrem", WarmUpPlace);
  table.BindWarmup("zscore", WarmUpScore);
  table.BindWarmup("zrank", WarmUpPlace);
  table.BindWarmup("zrevrank", WarmUpPlace);
  RegisterSortedSetRangeCommands(table);
  RegisterSortedSetPopCommands(table);
  RegisterSortedSetCombineCommands(table);
}

}  // namespace kvorum
