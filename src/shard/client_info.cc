#include "shard/client_info.h"

#include "commands/table.h"

namespace kvorum {
namespace {

// What a name in a set costs, with the entries elsewhere that point back at the session.
constexpr size_t kNameBytes = 128;

std::string Flags(const Session& session) {
  std::string flags;
  if (session.is_monitor) flags += 'O';
  if (session.is_subscriber()) flags += 'P';
  if (session.in_multi) flags += 'x';
  if (session.blocked != BlockReason::kNone) flags += 'b';
  if (session.tracking.on) flags += 't';
  if (session.tracking.broken_redirect) flags += 'R';
  if (session.tracking.broadcast) flags += 'B';
  if (session.watch_broken) flags += 'd';
  if (session.close_after_reply) flags += 'c';
  if (session.close_now) flags += 'A';
  if (session.is_unix_socket) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

void Field(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += '=';
  out += value;
}

void Field(std::string& out, std::string_view name, int64_t value) { Field(out, name, std::to_string(value)); }
void Field(std::string& out, std::string_view name, size_t value) { Field(out, name, std::to_string(value)); }

}  // namespace

ClientKind KindOf(const Session& session) {
  return session.is_subscriber() ? ClientKind::kPubsub : ClientKind::kNormal;
}

bool ParseClientKind(std::string_view text, ClientKind* kind) {
  if (EqualsIgnoringCase(text, "NORMAL")) {
    *kind = ClientKind::kNormal;
  } else if (EqualsIgnoringCase(text, "SLAVE") || EqualsIgnoringCase(text, "REPLICA")) {
    *kind = ClientKind::kReplica;
  } else if (EqualsIgnoringCase(text, "PUBSUB")) {
    *kind = ClientKind::kPubsub;
  } else if (EqualsIgnoringCase(text, "MASTER")) {
    *kind = ClientKind::kMaster;
  } else {
    return false;
  }
  return true;
}

size_t ClientMemoryBytes(const Session& session, size_t argument_bytes) {
  size_t bytes = session.object_bytes() + session.output.memory_bytes() + session.input_usage().own_bytes;
  bytes += argument_bytes + session.multi_bytes + session.name.size();
  bytes += (session.channels.size() + session.patterns.size() + session.shard_channels.size()) * kNameBytes;
  bytes += (session.tracking.prefixes.size() + session.watched.size()) * kNameBytes;
  return bytes;
}

void AppendClientLine(std::string& out, const Session& session, int64_t now_ms, size_t argument_bytes) {
  const Output& output = session.output;
  const InputUsage input = session.input_usage();
  if (session.blocked != BlockReason::kNone) argument_bytes = session.blocked_command.bytes();
  out += "id=" + std::to_string(session.id);
  Field(out, "addr", session.address);
  Field(out, "laddr", session.local_address);
  Field(out, "fd", static_cast<int64_t>(session.fd));
  Field(out, "name", session.name);
  Field(out, "age", (now_ms - session.created_ms) / 1000);
  Field(out, "idle", (now_ms - session.last_interaction_ms) / 1000);
  Field(out, "flags", Flags(session));
  Field(out, "db", static_cast<int64_t>(session.db));
  Field(out, "sub", session.channels.size());
  Field(out, "psub", session.patterns.size());
  Field(out, "ssub", session.shard_channels.size());
  Field(out, "multi", session.in_multi ? static_cast<int64_t>(session.queued.size()) : -1);
  Field(out, "qbuf", input.bytes);
  Field(out, "qbuf-free", input.free_bytes);
  Field(out, "argv-mem", argument_bytes);
  Field(out, "multi-mem", session.multi_bytes);
  Field(out, "rbs", output.buffer_capacity());
  Field(out, "rbp", output.buffer_peak());
  Field(out, "obl", output.buffer_bytes());
  Field(out, "oll", output.list_length());
  Field(out, "omem", output.list_memory_bytes());
  Field(out, "tot-mem", ClientMemoryBytes(session, argument_bytes));
  Field(out, "events", session.waits_for_writing() ? "rw" : "r");
  Field(out, "cmd", session.last_command == nullptr ? "NULL" : session.last_command->name());
  Field(out, "user", "default");
  Field(out, "redir", session.tracking.on ? session.tracking.redirect : -1);
  Field(out, "resp", static_cast<int64_t>(session.resp));
  Field(out, "lib-name", session.library_name);
  Field(out, "lib-ver", session.library_version);
}

}  // namespace kvorum
