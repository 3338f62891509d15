// RequestParser: requests as Redis clients send them, RESP arrays of bulks ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") and inline
// commands ("GET k\r\n", with redis-cli's quoting).
//
// It is given the bytes that have arrived and not yet been consumed, always starting at a request's first byte, and says
// whether a whole request is there. Arguments are views into those bytes (or, for quoted inline arguments, into the parser), valid
// until the bytes move or the next call. Of an unfinished request it remembers how far it got, so that a request that arrives byte
// by byte costs O(bytes) in all; when the bytes moved, the next call may be given them at another address.
//
// Threads: one. Limits are Redis's and come with each call, as they are smaller before authentication.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

struct RequestLimits {
  int64_t bulk_bytes = 512 << 20;  // proto-max-bulk-len
  int64_t bulks = INT32_MAX;
  size_t inline_bytes = 64 << 10;
  bool authenticated = true;  // false: the two numbers are those for strangers, and errors say so
};

// Before authentication.
inline constexpr int64_t kStrangerBulks = 10;
inline constexpr int64_t kStrangerBulkBytes = 16384;

enum class ParseStatus {
  kComplete,    // a request; its arguments may be none (an empty line or array), then it is to be ignored
  kIncomplete,  // more bytes are needed
  kError,       // the stream is beyond repair: send error(), close
};

class RequestParser {
 public:
  // On kComplete the request's arguments have been appended to `args`, and `*consumed` says how many bytes it took; else `args` is as
  // it was.
  ParseStatus Parse(std::string_view bytes, const RequestLimits& limits, std::vector<std::string_view>& args,
                    size_t* consumed);

  // Whether the last complete request was an inline one: its arguments live until the next call only.
  bool was_inline() const { return was_inline_; }
  // After kError, the text after "-ERR Protocol error: ".
  const std::string& error() const { return error_; }
  // Of the unfinished request: bytes that are still needed for the argument being read (0 if unknown), for sizing buffers.
  size_t missing_bytes() const { return missing_bytes_; }
  // Of the unfinished request: its first bytes that need not be looked at again (headers and whole arguments).
  size_t parsed_bytes() const { return in_multibulk_ ? position_ : 0; }
  // Forgets an unfinished request.
  void Reset();

 private:
  struct Bulk {
    size_t offset;
    size_t size;
  };
  bool ParseWhole(std::string_view bytes, const RequestLimits& limits, std::vector<std::string_view>& args,
                  size_t* consumed);
  ParseStatus ParseMultibulk(std::string_view bytes, const RequestLimits& limits, std::vector<std::string_view>& args,
                             size_t* consumed);
  ParseStatus ParseInline(std::string_view bytes, const RequestLimits& limits, std::vector<std::string_view>& args,
                          size_t* consumed);
  ParseStatus Fail(std::string text);

  // Of an unfinished multibulk.
  bool was_inline_ = false;
  bool in_multibulk_ = false;
  int64_t bulks_left_ = 0;
  int64_t bulk_bytes_ = -1;  // of the bulk whose header was read
  size_t position_ = 0;
  size_t missing_bytes_ = 0;
  std::vector<Bulk> bulks_;
  std::vector<std::string> quoted_;  // inline arguments with quotes resolved
  std::string error_;
};

// Splits a line into arguments with redis-cli's quoting: "..." with \n \r \t \b \a \xHH \" \\, '...' with \'. False if the
// quotes are unbalanced. Also used for configuration files.
[[nodiscard]] bool SplitArguments(std::string_view line, std::vector<std::string>* args);

}  // namespace kvorum
