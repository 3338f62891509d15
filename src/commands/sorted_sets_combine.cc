// Unions, intersections and differences of sorted sets, and of sets, whose members count with score 1.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "commands/sorted_sets.h"
#include "keyspace/set_object.h"

namespace kvorum {
namespace {

enum class Operation : uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : uint8_t { kSum, kMin, kMax };

// One input: a sorted set, a set, or nothing (a missing key).
struct Source {
  const SortedSetObject* sorted = nullptr;
  const SetObject* set = nullptr;
  double weight = 1;

  size_t size() const { return sorted != nullptr ? sorted->size() : set != nullptr ? set->size() : 0; }

  bool Score(std::string_view member, double* score) const {
    if (sorted != nullptr) return sorted->Score(member, score);
    *score = 1;
    return set != nullptr && set->Contains(member);
  }

  // visit(member, score) until it returns false.
  template <typename Visit>
  void ForEachWhile(Visit visit) const {
    if (sorted != nullptr) {
      bool going = true;
      sorted->ForEach([&](std::string_view member, double score) { going = going && visit(member, score); });
    } else if (set != nullptr) {
      char digits[kMaxInt64Chars];
      set->ForEachWhile([&](const PackedValue& member) { return visit(member.View(digits), 1.0); });
    }
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    ForEachWhile([&visit](std::string_view member, double score) {
      visit(member, score);
      return true;
    });
  }
};

// As Redis adds infinities: the sum of both is 0.
double ZeroIfNotANumber(double score) { return std::isnan(score) ? 0 : score; }

double Aggregated(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kSum:
      return ZeroIfNotANumber(a + b);
    case Aggregate::kMin:
      return b < a ? b : a;
    case Aggregate::kMax:
      return b > a ? b : a;
  }
  return 0;
}

struct Combination {
  Operation operation;
  std::vector<Source> sources = {};
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  int64_t limit = 0;  // of ZINTERCARD; 0: none

  // What a command of this kind takes.
  struct Form {
    size_t numkeys;  // where it stands
    bool stores = false;
    bool counts = false;
  };
  // Looks the keys up and reads the options. Replies the error.
  [[nodiscard]] bool Parse(Context& ctx, const Form& form);

  // Calls visit(member, score) for each member that is in all, until it returns false.
  template <typename Visit>
  void Intersect(Visit visit) const;
  std::unique_ptr<SortedSetObject> Run(SortedSetObject::Limits limits) const;

 private:
  [[nodiscard]] bool ParseSources(Context& ctx, size_t numkeys);
  [[nodiscard]] bool ParseWeights(Context& ctx, size_t first);
  [[nodiscard]] bool ParseAggregate(Context& ctx, size_t index);
  // Small ones first: an intersection is no larger than its smallest. The order decides how floats add up, so it is Redis's.
  std::vector<Source> BySize() const;
  void Unite(SortedSetBuilder& builder) const;
  void Subtract(SortedSetBuilder& builder) const;
};

bool Combination::ParseSources(Context& ctx, size_t numkeys) {
  int64_t count;
  if (!ctx.IntegerArg(numkeys, &count)) return false;
  if (count < 1) {
    ctx.Error("ERR at least 1 input key is needed for '" + std::string(ctx.command.name()) + "' command");
    return false;
  }
  if (static_cast<uint64_t>(count) > ctx.args.size() - numkeys - 1) {
    ctx.SyntaxError();
    return false;
  }
  for (std::string_view key : ctx.args.subspan(numkeys + 1, static_cast<size_t>(count))) {
    Source source;
    if (const Entry* entry = ctx.Read(key)) {
      if (entry->type() == ObjectType::kSortedSet) {
        source.sorted = static_cast<const SortedSetObject*>(entry->object());
      } else if (entry->type() == ObjectType::kSet) {
        source.set = static_cast<const SetObject*>(entry->object());
      } else {
        ctx.WrongType();
        return false;
      }
    }
    sources.push_back(source);
  }
  return true;
}

bool Combination::ParseWeights(Context& ctx, size_t first) {
  for (size_t i = 0; i < sources.size(); ++i) {
    if (!ctx.DoubleArg(first + i, &sources[i].weight, "ERR weight value is not a float")) return false;
  }
  return true;
}

bool Combination::ParseAggregate(Context& ctx, size_t index) {
  if (ctx.Is(index, "SUM")) {
    aggregate = Aggregate::kSum;
  } else if (ctx.Is(index, "MIN")) {
    aggregate = Aggregate::kMin;
  } else if (ctx.Is(index, "MAX")) {
    aggregate = Aggregate::kMax;
  } else {
    ctx.SyntaxError();
    return false;
  }
  return true;
}

bool Combination::Parse(Context& ctx, const Form& form) {
  if (!ParseSources(ctx, form.numkeys)) return false;
  const bool weighs = operation != Operation::kDifference && !form.counts;
  for (size_t i = form.numkeys + 1 + sources.size(); i < ctx.args.size();) {
    const size_t left = ctx.args.size() - i;
    if (weighs && left >= sources.size() + 1 && ctx.Is(i, "WEIGHTS")) {
      if (!ParseWeights(ctx, i + 1)) return false;
      i += 1 + sources.size();
    } else if (weighs && left >= 2 && ctx.Is(i, "AGGREGATE")) {
      if (!ParseAggregate(ctx, i + 1)) return false;
      i += 2;
    } else if (!form.stores && !form.counts && ctx.Is(i, "WITHSCORES")) {
      with_scores = true;
      ++i;
    } else if (form.counts && left >= 2 && ctx.Is(i, "LIMIT")) {
      if (!ctx.IntegerArg(i + 1, &limit, 0, INT64_MAX, "ERR LIMIT can't be negative")) return false;
      i += 2;
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

std::vector<Source> Combination::BySize() const {
  std::vector<Source> sorted = sources;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Source& a, const Source& b) { return a.size() < b.size(); });
  return sorted;
}

template <typename Visit>
void Combination::Intersect(Visit visit) const {
  const std::vector<Source> sorted = BySize();
  sorted[0].ForEachWhile([&](std::string_view member, double own) {
    double score = ZeroIfNotANumber(own * sorted[0].weight);
    for (size_t i = 1; i < sorted.size(); ++i) {
      double other;
      if (!sorted[i].Score(member, &other)) return true;
      score = Aggregated(aggregate, score, other * sorted[i].weight);
    }
    return visit(member, score);
  });
}

void Combination::Unite(SortedSetBuilder& builder) const {
  for (const Source& source : BySize()) {
    source.ForEach([&](std::string_view member, double own) {
      const double score = ZeroIfNotANumber(own * source.weight);
      bool added;
      double* slot = builder.Slot(member, score, &added);
      if (!added) *slot = Aggregated(aggregate, *slot, score);
    });
  }
}

void Combination::Subtract(SortedSetBuilder& builder) const {
  const Source& first = sources[0];
  const auto others = std::span(sources).subspan(1);
  // Either each member is looked for in the others, or each of theirs in what is left.
  size_t theirs = 0;
  for (const Source& other : others) theirs += other.size();
  if (theirs < first.size()) {
    first.ForEach([&](std::string_view member, double score) {
      bool added;
      builder.Slot(member, score, &added);
    });
    for (const Source& other : others) {
      other.ForEach([&](std::string_view member, double) { builder.Erase(member); });
    }
    return;
  }
  first.ForEach([&](std::string_view member, double score) {
    double ignored;
    const auto holds = [&](const Source& other) { return other.Score(member, &ignored); };
    if (std::any_of(others.begin(), others.end(), holds)) return;
    bool added;
    builder.Slot(member, score, &added);
  });
}

std::unique_ptr<SortedSetObject> Combination::Run(SortedSetObject::Limits limits) const {
  SortedSetBuilder builder;
  switch (operation) {
    case Operation::kUnion:
      Unite(builder);
      break;
    case Operation::kIntersection:
      Intersect([&builder](std::string_view member, double score) {
        bool added;
        builder.Slot(member, score, &added);
        return true;
      });
      break;
    case Operation::kDifference:
      Subtract(builder);
      break;
  }
  return builder.Finish(limits);
}

void Combine(Context& ctx, Operation operation) {
  Combination combination{.operation = operation};
  if (!combination.Parse(ctx, {.numkeys = 1})) return;
  // Not to be kept: not worth packing.
  const auto result = combination.Run({0, 0});
  if (result == nullptr) return ctx.reply.EmptyArray();
  ReplyMembersHeader(ctx.reply, result->size(), combination.with_scores);
  result->ForEach(
      [&](std::string_view member, double score) { ReplyMember(ctx.reply, member, score, combination.with_scores); });
}

void CombineAndStore(Context& ctx, Operation operation, std::string_view event) {
  Combination combination{.operation = operation};
  if (!combination.Parse(ctx, {.numkeys = 2, .stores = true})) return;
  StoreSortedSet(ctx, ctx.args[1], combination.Run(SortedSetObject::LimitsOf(ctx.settings())), event);
}

void ZUnion(Context& ctx) { Combine(ctx, Operation::kUnion); }
void ZInter(Context& ctx) { Combine(ctx, Operation::kIntersection); }
void ZDiff(Context& ctx) { Combine(ctx, Operation::kDifference); }
void ZUnionStore(Context& ctx) { CombineAndStore(ctx, Operation::kUnion, "zunionstore"); }
void ZInterStore(Context& ctx) { CombineAndStore(ctx, Operation::kIntersection, "zinterstore"); }
void ZDiffStore(Context& ctx) { CombineAndStore(ctx, Operation::kDifference, "zdiffstore"); }

void ZInterCard(Context& ctx) {
  Combination combination{.operation = Operation::kIntersection};
  if (!combination.Parse(ctx, {.numkeys = 1, .counts = true})) return;
  int64_t count = 0;
  combination.Intersect([&](std::string_view, double) { return ++count != combination.limit; });
  ctx.reply.Integer(count);
}

}  // namespace

void RegisterSortedSetCombineCommands(CommandTable& table) {
  table.Bind("zunion", ZUnion);
  table.Bind("zinter", ZInter);
  table.Bind("zdiff", ZDiff);
  table.Bind("zunionstore", ZUnionStore);
  table.Bind("zinterstore", ZInterStore);
  table.Bind("zdiffstore", ZDiffStore);
  table.Bind("zintercard", ZInterCard);
}

}  // namespace kvorum
