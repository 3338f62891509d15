// LineInput: lines that somebody types, or that a program hands over.
//
// At a terminal a line can be edited, and earlier ones come back with the arrow keys (libedit; the user's ~/.editrc counts). Elsewhere lines are read as they are.
//
// Threads: one, and one at a time in the process.
#pragma once

#include <string>

namespace kvorum {

class LineInput {
 public:
  LineInput();

  bool is_terminal() const { return is_terminal_; }
  // False: the input has ended. `prompt` is for terminals.
  [[nodiscard]] bool Read(const char* prompt, std::string* line);

 private:
  const bool is_terminal_;
  bool has_ended_ = false;
};

}  // namespace kvorum
