// Reading redis.conf files and the command line.
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/quote.h"
#include "protocol/request.h"
#include "server/config.h"

namespace kvorum {
namespace {

constexpr int kMaxIncludeDepth = 16;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool ReadAll(const std::string& path, std::string* text, std::string* error) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "r");
  if (file == nullptr) {
    *error = "Fatal error, can't open config file '" + path + "': " + std::strerror(errno);
    return false;
  }
  char block[4096];
  size_t got;
  while ((got = std::fread(block, 1, sizeof(block), file)) > 0) text->append(block, got);
  const bool failed = std::ferror(file) != 0;
  if (failed) *error = "Fatal error, can't read config file '" + path + "': " + std::strerror(errno);
  if (file != stdin) std::fclose(file);
  return !failed;
}

// "redis.conf" -> the same with its folder, as it can be opened after a change of folder.
std::string AbsolutePath(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

}  // namespace

bool Config::LoadLine(std::string_view line, std::string* error) {
  std::vector<std::string> words;
  if (!SplitArguments(line, &words)) {
    *error = "Unbalanced quotes in configuration line";
    return false;
  }
  if (words.empty()) return true;
  const Words values = Words(words).subspan(1);
  if (SameWord(words[0], "include")) {
    if (values.size() != 1) return WrongNumber(error);
    return Include(values[0], error);
  }
  Directive* directive = Find(words[0]);
  if (directive == nullptr) {
    *error = "Bad directive or wrong number of arguments: there is no directive '" + words[0] + "'.";
    const std::string_view nearest = Nearest(words[0]);
    if (!nearest.empty()) *error += " Did you mean '" + std::string(nearest) + "'?";
    *error += "\n`kvorum server --help` tells how to list them all.";
    return false;
  }
  return directive->Assign(values, true, error);
}

bool Config::LoadText(std::string_view text, const std::string& source, std::string* error) {
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    std::string why;
    if (LoadLine(line, &why)) continue;
    if (why.starts_with("\n***")) {
      *error = why;  // from an included file: it names the place
    } else {
      *error = "\n*** FATAL CONFIG ERROR (Kvorum) ***\nReading " + source + ", at line " + std::to_string(number) +
               "\n>>> '" + std::string(line) + "'\n" + why + "\n";
    }
    return false;
  }
  return true;
}

bool Config::Include(const std::string& pattern, std::string* error) {
  if (include_depth_ >= kMaxIncludeDepth) {
    *error = "too many files include one another";
    return false;
  }
  std::vector<std::string> paths = {pattern};
  if (pattern.find_first_of("*?[") != std::string::npos) {
    // No file that matches is no error: conf.d/*.conf of an empty folder.
    paths.clear();
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
  }
  ++include_depth_;
  bool loaded = true;
  for (const std::string& path : paths) {
    std::string text;
    loaded = ReadAll(path, &text, error) && LoadText(text, "the configuration file " + path, error);
    if (!loaded) break;
  }
  --include_depth_;
  return loaded;
}

bool Config::LoadFile(const std::string& path, std::string* error) {
  std::string text;
  if (!ReadAll(path, &text, error)) return false;
  if (path != "-") file_ = AbsolutePath(path);
  return LoadText(text, path == "-" ? "the configuration from standard input" : "the configuration file " + path,
                  error);
}

bool Config::LoadArguments(std::span<const std::string> args, std::string* error) {
  size_t i = 0;
  if (!args.empty() && (args[0] == "-" || !args[0].starts_with("-"))) {
    if (!LoadFile(args[0], error)) return false;
    i = 1;
  }
  // Options become lines of a file. A word that begins with "--" is the value of an option that has none yet; otherwise it
  // begins the next. `save` alone means no saving, as in a file.
  std::string text;
  bool wants_value = false;
  bool is_save = false;
  for (; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "-" && text.empty()) {
      if (!LoadFile("-", error)) return false;
      continue;
    }
    if (arg.starts_with("--") && (!wants_value || is_save)) {
      if (is_save && wants_value) text += " \"\"";
      if (!text.empty()) text += '\n';
      text += arg.substr(2);
      is_save = SameWord(arg, "--save");
      wants_value = arg.find(' ') == std::string::npos;
    } else if (text.empty()) {
      text = arg;  // `loglevel verbose`, without the dashes
      wants_value = true;
    } else {
      text += ' ' + InQuotes(arg);
      // After a value that itself begins with dashes, the next such word is an option again.
      wants_value = false;
    }
  }
  if (is_save && wants_value) text += " \"\"";
  return LoadText(text, "the command line", error);
}

}  // namespace kvorum
