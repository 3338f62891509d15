// RespClient: a connection to a server for subcommands that are its clients: commands are sent in batches, replies read in order.
//
// Threads: one.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/blocking_socket.h"

namespace kvorum {

struct ServerAddress {
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string user;
  std::string password;  // empty: none

  std::string text() const { return host + ":" + std::to_string(port); }
};

struct RespReply {
  char kind = 0;  // '+', '-', ':', '$', '*', as in the protocol
  bool is_null = false;
  std::string text;              // without `kind`
  std::vector<RespReply> items;  // of '*'

  bool is_error() const { return kind == '-'; }
};

class RespClient {
 public:
  RespClient() = default;
  // Of a server that is connected and wants no password.
  explicit RespClient(BlockingSocket socket) : socket_(std::move(socket)) {}

  // Connects and authenticates. False: error().
  [[nodiscard]] bool Connect(const ServerAddress& address);

  // Adds a command to what is to be sent.
  void Append(std::span<const std::string_view> words);
  void Append(std::initializer_list<std::string_view> words) { Append(std::span(words.begin(), words.size())); }
  size_t pending_bytes() const { return out_.size(); }
  [[nodiscard]] bool Flush();
  // False: the connection failed, error(). An error reply is a reply.
  [[nodiscard]] bool Read(RespReply* reply);
  // After an error: forgets what is not sent, and reads and drops the replies that are still to come, so that the next command gets its own.
  void SkipReplies();
  // One command and its reply. False: the connection failed, or the reply is an error, error().
  [[nodiscard]] bool Call(std::initializer_list<std::string_view> words, RespReply* reply);

  const std::string& error() const { return error_; }

 private:
  bool Fail(std::string text);
  bool LoseConnection();
  bool ReadValue(RespReply* reply, int depth);

  ServerAddress address_;
  BlockingSocket socket_;
  std::string out_;
  size_t unsent_ = 0;  // commands in out_
  size_t unread_ = 0;  // replies to come, of commands sent
  bool is_lost_ = false;
  std::string error_;
};

}  // namespace kvorum
