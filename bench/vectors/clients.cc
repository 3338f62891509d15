#include "bench/vectors/clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace kvorum {

void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

double Seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Client::Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("there is no server");
}

Client::~Client() { close(fd_); }

void Client::Send(const std::vector<std::string_view>& words) {
  out_ = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    out_ += "$" + std::to_string(word.size()) + "\r\n";
    out_ += word;
    out_ += "\r\n";
  }
  for (size_t sent = 0; sent < out_.size();) {
    const ssize_t n = write(fd_, out_.data() + sent, out_.size() - sent);
    if (n <= 0) Die("the connection broke");
    sent += static_cast<size_t>(n);
  }
  in_.clear();
}

bool Client::Receive(std::vector<std::string>* reply) {
  char buffer[16384];
  const ssize_t n = read(fd_, buffer, sizeof(buffer));
  if (n <= 0) Die("the connection broke");
  in_.append(buffer, static_cast<size_t>(n));
  reply->clear();
  size_t at = 0;
  for (int64_t parts = 1; parts > 0; --parts) {
    const size_t end = in_.find("\r\n", at);
    if (end == std::string::npos) return false;
    const std::string_view line(in_.data() + at, end - at);
    at = end + 2;
    if (line[0] == '-') Die(std::string(line));
    int64_t number = 0;
    std::from_chars(line.data() + 1, line.data() + line.size(), number);
    if (line[0] == '*') {
      parts += number;
    } else if (line[0] == '$') {
      const auto size = static_cast<size_t>(std::max<int64_t>(number, 0));
      if (in_.size() < at + size + 2) return false;
      reply->push_back(in_.substr(at, size));
      at += size + 2;
    } else {
      reply->emplace_back(line.substr(1));
    }
  }
  return true;
}

Clients::Clients(int port) {
  for (size_t i = 0; i < kClients; ++i) clients_.push_back(std::make_unique<Client>(port));
}

double Clients::Run(size_t count, const std::function<void(Client&, size_t)>& send,
                    const std::function<void(size_t, const std::vector<std::string>&)>& take) {
  std::vector<pollfd> polled;
  std::vector<size_t> doing(clients_.size());
  size_t sent = 0, done = 0;
  const double begin = Seconds();
  for (size_t i = 0; i < clients_.size(); ++i) {
    polled.push_back({clients_[i]->fd(), static_cast<short>(sent < count ? POLLIN : 0), 0});
    if (sent == count) continue;
    doing[i] = sent;
    send(*clients_[i], sent++);
  }
  std::vector<std::string> reply;
  while (done < count) {
    if (poll(polled.data(), polled.size(), 60000) <= 0) Die("the server is silent");
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (polled[i].revents == 0 || !clients_[i]->Receive(&reply)) continue;
      take(doing[i], reply);
      ++done;
      if (sent == count) {
        polled[i].events = 0;
        continue;
      }
      doing[i] = sent;
      send(*clients_[i], sent++);
    }
  }
  return Seconds() - begin;
}

std::vector<std::string> Clients::AskAll(const std::vector<std::string_view>& words) {
  std::vector<std::string> reply;
  clients_[0]->Send(words);
  while (!clients_[0]->Receive(&reply)) {
  }
  return reply;
}

std::string Clients::Ask(const std::vector<std::string_view>& words) {
  const std::vector<std::string> reply = AskAll(words);
  return reply.empty() ? "" : reply[0];
}

double Clients::ServerCpuSeconds() {
  const std::string info = Ask({"INFO", "cpu"});
  double seconds = 0;
  for (const std::string field : {"used_cpu_sys:", "used_cpu_user:"}) {
    seconds += std::stod(info.substr(info.find(field) + field.size()));
  }
  return seconds;
}

size_t Clients::UsedMemory() {
  const std::string info = Ask({"INFO", "memory"});
  return std::stoul(info.substr(info.find("used_memory:") + 12));
}

void PrintRates(const std::string& label, Rate here, Rate there) {
  std::printf("%-22s in process %8.0f/s   served %8.0f/s   %.2f   processor %5.0f and %5.0f us", label.c_str(),
              here.per_second, there.per_second, there.per_second / here.per_second, here.cpu_seconds * 1e6,
              there.cpu_seconds * 1e6);
}

}  // namespace kvorum
