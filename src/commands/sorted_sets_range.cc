// Ranges of sorted sets, by rank, by score and by the members' bytes.
//
// Every range is turned into ranks first, which the tree answers in O(log n): so replies know their length beforehand, and counting
// and removing are the same as listing.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/sorted_sets.h"

namespace kvorum {
namespace {

constexpr std::string_view kNotAScore = "ERR min or max is not a float";
constexpr std::string_view kNotALexBound = "ERR min or max not valid string range item";

bool ParseScoreBound(std::string_view text, double* score, bool* exclusive) {
  *exclusive = !text.empty() && text[0] == '(';
  if (*exclusive) text.remove_prefix(1);
  if (ParseDouble(text, score)) return true;
  // Redis asks strtod alone: spaces before it, an empty text, and a number too large are fine, and a zero byte ends it.
  const std::string terminated(text);
  char* end;
  *score = std::strtod(terminated.c_str(), &end);
  return *end == '\0' && !std::isnan(*score);
}

bool ParseLexBound(std::string_view text, LexRange::Bound* bound) {
  if (text.empty()) return false;
  const bool alone = text.size() == 1 || text[1] == '\0';
  switch (text[0]) {
    case '+':
      *bound = {LexRange::Kind::kHighest};
      return alone;
    case '-':
      *bound = {LexRange::Kind::kLowest};
      return alone;
    case '[':
      *bound = {LexRange::Kind::kInclusive, text.substr(1)};
      return true;
    case '(':
      *bound = {LexRange::Kind::kExclusive, text.substr(1)};
      return true;
    default:
      return false;
  }
}

enum class RangeBy : uint8_t { kAny, kRank, kScore, kLex };
enum class Direction : uint8_t { kAny, kForward, kReverse };

// A range as the arguments say it, before there is a set to apply it to.
struct RangeArgs {
  RangeBy by = RangeBy::kRank;
  int64_t first = 0;
  int64_t last = 0;
  ScoreRange scores = {};
  LexRange lex = {};

  // From the two arguments that say it. Replies the error.
  [[nodiscard]] bool Parse(Context& ctx, size_t min, size_t max) {
    switch (by) {
      case RangeBy::kAny:
      case RangeBy::kRank:
        return ctx.IntegerArg(min, &first) && ctx.IntegerArg(max, &last);
      case RangeBy::kScore:
        if (ParseScoreRange(ctx.args[min], ctx.args[max], &scores)) return true;
        ctx.Error(kNotAScore);
        return false;
      case RangeBy::kLex:
        if (ParseLexRange(ctx.args[min], ctx.args[max], &lex)) return true;
        ctx.Error(kNotALexBound);
        return false;
    }
    return false;
  }

  RankRange RanksIn(const SortedSetObject& object, bool reverse) const {
    if (by == RangeBy::kScore) return object.RanksOf(scores);
    if (by == RangeBy::kLex) return object.RanksOf(lex);
    const RankRange ranks = RanksOfIndexes(first, last, object.size());
    return reverse ? RankRange{object.size() - ranks.end, object.size() - ranks.begin} : ranks;
  }
};

// --- ZRANGE and its like --------------------------------------------------------------------------------------------------------

struct RangeOptions {
  RangeArgs range;
  bool reverse = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;

  RankRange Limited(RankRange ranks) const {
    // A negative offset is beyond everything, a negative limit is none.
    const size_t skipped = offset < 0 ? ranks.size() : std::min<size_t>(ranks.size(), static_cast<size_t>(offset));
    const size_t left = ranks.size() - skipped;
    const size_t count = limit < 0 ? left : std::min<size_t>(left, static_cast<size_t>(limit));
    if (reverse) return {ranks.end - skipped - count, ranks.end - skipped};
    return {ranks.begin + skipped, ranks.begin + skipped + count};
  }
};

// From args[first]: min max [options]. `by` and `direction` are fixed by the command's name, or kAny.
bool ParseRangeOptions(Context& ctx, size_t first, bool store, RangeBy by, Direction direction, RangeOptions* options) {
  for (size_t i = first + 2; i < ctx.args.size(); ++i) {
    if (!store && ctx.Is(i, "WITHSCORES")) {
      options->with_scores = true;
    } else if (ctx.Is(i, "LIMIT") && i + 2 < ctx.args.size()) {
      if (!ctx.IntegerArg(i + 1, &options->offset) || !ctx.IntegerArg(i + 2, &options->limit)) return false;
      i += 2;
    } else if (direction == Direction::kAny && ctx.Is(i, "REV")) {
      direction = Direction::kReverse;
    } else if (by == RangeBy::kAny && ctx.Is(i, "BYLEX")) {
      by = RangeBy::kLex;
    } else if (by == RangeBy::kAny && ctx.Is(i, "BYSCORE")) {
      by = RangeBy::kScore;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  options->reverse = direction == Direction::kReverse;
  options->range.by = by == RangeBy::kAny ? RangeBy::kRank : by;
  const bool by_rank = options->range.by == RangeBy::kRank;
  if (options->limit != -1 && by_rank) {
    ctx.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (options->with_scores && options->range.by == RangeBy::kLex) {
    ctx.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  const bool swapped = options->reverse && !by_rank;
  return options->range.Parse(ctx, swapped ? first + 1 : first, swapped ? first : first + 1);
}

void Range(Context& ctx, RangeBy by, Direction direction) {
  RangeOptions options;
  if (!ParseRangeOptions(ctx, 2, false, by, direction, &options)) return;
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  if (object == nullptr) return ctx.reply.EmptyArray();
  const RankRange ranks = options.Limited(options.range.RanksIn(*object, options.reverse));
  ReplyMembersHeader(ctx.reply, ranks.size(), options.with_scores);
  object->VisitRanks(ranks, options.reverse, [&](std::string_view member, double score) {
    ReplyMember(ctx.reply, member, score, options.with_scores);
  });
}

void ZRange(Context& ctx) { Range(ctx, RangeBy::kAny, Direction::kAny); }
void ZRevRange(Context& ctx) { Range(ctx, RangeBy::kRank, Direction::kReverse); }
void ZRangeByScore(Context& ctx) { Range(ctx, RangeBy::kScore, Direction::kForward); }
void ZRevRangeByScore(Context& ctx) { Range(ctx, RangeBy::kScore, Direction::kReverse); }
void ZRangeByLex(Context& ctx) { Range(ctx, RangeBy::kLex, Direction::kForward); }
void ZRevRangeByLex(Context& ctx) { Range(ctx, RangeBy::kLex, Direction::kReverse); }

// Where scores differ, a range by names depends on how the set is built, which a restart may change: the ranks it had are stated instead.
void StateRanks(Context& ctx, std::vector<std::string_view> words, RankRange ranks) {
  if (!ctx.wants_effects()) return;
  const bool is_empty = ranks.size() == 0;
  const std::string first = std::to_string(is_empty ? 1 : ranks.begin);
  const std::string last = std::to_string(is_empty ? 0 : ranks.end - 1);
  words.push_back(first);
  words.push_back(last);
  ctx.Effect(words);
}

void ZRangeStore(Context& ctx) {
  RangeOptions options;
  if (!ParseRangeOptions(ctx, 3, true, RangeBy::kAny, Direction::kAny, &options)) return;
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[2], &object)) return;
  SortedSetBuilder builder;
  RankRange ranks;
  if (object != nullptr) {
    ranks = options.Limited(options.range.RanksIn(*object, options.reverse));
    object->VisitRanks(ranks, false, [&builder](std::string_view member, double score) {
      bool added;
      builder.Slot(member, score, &added);
    });
  }
  // Redis does not know how many there will be unless they are counted by rank, and makes a large set then.
  const SortedSetObject::Limits limits =
      options.range.by == RangeBy::kRank ? SortedSetObject::LimitsOf(ctx.settings()) : SortedSetObject::Limits{0, 0};
  StoreSortedSet(ctx, ctx.args[1], builder.Finish(limits), "zrangestore");
  if (options.range.by == RangeBy::kLex && ctx.changes() > 0) {
    StateRanks(ctx, {"ZRANGESTORE", ctx.args[1], ctx.args[2]}, ranks);
  }
}

// --- Counting and removing --------------------------------------------------------------------------------------------------------

void Count(Context& ctx, RangeBy by) {
  RangeArgs range{.by = by};
  if (!range.Parse(ctx, 2, 3)) return;
  SortedSetObject* object;
  if (!ctx.ReadAs(ctx.args[1], &object)) return;
  ctx.reply.Integer(object == nullptr ? 0 : static_cast<int64_t>(range.RanksIn(*object, false).size()));
}

void ZCount(Context& ctx) { Count(ctx, RangeBy::kScore); }
void ZLexCount(Context& ctx) { Count(ctx, RangeBy::kLex); }

void RemoveRange(Context& ctx, RangeBy by, std::string_view event) {
  RangeArgs range{.by = by};
  if (!range.Parse(ctx, 2, 3)) return;
  const std::string_view key = ctx.args[1];
  SortedSetObject* object;
  if (!ctx.WriteAs(key, &object)) return;
  if (object == nullptr) return ctx.reply.Integer(0);
  const RankRange ranks = range.RanksIn(*object, false);
  if (ranks.size() > 0) {
    object->RemoveRanks(ranks, [](std::string_view, double) {});
    ctx.Notify(event::kSortedSet, event, key);
    ctx.DeleteIfEmpty(key, *object);
    ctx.Changed(key, ranks.size());
    if (by == RangeBy::kLex) StateRanks(ctx, {"ZREMRANGEBYRANK", key}, ranks);
  }
  ctx.reply.Integer(static_cast<int64_t>(ranks.size()));
}

void ZRemRangeByRank(Context& ctx) { RemoveRange(ctx, RangeBy::kRank, "zremrangebyrank"); }
void ZRemRangeByScore(Context& ctx) { RemoveRange(ctx, RangeBy::kScore, "zremrangebyscore"); }
void ZRemRangeByLex(Context& ctx) { RemoveRange(ctx, RangeBy::kLex, "zremrangebylex"); }

// --- Warm-ups ---------------------------------------------------------------------------------------------------------------------

// ZRANGE and ZREVRANGE by rank: the place and the first members.
bool WarmUpRanks(const Object& value, Arguments args, bool reverse, Warmup* warmup) {
  int64_t first, last;
  if (value.type() != ObjectType::kSortedSet || !ParseInt64(args[2], &first) || !ParseInt64(args[3], &last))
    return false;
  const auto& object = static_cast<const SortedSetObject&>(value);
  const RankRange ranks = RanksOfIndexes(first, last, object.size());
  if (!reverse) return object.WarmUpRanks(ranks, false, warmup);
  return object.WarmUpRanks({object.size() - ranks.end, object.size() - ranks.begin}, true, warmup);
}
bool WarmUpForward(const Object& value, Arguments args, Warmup* warmup) {
  return args.size() <= 5 && WarmUpRanks(value, args, false, warmup);
}
bool WarmUpReverse(const Object& value, Arguments args, Warmup* warmup) {
  return WarmUpRanks(value, args, true, warmup);
}

// By score: where the range begins.
bool WarmUpScores(const Object& value, Arguments args, Warmup* warmup) {
  double score;
  bool exclusive;
  if (value.type() != ObjectType::kSortedSet || !ParseScoreBound(args[2], &score, &exclusive)) return false;
  return static_cast<const SortedSetObject&>(value).WarmUpScore(score, warmup);
}

}  // namespace

bool ParseScoreRange(std::string_view min, std::string_view max, ScoreRange* range) {
  return ParseScoreBound(min, &range->min, &range->excludes_min) &&
         ParseScoreBound(max, &range->max, &range->excludes_max);
}

bool ParseLexRange(std::string_view min, std::string_view max, LexRange* range) {
  return ParseLexBound(min, &range->min) && ParseLexBound(max, &range->max);
}

RankRange RanksOfIndexes(int64_t first, int64_t last, size_t size) {
  const auto length = static_cast<int64_t>(size);
  if (first < 0) first = std::max<int64_t>(first + length, 0);
  if (last < 0) last += length;
  last = std::min(last, length - 1);
  if (first > last) return {};
  return {static_cast<size_t>(first), static_cast<size_t>(last) + 1};
}

void RegisterSortedSetRangeCommands(CommandTable& table) {
  table.Bind("zrange", ZRange);
  table.Bind("zrevrange", ZRevRange);
  table.Bind("zrangebyscore", ZRangeByScore);
  table.Bind("zrevrangebyscore", ZRevRangeByScore);
  table.Bind("zrangebylex", ZRangeByLex);
  table.Bind("zrevrangebylex", ZRevRangeByLex);
  table.Bind("zrangestore", ZRangeStore);
  table.Bind("zcount", ZCount);
  table.Bind("zlexcount", ZLexCount);
  table.Bind("zremrangebyrank", ZRemRangeByRank);
  table.Bind("zremrangebyscore", ZRemRangeByScore);
  table.Bind("zremrangebylex", ZRemRangeByLex);
  table.BindWarmup("zrange", WarmUpForward);
  table.BindWarmup("zrevrange", WarmUpReverse);
  table.BindWarmup("zrangebyscore", WarmUpScores);
  table.BindWarmup("zrevrangebyscore", WarmUpScores);
  table.BindWarmup("zcount", WarmUpScores);
}

}  // namespace kvorum
