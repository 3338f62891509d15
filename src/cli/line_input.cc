#include "cli/line_input.h"

#include <editline/readline.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

namespace kvorum {

LineInput::LineInput() : is_terminal_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
  // Which bytes are a letter.
  if (is_terminal_) std::setlocale(LC_CTYPE, "");
}

bool LineInput::Read(const char* prompt, std::string* line) {
  line->clear();
  if (is_terminal_) {
    char* const typed = readline(prompt);
    if (typed == nullptr) return false;
    *line = typed;
    if (!line->empty()) add_history(typed);
    std::free(typed);
    return true;
  }
  if (has_ended_) return false;
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') *line += static_cast<char>(c);
  has_ended_ = c == EOF;
  if (line->ends_with('\r')) line->pop_back();  // of a text whose lines end with both
  return !has_ended_ || !line->empty();
}

}  // namespace kvorum
