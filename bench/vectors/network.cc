// vector_network PORT STEM DIMENSIONS [WIDTH [ROWS [CACHE]]]: a server's VECTOR field beside the same index in this process.
//
// On an empty server at PORT: adds ROWS vectors by HSET over 50 connections and waits until the last is in the graph; asks FT.SEARCH KNN 10 over 50
// connections, one request each under way; the same with a TAG filter at 50, 10, 1 and 0.1 %. In this process, on one thread: adds the
// same to an HnswIndex, and searches it. Rounds of both in turns, medians. Recall@10 is against the exact nearest (all ROWS only).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/vectors/data.h"
#include "os/blocking_socket.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

constexpr size_t kClients = 50;
constexpr size_t kRounds = 5;
constexpr size_t kQueries = 1000;
constexpr int64_t kTimeoutMs = 60000;
constexpr double kShares[] = {0.5, 0.1, 0.01, 0.001};

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "vector_network: %s\n", why.c_str());
  std::exit(1);
}

class Client {
 public:
  explicit Client(int port) {
    if (socket_.Connect("127.0.0.1", port, kTimeoutMs) != BlockingSocket::Outcome::kDone) Die(socket_.error());
  }
  void Send(const std::vector<std::string_view>& words) {
    request_ = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      request_ += "$" + std::to_string(word.size()) + "\r\n";
      request_ += word;
      request_ += "\r\n";
    }
    if (socket_.Write(request_, kTimeoutMs) != BlockingSocket::Outcome::kDone) Die(socket_.error());
  }
  // Bulks and integers of the reply, one after another.
  std::vector<std::string> Read() {
    std::vector<std::string> parts;
    for (int64_t left = 1; left > 0; --left) {
      std::string_view line;
      if (socket_.ReadLine(&line, kTimeoutMs) != BlockingSocket::Outcome::kDone) Die(socket_.error());
      const std::string text(line);
      if (text[0] == '-') Die(text);
      if (text[0] == '*') {
        left += std::atoll(text.c_str() + 1);
      } else if (text[0] == '$') {
        const int64_t size = std::atoll(text.c_str() + 1);
        std::string_view bytes;
        if (size >= 0 &&
            socket_.ReadBulk(static_cast<size_t>(size), &bytes, kTimeoutMs) != BlockingSocket::Outcome::kDone)
          Die(socket_.error());
        parts.emplace_back(bytes);
      } else {
        parts.push_back(text.substr(1));
      }
    }
    return parts;
  }

 private:
  BlockingSocket socket_;
  std::string request_;
};

std::string_view Blob(const float* vector, size_t dimensions) {
  return {reinterpret_cast<const char*>(vector), dimensions * sizeof(float)};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Network {
 public:
  Network(int port, const VectorSet& set, size_t rows, std::string width)
      : set_(set), rows_(rows), width_(std::move(width)) {
    for (size_t i = 0; i < kClients; ++i) clients_.emplace_back(port);
  }

  double Add() {
    Client& first = clients_[0];
    first.Send({"FT.CREATE",
                "b",
                "PREFIX",
                "1",
                "b:",
                "SCHEMA",
                "v",
                "VECTOR",
                "HNSW",
                "10",
                "TYPE",
                "FLOAT32",
                "DIM",
                std::to_string(set_.dimensions),
                "DISTANCE_METRIC",
                "L2",
                "M",
                "16",
                "EF_CONSTRUCTION",
                "200",
                "t",
                "TAG"});
    first.Read();
    Random random(1);
    const double began = Now();
    for (size_t row = 0; row < rows_; row += kClients) {
      const size_t end = std::min(rows_, row + kClients);
      for (size_t i = row; i < end; ++i) {
        std::string tags = "all";
        for (size_t share = 0; share < 4; ++share) {
          if (random.Below(100000) < static_cast<uint64_t>(kShares[share] * 100000))
            tags += ",s" + std::to_string(share);
        }
        clients_[i - row].Send({"HSET", "b:" + std::to_string(i), "v",
                                Blob(set_.base.data() + i * set_.dimensions, set_.dimensions), "t", tags});
      }
      for (size_t i = row; i < end; ++i) clients_[i - row].Read();
    }
    const double answered = Now();
    // Until all are in the graph.
    for (bool is_indexing = true; is_indexing;) {
      first.Send({"FT.INFO", "b"});
      const std::vector<std::string> info = first.Read();
      is_indexing = *(std::find(info.begin(), info.end(), "indexing") + 1) != "0";
    }
    std::printf("HSET answered: %.0f a second\n", static_cast<double>(rows_) / (answered - began));
    return static_cast<double>(rows_) / (Now() - began);
  }

  // Queries a second; *recall if there is what to compare with.
  double Search(const std::string& filter, double* recall) {
    const std::string query = filter + "=>[KNN 10 @v $q EF_RUNTIME " + width_ + "]";
    size_t hits = 0;
    const double began = Now();
    for (size_t done = 0; done < kQueries; done += kClients) {
      for (size_t i = 0; i < kClients; ++i) {
        const size_t row = (done + i) % set_.query_rows();
        clients_[i].Send({"FT.SEARCH", "b", query, "NOCONTENT", "PARAMS", "2", "q",
                          Blob(set_.queries.data() + row * set_.dimensions, set_.dimensions), "DIALECT", "2"});
      }
      for (size_t i = 0; i < kClients; ++i) {
        const size_t row = (done + i) % set_.query_rows();
        for (const std::string& key : clients_[i].Read()) {
          if (!key.starts_with("b:")) continue;
          const auto found = static_cast<int32_t>(std::atoll(key.c_str() + 2));
          const int32_t* nearest = set_.nearest.data() + row * kNearest;
          hits += static_cast<size_t>(std::count(nearest, nearest + kNearest, found));
        }
      }
    }
    const double took = Now() - began;
    *recall = static_cast<double>(hits) / (kQueries * kNearest);
    return kQueries / took;
  }

 private:
  const VectorSet& set_;
  const size_t rows_;
  const std::string width_;
  std::vector<Client> clients_;
};

int Main(int argc, char** argv) {
  if (argc < 4) Die("PORT STEM DIMENSIONS [WIDTH [ROWS]]");
  const VectorSet set = ReadVectorSet(argv[2], static_cast<size_t>(std::atoll(argv[3])));
  const std::string width = argc > 4 ? argv[4] : "64";
  const size_t rows = argc > 5 ? std::min<size_t>(set.rows(), static_cast<size_t>(std::atoll(argv[5]))) : set.rows();
  Network network(std::atoi(argv[1]), set, rows, width);

  VectorIndexSettings settings;
  settings.codec = {
      .dimensions = set.dimensions, .metric = VectorMetric::kL2, .form = VectorForm::kQ8, .refine_bits = 4};
  HnswIndex index(settings);
  const double began = Now();
  for (size_t row = 0; row < rows; ++row) index.Add(set.base.data() + row * set.dimensions, row);
  const double here_adds = static_cast<double>(rows) / (Now() - began);
  const double there_adds = network.Add();
  std::printf("adding: in the process %.0f a second, over the network %.0f: %.2f\n", here_adds, there_adds,
              there_adds / here_adds);

  std::vector<double> here, there;
  double recall = 0;
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  VectorSearchOptions options;
  options.width = static_cast<size_t>(std::atoll(width.c_str()));
  for (size_t round = 0; round < kRounds; ++round) {
    const double start = Now();
    for (size_t i = 0; i < kQueries; ++i) {
      index.Search(set.queries.data() + (i % set.query_rows()) * set.dimensions, options, context.get(), &matches);
    }
    here.push_back(kQueries / (Now() - start));
    there.push_back(network.Search("*", &recall));
  }
  std::printf("KNN 10, width %s: in the process %.0f a second, over the network %.0f: %.2f; recall %.4f\n",
              width.c_str(), Median(here), Median(there), Median(there) / Median(here), recall);
  for (size_t share = 0; share < 4; ++share) {
    std::vector<double> filtered;
    for (size_t round = 0; round < 3; ++round)
      filtered.push_back(network.Search("@t:{s" + std::to_string(share) + "}", &recall));
    std::printf("filtered at %g %%: %.0f a second\n", kShares[share] * 100, Median(filtered));
  }
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) { return kvorum::Main(argc, argv); }
