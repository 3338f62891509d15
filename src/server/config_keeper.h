// ConfigKeeper: adds directives that keep their values themselves, as nothing reads them.
//
// Threads: the shard's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace kvorum {

struct ConfigKeeper {
  Config& config;

  Directive& Bool(std::string_view name, bool value, uint32_t flags = 0) {
    return config.Add<BoolDirective>(name, flags, nullptr, value);
  }
  Directive& Number(std::string_view name, int64_t value, IntegerDirective::Range range = {}, uint32_t flags = 0) {
    return config.Add<IntegerDirective>(name, flags, nullptr, range, value);
  }
  Directive& Text(std::string_view name, std::string value = {}, uint32_t flags = 0,
                  TextDirective::Check check = nullptr) {
    return config.Add<TextDirective>(name, flags, nullptr, std::move(value), check);
  }
  Directive& Word(std::string_view name, std::string value, const std::vector<std::string_view>& words,
                  uint32_t flags = 0) {
    ChoiceDirective<std::string>::Choices choices;
    for (std::string_view word : words) choices.emplace_back(word, std::string(word));
    return config.Add<ChoiceDirective<std::string>>(name, flags, nullptr, std::move(choices), std::move(value));
  }
};

}  // namespace kvorum
