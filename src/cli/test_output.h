// Running a subcommand in a test: its words, its exit status, and what it printed.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvorum {

struct Output {
  int status = 0;
  std::string out;
  std::string error;
};

// `words` begin with the subcommand.
inline Output RunMain(int (*main)(int, char**), std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Output output;
  output.status = main(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(nullptr);
  output.out = testing::internal::GetCapturedStdout();
  output.error = testing::internal::GetCapturedStderr();
  return output;
}

}  // namespace kvorum
