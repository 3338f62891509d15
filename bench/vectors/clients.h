// The clients of a server, for benchmarks: some connections, each with at most one command in flight; and what both sides' processors did.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

[[noreturn]] void Die(const std::string& why);

double Seconds();
// The thread's.
double CpuSeconds();
double Median(std::vector<double> values);

inline std::string_view VectorBlob(const std::vector<float>& rows, size_t row, size_t dimensions) {
  return {reinterpret_cast<const char*>(rows.data() + row * dimensions), dimensions * sizeof(float)};
}

// One connection. Exits with a message where it breaks, or an error is replied.
class Client {
 public:
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }
  void Send(const std::vector<std::string_view>& words);
  // Reads once. True when the reply is whole: all its bulks, numbers and lines, one after another.
  bool Receive(std::vector<std::string>* reply);

 private:
  int fd_;
  std::string out_;
  std::string in_;
};

class Clients {
 public:
  static constexpr size_t kClients = 50;
  explicit Clients(int port);

  // `count` commands by all clients, each sending its next when it has a reply. Returns seconds.
  double Run(size_t count, const std::function<void(Client&, size_t)>& send,
             const std::function<void(size_t, const std::vector<std::string>&)>& take);
  // By one of them.
  std::vector<std::string> AskAll(const std::vector<std::string_view>& words);
  std::string Ask(const std::vector<std::string_view>& words);

  // Of all of the server's threads.
  double ServerCpuSeconds();
  size_t UsedMemory();

 private:
  std::vector<std::unique_ptr<Client>> clients_;
};

// "LABEL  in process A/s  served B/s  B/A  processor a and b us", of one operation each.
struct Rate {
  double per_second;
  double cpu_seconds;
};
void PrintRates(const std::string& label, Rate here, Rate there);

}  // namespace kvorum
