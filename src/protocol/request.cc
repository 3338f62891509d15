#include "protocol/request.h"

#include <algorithm>
#include <cstring>

#include "base/numbers.h"

namespace kvorum {
namespace {

// Places for arguments that are kept between requests; what a huge request took is given back.
constexpr size_t kKeptBulks = 1024;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads a "..." or '...' argument from after its opening quote. Returns the position after the closing one, or npos.
size_t ReadQuoted(std::string_view line, size_t i, char quote, std::string* arg) {
  for (; i < line.size(); ++i) {
    const char c = line[i];
    if (c == quote) {
      // A closing quote ends the argument: only space may follow.
      if (i + 1 < line.size() && !IsSpace(line[i + 1])) return std::string_view::npos;
      return i + 1;
    }
    if (c != '\\' || i + 1 >= line.size()) {
      arg->push_back(c);
      continue;
    }
    const char next = line[i + 1];
    if (quote == '\'') {
      if (next == '\'') ++i;
      arg->push_back(next == '\'' ? '\'' : '\\');
      continue;
    }
    if (next == 'x' && i + 3 < line.size() && HexDigit(line[i + 2]) >= 0 && HexDigit(line[i + 3]) >= 0) {
      arg->push_back(static_cast<char>(HexDigit(line[i + 2]) * 16 + HexDigit(line[i + 3])));
      i += 3;
      continue;
    }
    arg->push_back(Escaped(next));
    ++i;
  }
  return std::string_view::npos;
}

// The digits of a header from `*position` up to "\r\n": small ones, the usual case, without a search. Leaves `*position` after the
// line.
enum class HeaderStatus { kOk, kIncomplete, kInvalid };
HeaderStatus ReadHeader(std::string_view bytes, size_t* position, int64_t* value) {
  const char* begin = bytes.data() + *position;
  const char* end = bytes.data() + bytes.size();
  int64_t number = 0;
  const char* p = begin;
  while (p < end && p - begin < 9 && *p >= '0' && *p <= '9') number = number * 10 + (*p++ - '0');
  if (end - p >= 2 && p > begin && p[0] == '\r' && (p - begin == 1 || *begin != '0')) {
    *value = number;
    *position += static_cast<size_t>(p - begin) + 2;
    return HeaderStatus::kOk;
  }
  const char* line_end = static_cast<const char*>(std::memchr(begin, '\r', static_cast<size_t>(end - begin)));
  if (line_end == nullptr || end - line_end < 2) return HeaderStatus::kIncomplete;
  const std::string_view digits(begin, static_cast<size_t>(line_end - begin));
  *position += digits.size() + 2;
  return ParseInt64(digits, value) ? HeaderStatus::kOk : HeaderStatus::kInvalid;
}

// The number of a header of the usual form, one to nine digits without a leading zero, from `p` on. Returns the position after its
// line, or nullptr if the header has another form or is not all there.
const char* ReadSmallNumber(const char* p, const char* end, uint32_t* value) {
  constexpr int kMostDigits = 9;
  if (end - p < 3) return nullptr;
  uint32_t number = static_cast<uint8_t>(*p++) - uint32_t{'0'};
  if (number > 9 || (number == 0 && *p != '\r')) return nullptr;
  for (int digits = 1; *p != '\r'; ++digits) {
    const uint32_t digit = static_cast<uint8_t>(*p++) - uint32_t{'0'};
    if (digit > 9 || digits == kMostDigits || end - p < 2) return nullptr;
    number = number * 10 + digit;
  }
  *value = number;
  return p + 2;
}

}  // namespace

bool SplitArguments(std::string_view line, std::vector<std::string>* args) {
  args->clear();
  size_t i = 0;
  while (true) {
    while (i < line.size() && IsSpace(line[i])) ++i;
    if (i >= line.size()) return true;
    std::string& arg = args->emplace_back();
    while (i < line.size() && !IsSpace(line[i])) {
      const char c = line[i++];
      if (c != '"' && c != '\'') {
        arg.push_back(c);
        continue;
      }
      i = ReadQuoted(line, i, c, &arg);
      if (i == std::string_view::npos) return false;
      break;
    }
  }
}

void RequestParser::Reset() {
  in_multibulk_ = false;
  bulks_left_ = 0;
  bulk_bytes_ = -1;
  position_ = 0;
  missing_bytes_ = 0;
  bulks_.clear();
  if (bulks_.capacity() > kKeptBulks) bulks_ = std::vector<Bulk>();
}

ParseStatus RequestParser::Fail(std::string text) {
  error_ = std::move(text);
  Reset();
  return ParseStatus::kError;
}

ParseStatus RequestParser::Parse(std::string_view bytes, const RequestLimits& limits,
                                 std::vector<std::string_view>& args, size_t* consumed) {
  missing_bytes_ = 0;
  if (bytes.empty()) return ParseStatus::kIncomplete;
  was_inline_ = bytes[0] != '*';
  if (was_inline_) return ParseInline(bytes, limits, args, consumed);
  if (!in_multibulk_ && ParseWhole(bytes, limits, args, consumed)) return ParseStatus::kComplete;
  return ParseMultibulk(bytes, limits, args, consumed);
}

// The usual case, a request that is all there and has nothing unusual, in one pass. False: ParseMultibulk is to find out what is
// missing or wrong.
bool RequestParser::ParseWhole(std::string_view bytes, const RequestLimits& limits, std::vector<std::string_view>& args,
                               size_t* consumed) {
  const char* const end = bytes.data() + bytes.size();
  uint32_t count = 0;
  const char* p = ReadSmallNumber(bytes.data() + 1, end, &count);
  if (p == nullptr || count == 0 || count > limits.bulks) return false;
  const size_t args_before = args.size();
  for (; count > 0; --count) {
    uint32_t size = 0;
    if (p == end || *p != '$') break;
    p = ReadSmallNumber(p + 1, end, &size);
    if (p == nullptr || size > limits.bulk_bytes || static_cast<size_t>(end - p) < size + size_t{2}) break;
    args.emplace_back(p, size);
    p += size + 2;
  }
  if (count > 0) {
    args.resize(args_before);
    return false;
  }
  *consumed = static_cast<size_t>(p - bytes.data());
  return true;
}

ParseStatus RequestParser::ParseMultibulk(std::string_view bytes, const RequestLimits& limits,
                                          std::vector<std::string_view>& args, size_t* consumed) {
  if (!in_multibulk_) {
    position_ = 1;
    int64_t count = 0;
    const HeaderStatus status = ReadHeader(bytes, &position_, &count);
    if (status == HeaderStatus::kIncomplete) {
      if (bytes.size() > limits.inline_bytes) return Fail("too big mbulk count string");
      position_ = 0;  // nothing is remembered: ParseWhole may read it from its first byte
      return ParseStatus::kIncomplete;
    }
    if (status == HeaderStatus::kInvalid || count > INT32_MAX) return Fail("invalid multibulk length");
    if (count > limits.bulks && !limits.authenticated) return Fail("unauthenticated multibulk length");
    if (count <= 0) {
      *consumed = position_;
      Reset();
      return ParseStatus::kComplete;
    }
    in_multibulk_ = true;
    bulks_left_ = count;
    bulk_bytes_ = -1;
    bulks_.clear();
  }
  while (bulks_left_ > 0) {
    if (bulk_bytes_ < 0) {
      if (position_ >= bytes.size()) return ParseStatus::kIncomplete;
      size_t next = position_ + 1;
      int64_t size = 0;
      const bool is_bulk = bytes[position_] == '$';
      const HeaderStatus status = ReadHeader(bytes, &next, &size);
      if (status == HeaderStatus::kIncomplete) {
        if (bytes.size() - position_ > limits.inline_bytes) return Fail("too big bulk count string");
        return ParseStatus::kIncomplete;
      }
      if (!is_bulk) return Fail(std::string("expected '$', got '") + bytes[position_] + "'");
      if (status == HeaderStatus::kInvalid || size < 0 || (limits.authenticated && size > limits.bulk_bytes)) {
        return Fail("invalid bulk length");
      }
      if (size > limits.bulk_bytes) return Fail("unauthenticated bulk length");
      position_ = next;
      bulk_bytes_ = size;
    }
    const size_t size = static_cast<size_t>(bulk_bytes_);
    if (bytes.size() - position_ < size + 2) {
      missing_bytes_ = size + 2 - (bytes.size() - position_);
      return ParseStatus::kIncomplete;
    }
    bulks_.push_back({position_, size});
    position_ += size + 2;
    bulk_bytes_ = -1;
    --bulks_left_;
  }
  args.reserve(args.size() + bulks_.size());
  for (const Bulk& bulk : bulks_) args.emplace_back(bytes.data() + bulk.offset, bulk.size);
  *consumed = position_;
  Reset();
  return ParseStatus::kComplete;
}

ParseStatus RequestParser::ParseInline(std::string_view bytes, const RequestLimits& limits,
                                       std::vector<std::string_view>& args, size_t* consumed) {
  // `position_` remembers how far there was no line break.
  const void* found =
      position_ < bytes.size() ? std::memchr(bytes.data() + position_, '\n', bytes.size() - position_) : nullptr;
  if (found == nullptr) {
    if (bytes.size() > limits.inline_bytes) return Fail("too big inline request");
    position_ = bytes.size();
    return ParseStatus::kIncomplete;
  }
  size_t length = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
  *consumed = length + 1;
  position_ = 0;
  if (length > 0 && bytes[length - 1] == '\r') --length;
  if (!SplitArguments(bytes.substr(0, length), &quoted_)) return Fail("unbalanced quotes in request");
  for (const std::string& arg : quoted_) args.emplace_back(arg);
  return ParseStatus::kComplete;
}

}  // namespace kvorum
