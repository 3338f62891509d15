// filtered NAME STEM DIMENSIONS [WIDTH [CACHE]]: searches with a filter beside scanning the matches, at 50, 10, 1 and 0.1 % selectivity.
//
// Which vectors match is drawn at random. "list": the index is given all matching slots; "asked": it can only ask of each. Scanning is a FlatIndex
// over the same codes, given the list, which is the least that any scan takes. Interleaved rounds, medians, by the thread's processor time;
// recall@10 is against the exact nearest of the matches.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/random.h"
#include "bench/vectors/built_index.h"
#include "bench/vectors/data.h"
#include "vector/flat_index.h"

namespace kvorum {
namespace {

constexpr size_t kRounds = 5;
constexpr size_t kQueries = 200;

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// By labels, which are rows; slots differ from one index to another.
class RowFilter final : public VectorFilter {
 public:
  RowFilter(const VectorIndex& index, const std::vector<bool>& rows, bool knows) : rows_(rows), knows_(knows) {
    for (VectorSlot slot = 0; slot < rows.size(); ++slot) {
      if (rows[index.LabelOf(slot)]) slots_.push_back(slot);
    }
  }
  bool Matches(VectorSlot, VectorLabel label) const override { return rows_[label]; }
  const std::vector<VectorSlot>* Slots() const override { return knows_ ? &slots_ : nullptr; }

 private:
  const std::vector<bool>& rows_;
  bool knows_;
  std::vector<VectorSlot> slots_;
};

struct Way {
  const char* name;
  const VectorIndex* index;
  const VectorFilter* filter;
  std::vector<double> rates;
  double recall = 0;
};

void Round(const VectorSet& set, const std::vector<std::vector<int32_t>>& exact, size_t width, Way* way) {
  const SearchContextPtr context = MakeSearchContext();
  std::vector<VectorMatch> matches;
  size_t found = 0, wanted = 0;
  const double begin = CpuSeconds();
  for (size_t query = 0; query < kQueries; ++query) {
    way->index->Search(set.queries.data() + query * set.dimensions,
                       {.k = kNearest, .width = width, .filter = way->filter}, context.get(), &matches);
    wanted += exact[query].size();
    for (const int32_t row : exact[query]) {
      for (const VectorMatch& match : matches) found += match.label == static_cast<VectorLabel>(row) ? 1 : 0;
    }
  }
  way->rates.push_back(static_cast<double>(kQueries) / (CpuSeconds() - begin));
  way->recall = static_cast<double>(found) / static_cast<double>(wanted);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int Main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: filtered NAME STEM DIMENSIONS [WIDTH [CACHE]]\n");
    return 2;
  }
  const VectorSet set = ReadVectorSet(argv[2], std::strtoul(argv[3], nullptr, 10));
  const size_t width = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 64;
  const auto index = BuildIndex(set, 2, 2, argc > 5 ? argv[5] : "");
  VectorIndexSettings settings = index->settings();
  settings.train_after = 4000;
  FlatIndex flat(settings);
  for (size_t row = 0; row < set.rows(); ++row) flat.Add(set.base.data() + row * set.dimensions, row);
  std::printf("%s: %zu vectors of %zu dimensions, width %zu\n", argv[1], set.rows(), set.dimensions, width);
  Random random(1);
  for (const double selectivity : {0.5, 0.1, 0.01, 0.001}) {
    std::vector<bool> matching(set.rows());
    for (size_t row = 0; row < set.rows(); ++row) matching[row] = random.Fraction() < selectivity;
    const auto exact = NearestMatching(set, matching, kQueries);
    const RowFilter list(*index, matching, true), asked(*index, matching, false), scan(flat, matching, true);
    std::vector<Way> ways = {
        {"list", index.get(), &list, {}}, {"asked", index.get(), &asked, {}}, {"scan", &flat, &scan, {}}};
    for (size_t round = 0; round < kRounds; ++round) {
      for (Way& way : ways) Round(set, exact, width, &way);
    }
    const double scanning = Median(ways[2].rates);
    for (const Way& way : ways) {
      std::printf("%5.1f %%  %-5s recall %.4f, %9.0f queries a second, %6.2f of scanning\n", selectivity * 100,
                  way.name, way.recall, Median(way.rates), Median(way.rates) / scanning);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace kvorum

int main(int argc, char** argv) { return kvorum::Main(argc, argv); }
