// BlockingSocket: a TCP connection that the calling thread waits for, within limits: for MIGRATE, and for programs that are clients.
//
// Threads: one. Ownership: owns the socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

class BlockingSocket {
 public:
  // kRefused: the other side did not want the connection.
  enum class Outcome : uint8_t { kDone, kTimedOut, kFailed, kRefused };

  BlockingSocket() = default;
  // For tests: the other side has sent these bytes (kMaxReplayBytes at most), and closed.
  static BlockingSocket Replay(std::string_view bytes);
  BlockingSocket(BlockingSocket&& other) noexcept;
  BlockingSocket& operator=(BlockingSocket&& other) noexcept;
  ~BlockingSocket() { Close(); }

  // `host`: a name or an address; each address that it has is tried. Looking the name up takes as long as the system likes.
  // Unless it is kDone, error() says what went wrong.
  [[nodiscard]] Outcome Connect(const std::string& host, int port, int64_t timeout_ms);
  void Close();
  bool is_open() const { return fd_ >= 0; }

  // All of it, within `timeout_ms` for each 64 KiB.
  [[nodiscard]] Outcome Write(std::string_view bytes, int64_t timeout_ms);
  // A line without its CR LF; good until the next call. A line longer than kMaxLineBytes fails.
  [[nodiscard]] Outcome ReadLine(std::string_view* line, int64_t timeout_ms);
  // `size` bytes and the CR LF behind them; good until the next call. Within `timeout_ms` for each piece that comes.
  [[nodiscard]] Outcome ReadBulk(size_t size, std::string_view* bytes, int64_t timeout_ms);

  const std::string& error() const { return error_; }

  static constexpr size_t kMaxLineBytes = 64 << 10;
  static constexpr size_t kMaxReplayBytes = 32 << 10;  // a socket takes so much without anybody reading from it

 private:
  // Waits until the socket is ready for `events`.
  Outcome WaitFor(short events, int64_t deadline_ms);
  Outcome Fail();
  Outcome Fail(Outcome outcome, std::string error);
  // Reads more behind what there is.
  Outcome ReadMore(int64_t timeout_ms);
  void DropRead();

  int fd_ = -1;
  std::string read_;  // what has come
  size_t taken_ = 0;  // of it, has been given out
  std::string error_;
};

}  // namespace kvorum
