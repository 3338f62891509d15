// LCS: the longest common subsequence of two strings, by the usual table of (n+1)(m+1) lengths.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/table.h"

namespace kvorum {
namespace {

struct LcsOptions {
  bool length_only = false;
  bool indexes = false;
  bool with_match_length = false;
  int64_t min_match_length = 0;
};

bool ParseOptions(Context& ctx, LcsOptions* options) {
  for (size_t i = 3; i < ctx.args.size(); ++i) {
    if (ctx.Is(i, "IDX")) {
      options->indexes = true;
    } else if (ctx.Is(i, "LEN")) {
      options->length_only = true;
    } else if (ctx.Is(i, "WITHMATCHLEN")) {
      options->with_match_length = true;
    } else if (ctx.Is(i, "MINMATCHLEN") && i + 1 < ctx.args.size()) {
      if (!ctx.IntegerArg(++i, &options->min_match_length)) return false;
      options->min_match_length = std::max<int64_t>(options->min_match_length, 0);
    } else {
      ctx.SyntaxError();
      return false;
    }
  }
  if (options->indexes && options->length_only) {
    ctx.Error("ERR If you want both the length and indexes, please just use IDX.");
    return false;
  }
  return true;
}

// A common run: a[a_first, a_first + length) equals b[b_first, ...).
struct Match {
  size_t a_first;
  size_t b_first;
  size_t length;
};

class Lengths {
 public:
  Lengths(std::string_view a, std::string_view b) : a_(a), b_(b), columns_(b.size() + 1) {
    cells_.resize((a.size() + 1) * columns_);
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        At(i, j) = a[i - 1] == b[j - 1] ? At(i - 1, j - 1) + 1 : std::max(At(i - 1, j), At(i, j - 1));
      }
    }
  }
  uint32_t length() { return At(a_.size(), b_.size()); }

  // Walks back from the end: the subsequence, and its runs from the last to the first. A run ends where one of the strings
  // does not go on in step, as Redis reports them.
  std::string Trace(std::vector<Match>* matches) {
    std::string sequence(length(), '\0');
    size_t left = sequence.size();
    size_t i = a_.size();
    size_t j = b_.size();
    bool open = false;
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        sequence[--left] = a_[i - 1];
        if (open && matches->back().a_first == i && matches->back().b_first == j) {
          matches->back() = {i - 1, j - 1, matches->back().length + 1};
        } else {
          matches->push_back({i - 1, j - 1, 1});
        }
        open = true;
        --i;
        --j;
      } else {
        open = false;
        At(i - 1, j) > At(i, j - 1) ? --i : --j;
      }
    }
    return sequence;
  }

 private:
  uint32_t& At(size_t i, size_t j) { return cells_[i * columns_ + j]; }

  std::string_view a_;
  std::string_view b_;
  size_t columns_;
  std::vector<uint32_t> cells_;
};

void ReplyMatches(Context& ctx, std::vector<Match> matches, const LcsOptions& options, uint32_t length) {
  std::erase_if(matches, [&options](const Match& match) {
    return static_cast<int64_t>(match.length) < options.min_match_length;
  });
  ctx.reply.Map(2);
  ctx.reply.Bulk("matches");
  ctx.reply.Array(matches.size());
  for (const Match& match : matches) {
    ctx.reply.Array(options.with_match_length ? 3 : 2);
    for (size_t first : {match.a_first, match.b_first}) {
      ctx.reply.Array(2);
      ctx.reply.Integer(static_cast<int64_t>(first));
      ctx.reply.Integer(static_cast<int64_t>(first + match.length - 1));
    }
    if (options.with_match_length) ctx.reply.Integer(static_cast<int64_t>(match.length));
  }
  ctx.reply.Bulk("len");
  ctx.reply.Integer(length);
}

void Lcs(Context& ctx) {
  const Entry* entries[2] = {ctx.Read(ctx.args[1]), ctx.Read(ctx.args[2])};
  char digits[2][kIntegerTextBytes];
  std::string_view texts[2];
  for (size_t i = 0; i < 2; ++i) {
    if (entries[i] == nullptr) continue;
    if (!entries[i]->is_string()) return ctx.Error("ERR The specified keys must contain string values");
    texts[i] = entries[i]->Text(digits[i]);
  }
  LcsOptions options;
  if (!ParseOptions(ctx, &options)) return;
  if (texts[0].size() >= UINT32_MAX - 1 || texts[1].size() >= UINT32_MAX - 1) {
    return ctx.Error("ERR String too long for LCS");
  }
  const uint64_t cells = (texts[0].size() + 1) * (texts[1].size() + 1);
  if (cells > static_cast<uint64_t>(ctx.settings().proto_max_bulk_len) / sizeof(uint32_t)) {
    return ctx.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  Lengths lengths(texts[0], texts[1]);
  if (options.length_only) return ctx.reply.Integer(lengths.length());
  std::vector<Match> matches;
  const std::string sequence = lengths.Trace(&matches);
  options.indexes ? ReplyMatches(ctx, std::move(matches), options, lengths.length()) : ctx.reply.Bulk(sequence);
}

}  // namespace

void RegisterLcsCommand(CommandTable& table) { table.Bind("lcs", Lcs); }

}  // namespace kvorum
