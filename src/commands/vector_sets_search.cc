// What VSIM is told, and what it replies.
#include "base/numbers.h"
#include "commands/table.h"
#include "commands/vector_arguments.h"
#include "commands/vector_sets.h"

namespace kvorum {
namespace {

// Of a filter that is no filter, this much is shown.
constexpr size_t kShownFilterBytes = 64;

bool ParseFilter(Context& ctx, std::string_view text, VsimRequest* request) {
  request->filter = std::make_unique<AttributeFilter>();
  size_t error_at = 0;
  if (request->filter->Compile(text, &error_at)) return true;
  if (text.size() > kMaxFilterBytes) {
    ctx.Error("ERR the FILTER expression is longer than " + std::to_string(kMaxFilterBytes) + " bytes");
  } else {
    ctx.Error("ERR syntax error in FILTER expression near: " + std::string(text.substr(error_at, kShownFilterBytes)));
  }
  return false;
}

bool ParseVsimOptions(Context& ctx, size_t at, VsimRequest* request) {
  const auto number = [&](int64_t least, int64_t most, std::string_view error, size_t* value) {
    int64_t given;
    if (!ctx.IntegerArg(++at, &given, least, most, error)) return false;
    *value = static_cast<size_t>(given);
    return true;
  };
  size_t filter_width;
  for (; at < ctx.args.size(); ++at) {
    const bool has_value = at + 1 < ctx.args.size();
    if (ctx.Is(at, "WITHSCORES")) {
      request->with_scores = true;
    } else if (ctx.Is(at, "WITHATTRIBS")) {
      request->with_attributes = true;
    } else if (ctx.Is(at, "TRUTH")) {
      request->query.exact = true;
    } else if (ctx.Is(at, "NOTHREAD")) {
      request->on_this_thread = true;
    } else if (ctx.Is(at, "COUNT") && has_value) {
      if (!number(1, INT64_MAX, "ERR invalid COUNT", &request->query.count)) return false;
    } else if (ctx.Is(at, "EF") && has_value) {
      if (!number(1, kMaxVectorSetWidth, "ERR invalid EF", &request->query.width)) return false;
    } else if (ctx.Is(at, "FILTER-EF") && has_value) {
      // How far a search may go is not up to a number here: it goes on until it has found COUNT, or looked at all.
      if (!number(0, INT64_MAX, "ERR invalid FILTER-EF", &filter_width)) return false;
    } else if (ctx.Is(at, "EPSILON") && has_value) {
      double epsilon;
      if (!ParseDouble(ctx.args[++at], &epsilon) || !(epsilon > 0)) return ctx.Error("ERR invalid EPSILON"), false;
      request->query.max_distance = static_cast<float>(2 * epsilon);
    } else if (ctx.Is(at, "FILTER") && has_value) {
      if (!ParseFilter(ctx, ctx.args[++at], request)) return false;
    } else {
      ctx.Error("ERR syntax error in VSIM command");
      return false;
    }
  }
  return true;
}

// What is looked for, from args[2] on; *at is the word behind.
bool ParseVsimVector(Context& ctx, const VectorSet& set, size_t* at, VsimRequest* request) {
  if (ctx.Is(2, "ELE")) {
    const VectorElement* element = set.Find(ctx.args[3]);
    if (element == nullptr) return ctx.Error("ERR element not found in set"), false;
    set.Decode(*element, &request->vector);
    request->query.is_stored = true;
    *at = 4;
    return true;
  }
  *at = 2;
  if (!ParseVector(ctx, at, &request->vector)) return ctx.Error("ERR invalid vector specification"), false;
  const size_t wanted = set.given_dimensions();
  if (request->vector.size() == wanted) return true;
  if (set.reduces()) {
    ctx.Error("ERR Input dimension mismatch for projection - got " + std::to_string(request->vector.size()) +
              " but projection expects " + std::to_string(wanted));
  } else {
    ctx.Error("ERR Vector dimension mismatch - got " + std::to_string(request->vector.size()) + " but set has " +
              std::to_string(wanted));
  }
  return false;
}

}  // namespace

bool ParseVsim(Context& ctx, VectorSetObject** object, VsimRequest* request) {
  if (!ctx.ReadAs(ctx.args[1], object)) return false;
  // In Redis's order: nothing is wrong with a search in a key that is not there.
  if (*object == nullptr) return ctx.reply.EmptyArray(), false;
  size_t at;
  return ParseVsimVector(ctx, (*object)->set(), &at, request) && ParseVsimOptions(ctx, at, request);
}

void ReplyVsim(ReplyWriter& reply, const VsimRequest& request, const std::vector<VectorSet::Match>& matches) {
  const bool scores = request.with_scores;
  const bool attributes = request.with_attributes;
  if (!scores && !attributes) {
    reply.Array(matches.size());
  } else if (reply.resp() == 3) {
    reply.Map(matches.size());
  } else {
    reply.Array(matches.size() * (scores && attributes ? 3 : 2));
  }
  for (const VectorSet::Match& match : matches) {
    reply.Bulk(match.name);
    if (scores && attributes && reply.resp() == 3) reply.Array(2);
    if (scores) reply.Double(static_cast<double>(match.score));
    if (!attributes) continue;
    match.attributes.empty() ? reply.Null() : reply.Bulk(match.attributes);
  }
}

}  // namespace kvorum
