// served PORT NAME STEM DIMENSIONS [ROWS [WIDTH]]: VADD and VSIM of a server beside the same work in this process.
//
// Adds the rows (at most ROWS) to an index here, on one thread, and to the server's vector set `bench`, by 50 clients that have one command in flight each;
// then searches with WIDTH candidates, in both, in rounds that take turns. Prints rates, their relation, recall@10 and bytes a vector; and the processor's
// time of each, which tells more than rates where others use the machine.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/vectors/data.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

constexpr size_t kClients = 50;
constexpr size_t kRounds = 5;

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "served: %s\n", why.c_str());
  std::exit(1);
}

// One connection, with at most one command in flight.
class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("there is no server");
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fd() const { return fd_; }

  void Send(const std::vector<std::string_view>& words) {
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      bytes += "$" + std::to_string(word.size()) + "\r\n";
      bytes += word;
      bytes += "\r\n";
    }
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = write(fd_, bytes.data() + sent, bytes.size() - sent);
      if (n <= 0) Die("the connection broke");
      sent += static_cast<size_t>(n);
    }
    in_.clear();
  }
  // True when the reply is whole: its bulks, or its line.
  bool Receive(std::vector<std::string>* reply) {
    char buffer[16384];
    const ssize_t n = read(fd_, buffer, sizeof(buffer));
    if (n <= 0) Die("the connection broke");
    in_.append(buffer, static_cast<size_t>(n));
    reply->clear();
    size_t at = 0;
    size_t parts = 1;
    for (bool first = true; parts > 0; first = false) {
      const size_t end = in_.find("\r\n", at);
      if (end == std::string::npos) return false;
      const std::string line = in_.substr(at, end - at);
      at = end + 2;
      if (line[0] == '-') Die(line);
      --parts;
      if (line[0] == '*' && first) {
        parts = std::stoul(line.substr(1));
      } else if (line[0] == '$') {
        const size_t size = std::stoul(line.substr(1));
        if (in_.size() < at + size + 2) return false;
        reply->push_back(in_.substr(at, size));
        at += size + 2;
      } else {
        reply->push_back(line);
      }
    }
    return true;
  }

 private:
  int fd_;
  std::string in_;
};

// `count` commands by all clients, each sending its next when it has a reply. Returns seconds.
double Run(std::vector<std::unique_ptr<Client>>& clients, size_t count,
           const std::function<void(Client&, size_t)>& send,
           const std::function<void(size_t, const std::vector<std::string>&)>& take) {
  std::vector<pollfd> polled;
  std::vector<size_t> doing(clients.size());
  size_t sent = 0, done = 0;
  const double begin = Seconds();
  for (size_t i = 0; i < clients.size(); ++i) {
    polled.push_back({clients[i]->fd(), static_cast<short>(sent < count ? POLLIN : 0), 0});
    if (sent == count) continue;
    doing[i] = sent;
    send(*clients[i], sent++);
  }
  std::vector<std::string> reply;
  while (done < count) {
    if (poll(polled.data(), polled.size(), 60000) <= 0) Die("the server is silent");
    for (size_t i = 0; i < clients.size(); ++i) {
      if (polled[i].revents == 0 || !clients[i]->Receive(&reply)) continue;
      take(doing[i], reply);
      ++done;
      if (sent == count) {
        polled[i].events = 0;
        continue;
      }
      doing[i] = sent;
      send(*clients[i], sent++);
    }
  }
  return Seconds() - begin;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Comparison {
 public:
  Comparison(int port, std::string name, VectorSet set, size_t width)
      : name_(std::move(name)), set_(std::move(set)), width_(width), index_(Settings(set_.dimensions)) {
    for (size_t i = 0; i < kClients; ++i) clients_.push_back(std::make_unique<Client>(port));
    for (size_t row = 0; row < set_.rows(); ++row) names_.push_back("e" + std::to_string(row));
  }

  void Add() {
    const SearchContextPtr context = MakeSearchContext();
    PreparedVector prepared;
    Random random(1);
    double cpu_here = -CpuSeconds();
    double seconds_here = -Seconds();
    for (size_t row = 0; row < set_.rows(); ++row) {
      index_.Prepare(set_.base.data() + row * set_.dimensions, random.Next(), context.get(), &prepared);
      index_.Commit(prepared, row);
    }
    seconds_here += Seconds();
    cpu_here += CpuSeconds();
    Ask({"DEL", "bench"});
    const size_t before = UsedMemory();
    double cpu_there = -ServerCpu();
    const double seconds_there = Run(
        clients_, set_.rows(),
        [this](Client& client, size_t row) {
          client.Send({"VADD", "bench", "FP32", Blob(set_.base, row), names_[row]});
        },
        [](size_t, const std::vector<std::string>&) {});
    cpu_there += ServerCpu();
    const auto rows = static_cast<double>(set_.rows());
    Print("adding", {rows / seconds_here, cpu_here / rows}, {rows / seconds_there, cpu_there / rows});
    std::printf("\n%-8s bytes a vector: index %.0f, served %.0f (names, order and all)\n", name_.c_str(),
                static_cast<double>(index_.Bytes()) / rows, static_cast<double>(UsedMemory() - before) / rows);
  }

  void Search() {
    std::vector<double> here, there;
    double recall_here = 0, recall_there = 0, cpu_here = 0, cpu_there = 0;
    for (size_t round = 0; round < kRounds; ++round) {
      cpu_here -= CpuSeconds();
      here.push_back(SearchHere(&recall_here));
      cpu_here += CpuSeconds();
      cpu_there -= ServerCpu();
      there.push_back(SearchThere(&recall_there));
      cpu_there += ServerCpu();
    }
    const auto searches = static_cast<double>(kRounds * set_.query_rows());
    Print("searching", {Median(here), cpu_here / searches}, {Median(there), cpu_there / searches});
    std::printf("   recall %.4f and %.4f, width %zu\n", recall_here, recall_there, width_);
  }

 private:
  static VectorIndexSettings Settings(size_t dimensions) {
    VectorIndexSettings settings;
    settings.codec = {dimensions, VectorMetric::kCosine, VectorForm::kQ8, 2};
    return settings;
  }
  std::string_view Blob(const std::vector<float>& rows, size_t row) const {
    return {reinterpret_cast<const char*>(rows.data() + row * set_.dimensions), set_.dimensions * sizeof(float)};
  }
  std::string Ask(const std::vector<std::string_view>& words) {
    std::vector<std::string> reply;
    clients_[0]->Send(words);
    while (!clients_[0]->Receive(&reply)) {
    }
    return reply.empty() ? "" : reply[0];
  }
  struct Measured {
    double rate;
    double cpu_seconds;  // each
  };
  void Print(const char* what, Measured here, Measured there) const {
    std::printf("%-8s %-9s  in process %8.0f/s   served %8.0f/s   %.2f   processor %.0f and %.0f us", name_.c_str(),
                what, here.rate, there.rate, there.rate / here.rate, here.cpu_seconds * 1e6, there.cpu_seconds * 1e6);
  }
  // Of all of the server's threads.
  double ServerCpu() {
    const std::string info = Ask({"INFO", "cpu"});
    double seconds = 0;
    for (const std::string field : {"used_cpu_sys:", "used_cpu_user:"}) {
      seconds += std::stod(info.substr(info.find(field) + field.size()));
    }
    return seconds;
  }
  size_t UsedMemory() {
    const std::string info = Ask({"INFO", "memory"});
    return std::stoul(info.substr(info.find("used_memory:") + 12));
  }
  double Recall(size_t hits) const {
    return static_cast<double>(hits) / static_cast<double>(set_.query_rows() * kNearest);
  }
  size_t IsNearest(size_t query, int32_t row) const {
    const int32_t* nearest = set_.nearest.data() + query * kNearest;
    return std::find(nearest, nearest + kNearest, row) == nearest + kNearest ? 0 : 1;
  }

  double SearchHere(double* recall) {
    const SearchContextPtr context = MakeSearchContext();
    std::vector<VectorMatch> matches;
    size_t hits = 0;
    const double begin = Seconds();
    for (size_t query = 0; query < set_.query_rows(); ++query) {
      index_.Search(set_.queries.data() + query * set_.dimensions, {.k = kNearest, .width = width_}, context.get(),
                    &matches);
      for (const VectorMatch& match : matches) hits += IsNearest(query, static_cast<int32_t>(match.label));
    }
    *recall = Recall(hits);
    return static_cast<double>(set_.query_rows()) / (Seconds() - begin);
  }

  double SearchThere(double* recall) {
    const std::string width = std::to_string(width_);
    size_t hits = 0;
    const double seconds = Run(
        clients_, set_.query_rows(),
        [&](Client& client, size_t query) {
          client.Send({"VSIM", "bench", "FP32", Blob(set_.queries, query), "COUNT", "10", "EF", width});
        },
        [&](size_t query, const std::vector<std::string>& reply) {
          for (const std::string& name : reply) hits += IsNearest(query, std::stoi(name.substr(1)));
        });
    *recall = Recall(hits);
    return static_cast<double>(set_.query_rows()) / seconds;
  }

  const std::string name_;
  const VectorSet set_;
  const size_t width_;
  HnswIndex index_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::string> names_;
};

// Of length 1, so that what is nearest is so by angle as well.
void Normalize(std::vector<float>* rows, size_t dimensions) {
  for (size_t at = 0; at < rows->size(); at += dimensions) {
    double norm2 = 0;
    for (size_t i = at; i < at + dimensions; ++i) norm2 += static_cast<double>((*rows)[i]) * (*rows)[i];
    const auto scale = static_cast<float>(1 / std::sqrt(norm2));
    for (size_t i = at; i < at + dimensions; ++i) (*rows)[i] *= scale;
  }
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) {
  if (argc < 5) kvorum::Die("served PORT NAME STEM DIMENSIONS [ROWS [WIDTH]]");
  kvorum::VectorSet set = kvorum::ReadVectorSet(argv[3], std::strtoul(argv[4], nullptr, 10));
  const size_t rows = argc > 5 ? std::strtoul(argv[5], nullptr, 10) : set.rows();
  if (rows < set.rows()) set.base.resize(rows * set.dimensions);
  kvorum::Normalize(&set.base, set.dimensions);
  kvorum::Normalize(&set.queries, set.dimensions);
  kvorum::ComputeNearest(&set);
  kvorum::Comparison comparison(std::atoi(argv[1]), argv[2], std::move(set),
                                argc > 6 ? std::strtoul(argv[6], nullptr, 10) : 64);
  comparison.Add();
  comparison.Search();
}
