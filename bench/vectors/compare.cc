// compare NAME STEM DIMENSIONS [--only ENGINE,...] [--rounds N] [--refine BITS] [--cache FILE]: the vector index beside hnswlib and
// Faiss, in one process and one run.
//
// Every engine builds on two threads (M 16, build width 200), then answers all queries on one thread, in rounds, one engine after
// another, timed by the thread's processor time; of each engine the smallest search width that reaches recall@10 of 0.95 and of 0.99 counts. Prints medians, and ratios
// to the vector index: queries a second, vectors built a second, bytes a vector (what jemalloc had handed out more after the build than
// before, all memory of the process being jemalloc's). --cache: builds the vector index, and hnswlib's, only if FILE, and FILE.hnswlib, do not hold it, for
// tuning searches.
#include <faiss/IndexHNSW.h>
#include <hnswlib/hnswlib.h>
#include <jemalloc/jemalloc.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/vectors/built_index.h"
#include "bench/vectors/data.h"
#include "vector/hnsw_file.h"
#include "vector/hnsw_index.h"

namespace kvorum {
namespace {

constexpr size_t kM = 16;
constexpr size_t kBuildWidth = 200;
constexpr size_t kThreads = 2;

double Seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Of this thread, or of the process: so that what else the machine does counts for less.
double CpuSeconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

size_t AllocatedByAll() {
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  size_t bytes = 0;
  size = sizeof(bytes);
  mallctl("stats.allocated", &bytes, &size, nullptr, 0);
  return bytes;
}

class Engine {
 public:
  virtual ~Engine() = default;
  virtual void Build(const VectorSet& set) = 0;
  // The rows nearest to the query, kNearest of them.
  virtual void Search(const float* query, size_t width, int64_t* rows) = 0;

  std::string name;
  double build_seconds = 0;
  double build_cpu_seconds = 0;
  double bytes_each = 0;
};

class Ours final : public Engine {
 public:
  Ours(unsigned refine_bits, std::string cache) : refine_bits_(refine_bits), cache_(std::move(cache)) {
    name = "kvorum";
  }

  void Build(const VectorSet& set) override { index_ = BuildIndex(set, refine_bits_, kThreads, cache_); }

  // Through a file that is as good as memory: what a restart takes beyond reading.
  void SaveAndLoad() {
    std::vector<std::string> pieces;
    double begin = Seconds();
    size_t bytes = 0;
    HnswSaver saver(*index_);
    for (std::string piece; saver.Next(&piece); bytes += piece.size()) pieces.push_back(piece);
    const double saving = Seconds() - begin;
    begin = Seconds();
    HnswLoader loader(true);
    for (const std::string& piece : pieces) {
      if (!loader.Take(piece)) break;
    }
    std::unique_ptr<HnswIndex> loaded = loader.Finish();
    if (loaded == nullptr) {
      std::printf("load    %s\n", loader.error());
      return;
    }
    std::printf("file    kvorum    %.0f MB, made in %.2f s, loaded in %.2f s\n", static_cast<double>(bytes) / 1e6,
                saving, Seconds() - begin);
    index_ = std::move(loaded);
  }

  void Search(const float* query, size_t width, int64_t* rows) override {
    index_->Search(query, {.k = kNearest, .width = width}, context_.get(), &matches_);
    for (size_t i = 0; i < matches_.size(); ++i) rows[i] = static_cast<int64_t>(matches_[i].label);
  }

 private:
  unsigned refine_bits_;
  std::string cache_;
  std::unique_ptr<HnswIndex> index_;
  SearchContextPtr context_ = MakeSearchContext();
  std::vector<VectorMatch> matches_;
};

class Hnswlib final : public Engine {
 public:
  explicit Hnswlib(std::string cache) : cache_(std::move(cache)) { name = "hnswlib"; }

  void Build(const VectorSet& set) override {
    space_ = std::make_unique<hnswlib::L2Space>(set.dimensions);
    if (!cache_.empty() && std::ifstream(cache_)) {
      index_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), cache_);
      return;
    }
    index_ = std::make_unique<hnswlib::HierarchicalNSW<float>>(space_.get(), set.rows(), kM, kBuildWidth);
    index_->addPoint(set.base.data(), 0);
    std::atomic<size_t> next{1};
    const auto work = [&] {
      for (size_t row; (row = next++) < set.rows();) index_->addPoint(set.base.data() + row * set.dimensions, row);
    };
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    if (!cache_.empty()) index_->saveIndex(cache_);
  }

  void Search(const float* query, size_t width, int64_t* rows) override {
    index_->setEf(width);
    auto results = index_->searchKnn(query, kNearest);
    for (size_t i = 0; !results.empty(); ++i, results.pop()) rows[i] = static_cast<int64_t>(results.top().second);
  }

 private:
  std::string cache_;
  std::unique_ptr<hnswlib::L2Space> space_;
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> index_;
};

class Faiss final : public Engine {
 public:
  explicit Faiss(bool quantized) : quantized_(quantized) { name = quantized ? "faiss-sq" : "faiss"; }

  void Build(const VectorSet& set) override {
    const int d = static_cast<int>(set.dimensions);
    if (quantized_) {
      index_ = std::make_unique<faiss::IndexHNSWSQ>(d, faiss::ScalarQuantizer::QT_8bit, static_cast<int>(kM));
    } else {
      index_ = std::make_unique<faiss::IndexHNSWFlat>(d, static_cast<int>(kM));
    }
    index_->hnsw.efConstruction = kBuildWidth;
    omp_set_num_threads(kThreads);
    const auto rows = static_cast<faiss::Index::idx_t>(set.rows());
    if (!index_->is_trained) index_->train(rows, set.base.data());
    index_->add(rows, set.base.data());
    omp_set_num_threads(1);
  }

  void Search(const float* query, size_t width, int64_t* rows) override {
    index_->hnsw.efSearch = static_cast<int>(width);
    float distances[kNearest];
    index_->search(1, query, kNearest, distances, rows);
  }

 private:
  bool quantized_;
  std::unique_ptr<faiss::IndexHNSW> index_;
};

// All queries once; the seconds it took, and the recall.
double RunQueries(const VectorSet& set, Engine* engine, size_t width, double* recall) {
  std::vector<int64_t> rows(set.query_rows() * kNearest, -1);
  const double begin = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  for (size_t query = 0; query < set.query_rows(); ++query) {
    engine->Search(set.queries.data() + query * set.dimensions, width, rows.data() + query * kNearest);
  }
  const double seconds = CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  size_t found = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t first = i / kNearest * kNearest;
    const auto* wanted = set.nearest.data() + first;
    found += std::find(wanted, wanted + kNearest, rows[i]) != wanted + kNearest ? 1 : 0;
  }
  *recall = static_cast<double>(found) / static_cast<double>(rows.size());
  return seconds;
}

// The smallest width, in steps of 2 % or 1, that reaches the recall; 0: none up to 2,000.
size_t WidthFor(const VectorSet& set, Engine* engine, double wanted) {
  double recall = 0;
  size_t below = kNearest - 1, above = kNearest;
  for (;; above = above + above / 2) {
    if (above > 2000) return 0;
    RunQueries(set, engine, above, &recall);
    if (recall >= wanted) break;
    below = above;
  }
  while (above - below > std::max<size_t>(1, above / 50)) {
    const size_t middle = (above + below) / 2;
    RunQueries(set, engine, middle, &recall);
    (recall >= wanted ? above : below) = middle;
  }
  return above;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Options {
  std::string only;
  size_t rounds = 7;
  unsigned refine_bits = 2;
  std::string cache;
};

void Compare(const VectorSet& set, const Options& options) {
  std::vector<std::unique_ptr<Engine>> engines;
  const auto wanted = [&](const char* name) {
    return options.only.empty() || ("," + options.only + ",").find(std::string(",") + name + ",") != std::string::npos;
  };
  if (wanted("kvorum")) engines.push_back(std::make_unique<Ours>(options.refine_bits, options.cache));
  if (wanted("hnswlib"))
    engines.push_back(std::make_unique<Hnswlib>(options.cache.empty() ? "" : options.cache + ".hnswlib"));
  if (wanted("faiss")) engines.push_back(std::make_unique<Faiss>(false));
  if (wanted("faiss-sq")) engines.push_back(std::make_unique<Faiss>(true));
  for (const auto& engine : engines) {
    const size_t before = AllocatedByAll();
    const double begin = Seconds();
    const double cpu_begin = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
    engine->Build(set);
    engine->build_seconds = Seconds() - begin;
    engine->build_cpu_seconds = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
    engine->bytes_each = static_cast<double>(AllocatedByAll() - before) / static_cast<double>(set.rows());
    const Engine& ours = *engines.front();
    std::printf("build   %-9s %8.1f s (%.1f of processors) on %zu threads, %8.0f vectors a second, %6.0f bytes each",
                engine->name.c_str(), engine->build_seconds, engine->build_cpu_seconds, kThreads,
                static_cast<double>(set.rows()) / engine->build_seconds, engine->bytes_each);
    std::printf("   kvorum builds %.2f times as fast, in %.3f of the bytes\n",
                engine->build_seconds / ours.build_seconds, ours.bytes_each / engine->bytes_each);
    std::fflush(stdout);
  }
  if (auto* ours = dynamic_cast<Ours*>(engines.front().get())) ours->SaveAndLoad();
  for (const double target : {0.95, 0.99}) {
    std::vector<size_t> widths;
    std::vector<std::vector<double>> rates(engines.size());
    std::vector<double> recalls(engines.size());
    for (const auto& engine : engines) widths.push_back(WidthFor(set, engine.get(), target));
    for (size_t round = 0; round < options.rounds; ++round) {
      for (size_t i = 0; i < engines.size(); ++i) {
        if (widths[i] == 0) continue;
        const double seconds = RunQueries(set, engines[i].get(), widths[i], &recalls[i]);
        rates[i].push_back(static_cast<double>(set.query_rows()) / seconds);
      }
    }
    for (size_t i = 0; i < engines.size(); ++i) {
      if (widths[i] == 0) {
        std::printf("%.2f    %-9s does not get there\n", target, engines[i]->name.c_str());
        continue;
      }
      std::printf("%.2f    %-9s width %4zu, recall %.4f, %8.0f queries a second (%.0f to %.0f)", target,
                  engines[i]->name.c_str(), widths[i], recalls[i], Median(rates[i]),
                  *std::min_element(rates[i].begin(), rates[i].end()),
                  *std::max_element(rates[i].begin(), rates[i].end()));
      if (widths[0] != 0) std::printf("   kvorum: %.2f times", Median(rates[0]) / Median(rates[i]));
      std::printf("\n");
    }
    std::fflush(stdout);
  }
}

int Main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(
        stderr,
        "usage: compare NAME STEM DIMENSIONS [--only ENGINE,...] [--rounds N] [--refine BITS] [--cache FILE]\n");
    return 2;
  }
  Options options;
  for (int i = 4; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--only") options.only = argv[i + 1];
    if (option == "--cache") options.cache = argv[i + 1];
    if (option == "--rounds") options.rounds = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--refine") options.refine_bits = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
  }
  const VectorSet set = ReadVectorSet(argv[2], std::strtoul(argv[3], nullptr, 10));
  std::printf("%s: %zu vectors of %zu dimensions, %zu queries; M %zu, build width %zu; kernels %s\n", argv[1],
              set.rows(), set.dimensions, set.query_rows(), kM, kBuildWidth, BestKernels().name);
  Compare(set, options);
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) { return kvorum::Main(argc, argv); }
