// RequestMaker: random commands of all kinds, mostly such that work: each key's name says its type.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace kvorum::sim {

class RequestMaker {
 public:
  struct Options {
    int databases = 3;
    uint64_t keys_a_type = 4;
    uint64_t big_percent = 1;      // of values, that are big ones
    uint64_t search_percent = 10;  // of commands, that are of vector sets and search
  };
  RequestMaker(Random& random, Options options) : random_(random), options_(options) {}

  // A command's words. `unix_ms`: the time now, for deadlines.
  std::vector<std::string> Any(int64_t unix_ms);
  // One that blocks if its keys are empty.
  std::vector<std::string> Blocking(int64_t unix_ms);

 private:
  // Many elements at once, where there may be big values.
  std::vector<std::string> Bulk();
  std::vector<std::string> Fill(const char* pattern, int64_t unix_ms);
  std::string Placeholder(char kind, int64_t unix_ms);
  std::string Key(char type);
  std::string Value();
  std::string Vector();
  std::string Json(int depth);
  std::string BigValue();

  Random& random_;
  const Options options_;
};

}  // namespace kvorum::sim
