// What a row of spec.h says, spelled out: its arguments as a tree, its history and tips as lists, its subcommands; and
// the writers of what COMMAND, COMMAND INFO and COMMAND DOCS reply for it.
//
// Pure functions over constants: any thread. Parsing is done on each call (only COMMAND DOCS needs it); rows that do not
// follow the notation are bugs and fail a CHECK.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_keys.h"
#include "commands/spec.h"

namespace kvorum {

struct Argument {
  std::string name;
  std::string_view type;     // As in COMMAND DOCS: "string", "integer", "oneof", ...
  std::string display_text;  // Empty for oneof and block.
  std::string_view token;    // The word before it, or that it is.
  bool has_token = false;    // A token may be the empty string.
  std::string_view since;
  std::string_view deprecated_since;
  int key_spec_index = -1;
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;
  std::vector<Argument> arguments;  // Of oneof and block.
};

// CommandSpec::syntax as a tree.
std::vector<Argument> ArgumentsOf(const CommandSpec& spec);

struct VersionNote {
  std::string_view version;
  std::string_view text;
};

std::vector<VersionNote> HistoryOf(const CommandSpec& spec);

// When it was deprecated, and for what; both empty where it was not.
VersionNote DeprecationOf(const CommandSpec& spec);

std::vector<std::string_view> TipsOf(const CommandSpec& spec);

// The rows of its subcommands, which follow it. `spec` must be an element of AllCommandSpecs().
std::span<const CommandSpec> SubcommandsOf(const CommandSpec& spec);

// Writers. `Reply` has Array, Map and Set, which take the number of elements (Map: of pairs) and are followed by them,
// and Bulk, Status and Integer. `include(row)` tells which subcommands are listed.

template <typename Reply>
void WriteBits(Reply& reply, uint32_t bits, std::span<const std::string_view> names, std::string_view prefix = {}) {
  reply.Set(static_cast<size_t>(__builtin_popcount(bits)));
  for (size_t i = 0; i < names.size(); ++i) {
    if (!(bits & (1u << i))) continue;
    char text[40];
    const size_t length = prefix.copy(text, prefix.size());
    reply.Status({text, length + names[i].copy(text + length, sizeof text - length)});
  }
}

template <typename Reply>
void WriteKeySpec(Reply& reply, const KeySpec& spec) {
  const auto pair = [&reply](std::string_view name, int64_t value) {
    reply.Bulk(name);
    reply.Integer(value);
  };
  const auto head = [&reply](std::string_view type, size_t size) {
    reply.Map(2);
    reply.Bulk("type");
    reply.Bulk(type);
    reply.Bulk("spec");
    reply.Map(size);
  };
  reply.Map(spec.note.empty() ? 3 : 4);
  if (!spec.note.empty()) {
    reply.Bulk("notes");
    reply.Bulk(spec.note);
  }
  reply.Bulk("flags");
  WriteBits(reply, spec.use, kKeyUseNames);
  reply.Bulk("begin_search");
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      head("index", 1);
      pair("index", spec.begin_index);
      break;
    case KeySpec::Begin::kKeyword:
      head("keyword", 2);
      reply.Bulk("keyword");
      reply.Bulk(spec.keyword);
      pair("startfrom", spec.begin_index);
      break;
    case KeySpec::Begin::kUnknown:
      head("unknown", 0);
      break;
  }
  reply.Bulk("find_keys");
  switch (spec.find) {
    case KeySpec::Find::kRange:
      head("range", 3);
      pair("lastkey", spec.last);
      pair("keystep", spec.step);
      pair("limit", spec.limit);
      break;
    case KeySpec::Find::kKeynum:
      head("keynum", 3);
      pair("keynumidx", spec.keynum_index);
      pair("firstkey", spec.first_key);
      pair("keystep", spec.step);
      break;
    case KeySpec::Find::kUnknown:
      head("unknown", 0);
      break;
  }
}

// One element of COMMAND's and COMMAND INFO's replies.
template <typename Reply, typename Include>
void WriteCommandInfo(Reply& reply, const CommandSpec& spec, const Include& include) {
  const CommandKeys& keys = KeysOf(spec);
  reply.Array(10);
  reply.Bulk(spec.name);
  reply.Integer(spec.arity);
  WriteBits(reply, spec.flags & ~(flag::kProtected | flag::kMayReplicate | flag::kSyscmd), kCommandFlagNames);
  reply.Integer(keys.range.first);
  reply.Integer(keys.range.last);
  reply.Integer(keys.range.step);
  WriteBits(reply, spec.acl_categories, kAclCategoryNames, "@");
  const std::vector<std::string_view> tips = TipsOf(spec);
  reply.Set(tips.size());
  for (const std::string_view tip : tips) reply.Bulk(tip);
  reply.Set(keys.specs.size());
  for (const KeySpec& key : keys.specs) WriteKeySpec(reply, key);
  size_t count = 0;
  for (const CommandSpec& row : SubcommandsOf(spec)) count += include(row) ? 1 : 0;
  // An array where there are some, an empty set where there are none: so Redis replies.
  if (count == 0) {
    reply.Set(0);
  } else {
    reply.Array(count);
  }
  for (const CommandSpec& row : SubcommandsOf(spec)) {
    if (include(row)) WriteCommandInfo(reply, row, include);
  }
}

template <typename Reply>
void WriteArguments(Reply& reply, const std::vector<Argument>& arguments) {
  const auto pair = [&reply](std::string_view name, std::string_view value) {
    reply.Bulk(name);
    reply.Bulk(value);
  };
  reply.Array(arguments.size());
  for (const Argument& argument : arguments) {
    const size_t flag_count = size_t{argument.optional} + size_t{argument.multiple} + size_t{argument.multiple_token};
    reply.Map(2 + size_t{!argument.display_text.empty()} + size_t{argument.key_spec_index >= 0} +
              size_t{argument.has_token} + size_t{!argument.since.empty()} +
              size_t{!argument.deprecated_since.empty()} + size_t{flag_count > 0} +
              size_t{!argument.arguments.empty()});
    pair("name", argument.name);
    pair("type", argument.type);
    if (!argument.display_text.empty()) pair("display_text", argument.display_text);
    if (argument.key_spec_index >= 0) {
      reply.Bulk("key_spec_index");
      reply.Integer(argument.key_spec_index);
    }
    if (argument.has_token) pair("token", argument.token);
    if (!argument.since.empty()) pair("since", argument.since);
    if (!argument.deprecated_since.empty()) pair("deprecated_since", argument.deprecated_since);
    if (flag_count > 0) {
      reply.Bulk("flags");
      reply.Set(flag_count);
      if (argument.optional) reply.Status("optional");
      if (argument.multiple) reply.Status("multiple");
      if (argument.multiple_token) reply.Status("multiple_token");
    }
    if (!argument.arguments.empty()) {
      reply.Bulk("arguments");
      WriteArguments(reply, argument.arguments);
    }
  }
}

// The value that COMMAND DOCS gives for a name.
template <typename Reply, typename Include>
void WriteCommandDocs(Reply& reply, const CommandSpec& spec, const Include& include) {
  const auto pair = [&reply](std::string_view name, std::string_view value) {
    reply.Bulk(name);
    reply.Bulk(value);
  };
  const std::vector<VersionNote> history = HistoryOf(spec);
  const VersionNote deprecation = DeprecationOf(spec);
  const bool deprecated = !deprecation.version.empty();
  const bool syscmd = spec.Is(flag::kSyscmd);
  const std::vector<Argument> arguments = ArgumentsOf(spec);
  size_t subcommands = 0;
  for (const CommandSpec& row : SubcommandsOf(spec)) subcommands += include(row) ? 1 : 0;
  reply.Map(3 + size_t{!spec.complexity.empty()} + size_t{deprecated || syscmd} + (deprecated ? 2 : 0) +
            size_t{!history.empty()} + size_t{!arguments.empty()} + size_t{subcommands > 0});
  pair("summary", spec.summary);
  pair("since", spec.since);
  pair("group", spec.group);
  if (!spec.complexity.empty()) pair("complexity", spec.complexity);
  if (deprecated || syscmd) {
    reply.Bulk("doc_flags");
    reply.Set(size_t{deprecated} + size_t{syscmd});
    if (deprecated) reply.Status("deprecated");
    if (syscmd) reply.Status("syscmd");
  }
  if (deprecated) {
    pair("deprecated_since", deprecation.version);
    pair("replaced_by", deprecation.text);
  }
  if (!history.empty()) {
    reply.Bulk("history");
    reply.Set(history.size());
    for (const VersionNote& note : history) {
      reply.Array(2);
      reply.Bulk(note.version);
      reply.Bulk(note.text);
    }
  }
  if (!arguments.empty()) {
    reply.Bulk("arguments");
    WriteArguments(reply, arguments);
  }
  if (subcommands > 0) {
    reply.Bulk("subcommands");
    reply.Map(subcommands);
    for (const CommandSpec& row : SubcommandsOf(spec)) {
      if (!include(row)) continue;
      reply.Bulk(row.name);
      WriteCommandDocs(reply, row, include);
    }
  }
}

}  // namespace kvorum
