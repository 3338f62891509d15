// served PORT STEM DIMENSIONS [ROWS [WIDTH [sets|fields]]]: a server's vector sets, or its VECTOR fields, beside the same work in this process.
//
// Adds the rows (at most ROWS) to an index here, on one thread, and by VADD or HSET to the server, by 50 clients that have one command in flight each; then
// searches with WIDTH candidates, in both, without filter and with filters that 50, 10, 1 and 0.1 % match. All in rounds that take turns; prints medians of
// rates, their relation, recall@10 and the processor's time of one operation, which tells more than rates where others use the machine. With a filter also
// the rate of scanning all that match: VSIM's TRUTH, FT.SEARCH's HYBRID_POLICY ADHOC_BF. Vectors get length 1, so that L2 and cosine mean the same.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "bench/vectors/clients.h"
#include "bench/vectors/data.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

constexpr size_t kRounds = 5;
constexpr size_t kFilteredQueries = 250;
constexpr size_t kScans = 50;
// A document matches the filter of a share if its mark is less than that of all marks.
constexpr uint64_t kMarks = 100000;
constexpr std::array<double, 4> kShares = {0.5, 0.1, 0.01, 0.001};

uint64_t MarkBound(size_t share) { return static_cast<uint64_t>(kShares[share] * static_cast<double>(kMarks)); }

// How the server is spoken to.
class Ways {
 public:
  static constexpr size_t kNoShare = kShares.size();

  virtual ~Ways() = default;
  virtual CodecSettings Settings(size_t dimensions) const = 0;
  virtual void Create(Clients* clients, size_t dimensions) const = 0;
  virtual void Add(Client* client, size_t row, std::string_view vector, uint64_t mark) const = 0;
  virtual bool IsReady(Clients* clients) const = 0;
  virtual void Search(Client* client, std::string_view vector, size_t share, bool scans) const = 0;
  // The rows of a reply.
  virtual std::vector<int32_t> Found(const std::vector<std::string>& reply) const = 0;
};

class SetWays final : public Ways {
 public:
  explicit SetWays(size_t width) : width_(std::to_string(width)) {}
  CodecSettings Settings(size_t dimensions) const override {
    return {dimensions, VectorMetric::kCosine, VectorForm::kQ8, 2};
  }
  void Create(Clients* clients, size_t) const override { clients->Ask({"DEL", "bench"}); }
  void Add(Client* client, size_t row, std::string_view vector, uint64_t mark) const override {
    client->Send({"VADD", "bench", "FP32", vector, "e" + std::to_string(row), "SETATTR",
                  "{\"mark\":" + std::to_string(mark) + "}"});
  }
  bool IsReady(Clients*) const override { return true; }
  void Search(Client* client, std::string_view vector, size_t share, bool scans) const override {
    std::vector<std::string_view> words = {"VSIM", "bench", "FP32", vector, "COUNT", "10", "EF", width_};
    const std::string filter = share == kNoShare ? "" : ".mark < " + std::to_string(MarkBound(share));
    if (share != kNoShare) words.insert(words.end(), {"FILTER", filter});
    if (scans) words.emplace_back("TRUTH");
    client->Send(words);
  }
  std::vector<int32_t> Found(const std::vector<std::string>& reply) const override {
    std::vector<int32_t> rows;
    for (const std::string& name : reply) rows.push_back(std::atoi(name.c_str() + 1));
    return rows;
  }

 private:
  const std::string width_;
};

class FieldWays final : public Ways {
 public:
  explicit FieldWays(size_t width) : width_(std::to_string(width)) {}
  CodecSettings Settings(size_t dimensions) const override {
    return {dimensions, VectorMetric::kL2, VectorForm::kQ8, 4};
  }
  void Create(Clients* clients, size_t dimensions) const override {
    clients->Ask({"FT.CREATE",
                  "bench",
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
                  std::to_string(dimensions),
                  "DISTANCE_METRIC",
                  "L2",
                  "M",
                  "16",
                  "EF_CONSTRUCTION",
                  "200",
                  "t",
                  "TAG"});
  }
  void Add(Client* client, size_t row, std::string_view vector, uint64_t mark) const override {
    std::string tags = "all";
    for (size_t share = 0; share < kShares.size(); ++share) {
      if (mark < MarkBound(share)) tags += ",s" + std::to_string(share);
    }
    client->Send({"HSET", "b:" + std::to_string(row), "v", vector, "t", tags});
  }
  bool IsReady(Clients* clients) const override {
    const std::vector<std::string> info = clients->AskAll({"FT.INFO", "bench"});
    return *(std::find(info.begin(), info.end(), "indexing") + 1) == "0";
  }
  void Search(Client* client, std::string_view vector, size_t share, bool scans) const override {
    const std::string filter = share == kNoShare ? "*" : "@t:{s" + std::to_string(share) + "}";
    const std::string how = std::string(scans ? " HYBRID_POLICY ADHOC_BF" : "") + " EF_RUNTIME " + width_ + "]";
    client->Send({"FT.SEARCH", "bench", "(" + filter + ")=>[KNN 10 @v $q" + how, "NOCONTENT", "PARAMS", "2", "q",
                  vector, "DIALECT", "2"});
  }
  std::vector<int32_t> Found(const std::vector<std::string>& reply) const override {
    std::vector<int32_t> rows;
    for (size_t i = 1; i < reply.size(); ++i) rows.push_back(std::atoi(reply[i].c_str() + 2));
    return rows;
  }

 private:
  const std::string width_;
};

class ShareFilter final : public VectorFilter {
 public:
  ShareFilter(const VectorIndex& index, const std::vector<bool>& matching) : matching_(matching) {
    for (VectorSlot slot = 0; slot < matching.size(); ++slot) {
      if (matching[index.LabelOf(slot)]) slots_.push_back(slot);
    }
  }
  bool Matches(VectorSlot, VectorLabel label) const override { return matching_[label]; }
  const std::vector<VectorSlot>* Slots() const override { return &slots_; }

 private:
  const std::vector<bool>& matching_;
  std::vector<VectorSlot> slots_;
};

// Some rounds of one kind of operation on one side.
struct Rounds {
  std::vector<double> rates;
  double cpu_seconds = 0;
  size_t operations = 0;
  size_t hits = 0;
  size_t wanted = 0;

  Rate Median() const { return {kvorum::Median(rates), cpu_seconds / static_cast<double>(operations)}; }
  double Recall() const { return static_cast<double>(hits) / static_cast<double>(wanted); }
};

class Comparison {
 public:
  Comparison(int port, VectorSet set, size_t width, std::unique_ptr<Ways> ways)
      : set_(std::move(set)), width_(width), ways_(std::move(ways)), index_(Settings()), clients_(port) {
    Random random(7);
    for (size_t row = 0; row < set_.rows(); ++row) marks_.push_back(random.Below(kMarks));
  }

  void Add() {
    ways_->Create(&clients_, set_.dimensions);
    const size_t before = clients_.UsedMemory();
    Rounds here, there;
    for (size_t round = 0; round < kRounds; ++round) {
      const size_t begin = round * set_.rows() / kRounds, end = (round + 1) * set_.rows() / kRounds;
      AddHere(begin, end, &here);
      AddThere(begin, end, &there);
    }
    PrintRates("adding", here.Median(), there.Median());
    const auto rows = static_cast<double>(set_.rows());
    std::printf("\nbytes a vector: index %.0f, served %.0f (names, order, attributes or documents and all)\n",
                static_cast<double>(index_.Bytes()) / rows, static_cast<double>(clients_.UsedMemory() - before) / rows);
    std::fflush(stdout);
  }

  void Search() {
    Rounds here, there;
    Nearest nearest(set_.query_rows());
    for (size_t i = 0; i < set_.nearest.size(); ++i) nearest[i / kNearest].push_back(set_.nearest[i]);
    for (size_t round = 0; round < kRounds; ++round) {
      SearchHere(nearest, set_.query_rows(), {}, &here);
      SearchThere(nearest, set_.query_rows(), Ways::kNoShare, false, &there);
    }
    PrintRates("searching", here.Median(), there.Median());
    std::printf("   recall %.4f and %.4f, width %zu\n", here.Recall(), there.Recall(), width_);
    std::fflush(stdout);
  }

  void SearchFiltered(size_t share) {
    std::vector<bool> matching;
    for (const uint64_t mark : marks_) matching.push_back(mark < MarkBound(share));
    const Nearest nearest = NearestMatching(set_, matching, kFilteredQueries);
    const ShareFilter filter(index_, matching);
    Rounds here, there, scan_here, scan_there;
    for (size_t round = 0; round < kRounds; ++round) {
      SearchHere(nearest, kFilteredQueries, {.filter = &filter}, &here);
      SearchThere(nearest, kFilteredQueries, share, false, &there);
      SearchHere(nearest, kScans, {.exact = true, .filter = &filter}, &scan_here);
      SearchThere(nearest, kScans, share, true, &scan_there);
    }
    char label[32];
    std::snprintf(label, sizeof(label), "%g %% matching", kShares[share] * 100);
    PrintRates(label, here.Median(), there.Median());
    std::printf("   recall %.4f and %.4f\n", here.Recall(), there.Recall());
    PrintRates("  scanning those", scan_here.Median(), scan_there.Median());
    std::printf("   search/scan %.2f and %.2f, by processor time %.2f and %.2f\n",
                here.Median().per_second / scan_here.Median().per_second,
                there.Median().per_second / scan_there.Median().per_second,
                scan_here.Median().cpu_seconds / here.Median().cpu_seconds,
                scan_there.Median().cpu_seconds / there.Median().cpu_seconds);
    std::fflush(stdout);
  }

 private:
  using Nearest = std::vector<std::vector<int32_t>>;

  VectorIndexSettings Settings() const {
    VectorIndexSettings settings;
    settings.codec = ways_->Settings(set_.dimensions);
    return settings;
  }
  std::string_view Query(size_t query) const { return VectorBlob(set_.queries, query, set_.dimensions); }

  static void Count(const std::vector<int32_t>& nearest, const std::vector<int32_t>& found, Rounds* rounds) {
    rounds->wanted += nearest.size();
    for (const int32_t row : nearest) rounds->hits += std::find(found.begin(), found.end(), row) != found.end() ? 1 : 0;
  }
  static void Note(size_t operations, double seconds, double cpu_seconds, Rounds* rounds) {
    rounds->rates.push_back(static_cast<double>(operations) / seconds);
    rounds->operations += operations;
    rounds->cpu_seconds += cpu_seconds;
  }

  void AddHere(size_t begin, size_t end, Rounds* rounds) {
    const double began = Seconds(), cpu = CpuSeconds();
    for (size_t row = begin; row < end; ++row) {
      index_.Prepare(set_.base.data() + row * set_.dimensions, random_.Next(), context_.get(), &prepared_);
      index_.Commit(prepared_, row);
    }
    Note(end - begin, Seconds() - began, CpuSeconds() - cpu, rounds);
  }
  void AddThere(size_t begin, size_t end, Rounds* rounds) {
    const double cpu = clients_.ServerCpuSeconds();
    const double began = Seconds();
    clients_.Run(
        end - begin,
        [&](Client& client, size_t i) {
          const size_t row = begin + i;
          ways_->Add(&client, row, VectorBlob(set_.base, row, set_.dimensions), marks_[row]);
        },
        [](size_t, const std::vector<std::string>&) {});
    // Until all are in the graph.
    while (!ways_->IsReady(&clients_)) {
    }
    Note(end - begin, Seconds() - began, clients_.ServerCpuSeconds() - cpu, rounds);
  }
  void SearchHere(const Nearest& nearest, size_t queries, VectorSearchOptions options, Rounds* rounds) {
    options.k = kNearest;
    options.width = width_;
    std::vector<VectorMatch> matches;
    std::vector<std::vector<int32_t>> found(queries);
    const double began = Seconds(), cpu = CpuSeconds();
    for (size_t query = 0; query < queries; ++query) {
      index_.Search(set_.queries.data() + query * set_.dimensions, options, context_.get(), &matches);
      for (const VectorMatch& match : matches) found[query].push_back(static_cast<int32_t>(match.label));
    }
    Note(queries, Seconds() - began, CpuSeconds() - cpu, rounds);
    for (size_t query = 0; query < queries; ++query) Count(nearest[query], found[query], rounds);
  }
  void SearchThere(const Nearest& nearest, size_t queries, size_t share, bool scans, Rounds* rounds) {
    std::vector<std::vector<std::string>> found(queries);
    const double cpu = clients_.ServerCpuSeconds();
    const double seconds = clients_.Run(
        queries, [&](Client& client, size_t query) { ways_->Search(&client, Query(query), share, scans); },
        [&](size_t query, const std::vector<std::string>& reply) { found[query] = reply; });
    Note(queries, seconds, clients_.ServerCpuSeconds() - cpu, rounds);
    for (size_t query = 0; query < queries; ++query) Count(nearest[query], ways_->Found(found[query]), rounds);
  }

  const VectorSet set_;
  const size_t width_;
  const std::unique_ptr<Ways> ways_;
  std::vector<uint64_t> marks_;
  HnswIndex index_;
  Random random_{1};
  const SearchContextPtr context_ = MakeSearchContext();
  PreparedVector prepared_;
  Clients clients_;
};

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
  if (argc < 4) kvorum::Die("served PORT STEM DIMENSIONS [ROWS [WIDTH [sets|fields]]]");
  kvorum::VectorSet set = kvorum::ReadVectorSet(argv[2], std::strtoul(argv[3], nullptr, 10));
  const size_t rows = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : set.rows();
  if (rows < set.rows()) set.base.resize(rows * set.dimensions);
  kvorum::Normalize(&set.base, set.dimensions);
  kvorum::Normalize(&set.queries, set.dimensions);
  kvorum::ComputeNearest(&set);
  const size_t width = argc > 5 ? std::strtoul(argv[5], nullptr, 10) : 64;
  std::unique_ptr<kvorum::Ways> ways;
  if (argc > 6 && std::string_view(argv[6]) == "fields") {
    ways = std::make_unique<kvorum::FieldWays>(width);
  } else {
    ways = std::make_unique<kvorum::SetWays>(width);
  }
  kvorum::Comparison comparison(std::atoi(argv[1]), std::move(set), width, std::move(ways));
  comparison.Add();
  comparison.Search();
  for (size_t share = 0; share < kvorum::kShares.size(); ++share) comparison.SearchFiltered(share);
}
