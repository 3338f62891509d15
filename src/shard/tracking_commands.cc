// CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO.
#include "shard/shard.h"
#include "shard/tracking.h"

namespace kvorum {
namespace {

struct TrackingOptions {
  TrackingState state;
  std::vector<std::string_view> prefixes;  // as given, twice the same too
};

bool ParseOptions(Context& ctx, TrackingOptions* options) {
  TrackingState& state = options->state;
  for (size_t i = 3; i < ctx.args.size(); ++i) {
    const bool more = i + 1 < ctx.args.size();
    if (ctx.Is(i, "REDIRECT") && more) {
      ++i;
      if (state.redirect != 0) {
        ctx.Error("ERR A client can only redirect to a single other client");
        return false;
      }
      if (!ctx.IntegerArg(i, &state.redirect)) return false;
      if (ShardOf(ctx).FindSession(state.redirect) == nullptr) {
        ctx.Error("ERR The client ID you want redirect to does not exist");
        return false;
      }
    } else if (ctx.Is(i, "BCAST")) {
      state.broadcast = true;
    } else if (ctx.Is(i, "OPTIN")) {
      state.opt_in = true;
    } else if (ctx.Is(i, "OPTOUT")) {
      state.opt_out = true;
    } else if (ctx.Is(i, "NOLOOP")) {
      state.no_loop = true;
    } else if (ctx.Is(i, "PREFIX") && more) {
      options->prefixes.push_back(ctx.args[++i]);
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  return true;
}

bool Overlap(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

std::string OverlapError(std::string_view prefix, std::string_view kind, std::string_view other) {
  return "ERR Prefix '" + std::string(prefix) + "' overlaps with " + std::string(kind) + " prefix '" +
         std::string(other) + "'. Prefixes for a single client must not overlap.";
}

bool CheckPrefixes(Context& ctx, const std::vector<std::string_view>& prefixes) {
  for (size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& had : ctx.session.tracking.prefixes) {
      if (!Overlap(prefixes[i], had)) continue;
      ctx.Error(OverlapError(prefixes[i], "an existing", had));
      return false;
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (!Overlap(prefixes[i], prefixes[j])) continue;
      ctx.Error(OverlapError(prefixes[i], "another provided", prefixes[j]));
      return false;
    }
  }
  return true;
}

// Whether the options go together, and with what is on.
bool CheckOptions(Context& ctx, const TrackingOptions& options) {
  const TrackingState& wanted = options.state;
  const TrackingState& had = ctx.session.tracking;
  std::string_view error;
  if (!wanted.broadcast && !options.prefixes.empty()) {
    error = "ERR PREFIX option requires BCAST mode to be enabled";
  } else if (had.on && had.broadcast != wanted.broadcast) {
    error =
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
        "with a different mode.";
  } else if (wanted.broadcast && (wanted.opt_in || wanted.opt_out)) {
    error = "ERR OPTIN and OPTOUT are not compatible with BCAST";
  } else if (wanted.opt_in && wanted.opt_out) {
    error = "ERR You can't specify both OPTIN mode and OPTOUT mode";
  } else if ((wanted.opt_in && had.opt_out) || (wanted.opt_out && had.opt_in)) {
    error =
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
        "with a different mode.";
  }
  if (!error.empty()) {
    ctx.Error(error);
    return false;
  }
  return !wanted.broadcast || CheckPrefixes(ctx, options.prefixes);
}

void SetTracking(Context& ctx) {
  TrackingOptions options;
  if (!ParseOptions(ctx, &options)) return;
  if (ctx.Is(2, "ON")) {
    if (!CheckOptions(ctx, options)) return;
    options.state.prefixes.insert(options.prefixes.begin(), options.prefixes.end());
    ShardOf(ctx).tracking().Enable(ctx.session, options.state);
  } else if (ctx.Is(2, "OFF")) {
    ShardOf(ctx).tracking().Disable(ctx.session);
  } else {
    return ctx.SyntaxError();
  }
  ctx.reply.Ok();
}

void Caching(Context& ctx) {
  TrackingState& state = ctx.session.tracking;
  if (!state.on) {
    return ctx.Error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
  }
  if (ctx.Is(2, "YES")) {
    if (!state.opt_in) {
      return ctx.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    }
  } else if (ctx.Is(2, "NO")) {
    if (!state.opt_out) {
      return ctx.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    }
  } else {
    return ctx.SyntaxError();
  }
  state.caching = true;
  ctx.reply.Ok();
}

void GetRedirection(Context& ctx) { ctx.reply.Integer(ctx.session.tracking.on ? ctx.session.tracking.redirect : -1); }

void TrackingInfo(Context& ctx) {
  const TrackingState& state = ctx.session.tracking;
  std::vector<std::string_view> flags = {state.on ? "on" : "off"};
  if (state.broadcast) flags.push_back("bcast");
  if (state.opt_in) {
    flags.push_back("optin");
    if (state.caching) flags.push_back("caching-yes");
  }
  if (state.opt_out) {
    flags.push_back("optout");
    if (state.caching) flags.push_back("caching-no");
  }
  if (state.no_loop) flags.push_back("noloop");
  if (state.broken_redirect) flags.push_back("broken_redirect");
  ReplyWriter& reply = ctx.reply;
  reply.Map(3);
  reply.Bulk("flags");
  reply.Set(flags.size());
  for (std::string_view flag : flags) reply.Bulk(flag);
  reply.Bulk("redirect");
  reply.Integer(state.on ? state.redirect : -1);
  reply.Bulk("prefixes");
  reply.Array(state.prefixes.size());
  for (const std::string& prefix : state.prefixes) reply.Bulk(prefix);
}

}  // namespace

void RegisterTrackingCommands(CommandTable& table) {
  table.Bind("client|tracking", SetTracking);
  table.Bind("client|caching", Caching);
  table.Bind("client|getredir", GetRedirection);
  table.Bind("client|trackinginfo", TrackingInfo);
}

}  // namespace kvorum
