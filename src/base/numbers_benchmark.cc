#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/numbers.h"
#include "base/random.h"

namespace kvorum {
namespace {

std::vector<double> Fractions() {
  Random random(1);
  std::vector<double> values(1024);
  for (double& value : values) value = random.Fraction() * 1000;
  return values;
}

void FormatFraction(benchmark::State& state) {
  std::vector<double> values = Fractions();
  char out[kMaxDoubleChars];
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(FormatDouble(values[i++ % 1024], out));
}
BENCHMARK(FormatFraction);

void ParseFraction(benchmark::State& state) {
  std::vector<std::string> texts;
  char out[kMaxDoubleChars];
  for (double value : Fractions()) texts.emplace_back(out, FormatDouble(value, out));
  size_t i = 0;
  double value;
  for (auto _ : state) benchmark::DoNotOptimize(ParseDouble(texts[i++ % 1024], &value));
}
BENCHMARK(ParseFraction);

void FormatInteger(benchmark::State& state) {
  char out[kMaxInt64Chars];
  int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(FormatInt64(i += 123457, out));
}
BENCHMARK(FormatInteger);

void ParseInteger(benchmark::State& state) {
  std::string text = "1234567890";
  int64_t value;
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(ParseInt64(text, &value));
  }
}
BENCHMARK(ParseInteger);

}  // namespace
}  // namespace kvorum
