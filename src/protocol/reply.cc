#include "protocol/reply.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/numbers.h"

namespace kvorum {
namespace {

constexpr size_t kMaxHeaderBytes = 24;

size_t FormatHeader(char* out, char type, int64_t number) {
  out[0] = type;
  char* end;
  if (number >= 0 && number < 10) {
    out[1] = static_cast<char>('0' + number);
    end = out + 2;
  } else {
    end = std::to_chars(out + 1, out + kMaxHeaderBytes, number).ptr;
  }
  end[0] = '\r';
  end[1] = '\n';
  return static_cast<size_t>(end + 2 - out);
}

}  // namespace

void ReplyWriter::Header(char type, int64_t number) {
  char* place = out_->Prepare(kMaxHeaderBytes + 2);
  out_->Commit(FormatHeader(place, type, number));
}

void ReplyWriter::Status(std::string_view text) {
  char* place = out_->Prepare(text.size() + 3);
  place[0] = '+';
  std::memcpy(place + 1, text.data(), text.size());
  std::memcpy(place + 1 + text.size(), "\r\n", 2);
  out_->Commit(text.size() + 3);
}

void ReplyWriter::Error(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  char* place = out_->Prepare(text.size() + 3);
  place[0] = '-';
  std::replace_copy_if(
      text.begin(), text.end(), place + 1, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  std::memcpy(place + 1 + text.size(), "\r\n", 2);
  out_->Commit(text.size() + 3);
}

void ReplyWriter::Integer(int64_t value) { Header(':', value); }

void ReplyWriter::Bulk(std::string_view bytes) {
  char* place = out_->Prepare(kMaxHeaderBytes + 4 + bytes.size());
  size_t length = FormatHeader(place, '$', static_cast<int64_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(place + length, bytes.data(), bytes.size());
  length += bytes.size();
  std::memcpy(place + length, "\r\n", 2);
  out_->Commit(length + 2);
}

void ReplyWriter::BulkInteger(int64_t value) {
  char digits[kMaxHeaderBytes];
  Bulk({digits, static_cast<size_t>(std::to_chars(digits, digits + sizeof(digits), value).ptr - digits)});
}

void ReplyWriter::Double(double value) {
  char text[kMaxDoubleChars];
  const std::string_view digits(text, FormatDouble(value, text));
  if (resp_ == 2) return Bulk(digits);
  out_->Append(',');
  out_->Append(digits);
  out_->Append("\r\n");
}

void ReplyWriter::Bool(bool value) {
  if (resp_ == 2) return Integer(value ? 1 : 0);
  out_->Append(value ? "#t\r\n" : "#f\r\n");
}

void ReplyWriter::BigNumber(std::string_view digits) {
  if (resp_ == 2) return Bulk(digits);
  out_->Append('(');
  out_->Append(digits);
  out_->Append("\r\n");
}

void ReplyWriter::Verbatim(std::string_view format, std::string_view text) {
  if (resp_ == 2) return Bulk(text);
  Header('=', static_cast<int64_t>(text.size() + 4));
  out_->Append(format.substr(0, 3));
  out_->Append(':');
  out_->Append(text);
  out_->Append("\r\n");
}

void ReplyWriter::Null() { out_->Append(resp_ == 3 ? "_\r\n" : "$-1\r\n"); }
void ReplyWriter::NullArray() { out_->Append(resp_ == 3 ? "_\r\n" : "*-1\r\n"); }
void ReplyWriter::Array(size_t count) { Header('*', static_cast<int64_t>(count)); }

void ReplyWriter::Map(size_t pairs) {
  if (resp_ == 3) return Header('%', static_cast<int64_t>(pairs));
  Header('*', static_cast<int64_t>(2 * pairs));
}

void ReplyWriter::Set(size_t count) { Header(resp_ == 3 ? '~' : '*', static_cast<int64_t>(count)); }
void ReplyWriter::Push(size_t count) { Header(resp_ == 3 ? '>' : '*', static_cast<int64_t>(count)); }

void ReplyWriter::SetDeferred(Deferred place, char type, size_t count) {
  char header[kMaxHeaderBytes + 2];
  out_->Insert(place.offset_, {header, FormatHeader(header, type, static_cast<int64_t>(count))});
}

}  // namespace kvorum
