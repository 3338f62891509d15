#include "client/resp_client.h"

#include <charconv>
#include <utility>

namespace kvorum {
namespace {

using Outcome = BlockingSocket::Outcome;

constexpr int64_t kConnectTimeoutMs = 10000;
// A server may be busy with something large for long.
constexpr int64_t kTimeoutMs = 300000;
// Arrays in arrays: no reply of Redis's has more than a few.
constexpr int kMaxDepth = 32;
// Sent at once.
constexpr size_t kOutBytes = 256 << 10;

}  // namespace

bool RespClient::Fail(std::string text) {
  error_ = std::move(text);
  return false;
}

bool RespClient::LoseConnection() {
  is_lost_ = true;
  return Fail("lost the connection to " + address_.text() + ": " + socket_.error());
}

bool RespClient::Connect(const ServerAddress& address) {
  address_ = address;
  out_.clear();
  unsent_ = unread_ = 0;
  is_lost_ = false;
  if (socket_.Connect(address.host, address.port, kConnectTimeoutMs) != Outcome::kDone)
    return Fail("could not connect to " + address.text() + ": " + socket_.error());
  RespReply reply;
  if (!address.password.empty()) {
    const bool good = address.user.empty() ? Call({"AUTH", address.password}, &reply)
                                           : Call({"AUTH", address.user, address.password}, &reply);
    if (!good) return false;
  }
  return Call({"PING"}, &reply);
}

void RespClient::Append(std::span<const std::string_view> words) {
  auto number = [this](char kind, size_t value) {
    char digits[24];
    digits[0] = kind;
    char* end = std::to_chars(digits + 1, digits + sizeof(digits), value).ptr;
    out_.append(digits, static_cast<size_t>(end - digits)).append("\r\n");
  };
  number('*', words.size());
  for (std::string_view word : words) {
    number('$', word.size());
    out_.append(word).append("\r\n");
  }
  ++unsent_;
}

bool RespClient::Flush() {
  const Outcome outcome = socket_.Write(out_, kTimeoutMs);
  out_.clear();
  unread_ += std::exchange(unsent_, 0);
  if (out_.capacity() > 4 * kOutBytes) out_.shrink_to_fit();
  return outcome == Outcome::kDone || LoseConnection();
}

bool RespClient::Read(RespReply* reply) {
  if (unread_ > 0) --unread_;
  return ReadValue(reply, 0);
}

void RespClient::SkipReplies() {
  out_.clear();
  unsent_ = 0;
  const std::string error = error_;
  RespReply reply;
  while (unread_ > 0 && !is_lost_ && Read(&reply)) {
  }
  error_ = error;
}

bool RespClient::ReadValue(RespReply* reply, int depth) {
  std::string_view line;
  reply->items.clear();
  reply->is_null = false;
  if (socket_.ReadLine(&line, kTimeoutMs) != Outcome::kDone || line.empty()) return LoseConnection();
  reply->kind = line[0];
  reply->text = line.substr(1);
  if (reply->kind == '+' || reply->kind == '-' || reply->kind == ':') return true;
  int64_t count = 0;
  const char* end = reply->text.data() + reply->text.size();
  const auto parsed = std::from_chars(reply->text.data(), end, count);
  if ((reply->kind != '$' && reply->kind != '*') || parsed.ptr != end || count < -1 || depth > kMaxDepth) {
    is_lost_ = true;
    return Fail(address_.text() + " does not speak Redis's protocol");
  }
  reply->is_null = count == -1;
  reply->text.clear();
  if (reply->kind == '$') {
    std::string_view bytes;
    if (reply->is_null) return true;
    if (socket_.ReadBulk(static_cast<size_t>(count), &bytes, kTimeoutMs) != Outcome::kDone) return LoseConnection();
    reply->text = bytes;
    return true;
  }
  for (; count > 0; --count) {
    if (!ReadValue(&reply->items.emplace_back(), depth + 1)) return false;
  }
  return true;
}

bool RespClient::Call(std::initializer_list<std::string_view> words, RespReply* reply) {
  Append(words);
  if (!Flush() || !Read(reply)) return false;
  return !reply->is_error() ||
         Fail(address_.text() + " answers " + std::string(*words.begin()) + " with: " + reply->text);
}

}  // namespace kvorum
