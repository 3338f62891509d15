#include "commands/usage.h"

#include <vector>

#include "commands/command_docs.h"

namespace kvorum {
namespace {

std::string Join(const std::vector<Argument>& arguments, std::string_view separator);

// The argument without its word, brackets and dots.
std::string Body(const Argument& argument) {
  if (argument.type == "block") return Join(argument.arguments, " ");
  if (argument.type != "oneof") return argument.display_text;
  const std::string choices = Join(argument.arguments, " | ");
  // Optional choices need no brackets of their own, unless a word or dots tell them from what is optional.
  const bool bare = argument.optional && !argument.has_token && !argument.multiple;
  return bare ? choices : "<" + choices + ">";
}

std::string Usage(const Argument& argument) {
  const std::string word = argument.has_token && argument.token.empty() ? "\"\"" : std::string(argument.token);
  std::string text;
  if (argument.type == "pure-token") {
    text = word;
  } else {
    const std::string body = Body(argument);
    text = argument.has_token ? word + " " + body : body;
    if (argument.multiple) text += " [" + (argument.multiple_token ? text : body) + " ...]";
  }
  return argument.optional ? "[" + text + "]" : text;
}

std::string Join(const std::vector<Argument>& arguments, std::string_view separator) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += separator;
    text += Usage(argument);
  }
  return text;
}

}  // namespace

std::string UsageOf(const CommandSpec& spec) { return Join(ArgumentsOf(spec), " "); }

}  // namespace kvorum
