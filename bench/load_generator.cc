// load_generator PORT CLIENTS PIPELINE REQUESTS RANGE WORD...: sends one command over and over, and prints "requests a second, p99 in
// ms". In the words, {begin} becomes a random number below RANGE and {end} that number plus 9.
//
// For commands that redis-benchmark cannot vary as they should be: it has one kind of placeholder. Replies are counted, not kept, so
// long ones cost it little.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "load_generator: %s\n", why.c_str());
  std::exit(1);
}

// Counts whole RESP2 replies in a stream.
class ReplyCounter {
 public:
  size_t Feed(std::string_view bytes) {
    size_t replies = 0;
    rest_.append(bytes);
    size_t position = 0;
    while (true) {
      if (skip_ > 0) {
        const size_t skipped = std::min(skip_, rest_.size() - position);
        position += skipped;
        skip_ -= skipped;
        if (skip_ > 0) break;
        replies += EndOfPart();
      }
      const size_t line_end = rest_.find("\r\n", position);
      if (line_end == std::string::npos) break;
      const char type = rest_[position];
      const long number = std::strtol(rest_.c_str() + position + 1, nullptr, 10);
      if (type == '-') Die("the server replied " + rest_.substr(position, line_end - position));
      position = line_end + 2;
      if (type == '$' && number >= 0) {
        skip_ = static_cast<size_t>(number) + 2;
      } else if (type == '*' && number > 0) {
        parts_left_ += static_cast<size_t>(number) + (parts_left_ == 0 ? 0 : -1);
      } else {
        replies += EndOfPart();
      }
    }
    rest_.erase(0, position);
    return replies;
  }

 private:
  size_t EndOfPart() { return parts_left_ == 0 || --parts_left_ == 0; }

  std::string rest_;
  size_t skip_ = 0;        // bytes of a bulk's body to come
  size_t parts_left_ = 0;  // of an array
};

struct Client {
  int fd;
  size_t awaited = 0;
  Clock::time_point sent;
  ReplyCounter replies;
};

void AppendWord(std::string word, uint64_t begin, std::string* out) {
  if (word == "{begin}") word = std::to_string(begin);
  if (word == "{end}") word = std::to_string(begin + 9);
  *out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
}

int Connect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("cannot connect");
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) Die("usage: load_generator PORT CLIENTS PIPELINE REQUESTS RANGE WORD...");
  const int port = std::atoi(argv[1]);
  std::vector<Client> clients(std::strtoul(argv[2], nullptr, 10));
  const size_t pipeline = std::strtoul(argv[3], nullptr, 10);
  const size_t requests = std::strtoul(argv[4], nullptr, 10);
  const uint64_t range = std::strtoull(argv[5], nullptr, 10);
  std::mt19937_64 random(1);
  auto batch = [&] {
    std::string bytes;
    for (size_t i = 0; i < pipeline; ++i) {
      const uint64_t begin = random() % range;
      bytes += "*" + std::to_string(argc - 6) + "\r\n";
      for (int word = 6; word < argc; ++word) AppendWord(argv[word], begin, &bytes);
    }
    return bytes;
  };
  // Made beforehand, so that making them costs nothing while they are sent.
  std::vector<std::string> batches;
  for (int i = 0; i < 20000; ++i) batches.push_back(batch());

  const int epoll_fd = epoll_create1(0);
  for (Client& client : clients) {
    client.fd = Connect(port);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client.fd, &event);
  }
  size_t sent = 0, done = 0;
  std::vector<double> latencies_ms;
  auto send_next = [&](Client& client) {
    if (sent >= requests) return;
    const std::string& bytes = batches[sent / pipeline % batches.size()];
    client.sent = Clock::now();
    if (write(client.fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) Die("cannot send");
    client.awaited = pipeline;
    sent += pipeline;
  };
  const auto started = Clock::now();
  for (Client& client : clients) send_next(client);
  static char buffer[256 << 10];
  while (done < sent) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_fd, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      auto& client = *static_cast<Client*>(events[i].data.ptr);
      const ssize_t got = read(client.fd, buffer, sizeof(buffer));
      if (got <= 0) Die("the server closed the connection");
      const size_t replies = client.replies.Feed({buffer, static_cast<size_t>(got)});
      done += replies;
      client.awaited -= replies;
      if (client.awaited > 0) continue;
      latencies_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - client.sent).count());
      send_next(client);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  auto p99 = latencies_ms.begin() + static_cast<ptrdiff_t>(latencies_ms.size() * 99 / 100);
  std::nth_element(latencies_ms.begin(), p99, latencies_ms.end());
  std::printf("%.0f %.3f\n", static_cast<double>(done) / seconds, *p99);
}
