// Session: what the shard knows of one client connection, whatever carries it. The server derives its connections from it.
//
// Threads: the shard's. Ownership: the server owns sessions and removes them from the shard (Shard::Remove) before they go.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "commands/context.h"
#include "shard/commit.h"
#include "shard/output.h"

namespace kvorum {

// A command with arguments of its own, to be run later.
struct StoredCommand {
  const Command* command = nullptr;
  std::vector<std::string> args;

  StoredCommand() = default;
  StoredCommand(const Command* command, Arguments arguments)
      : command(command), args(arguments.begin(), arguments.end()) {}
  std::vector<std::string_view> Views() const { return {args.begin(), args.end()}; }
  size_t bytes() const {
    size_t sum = 0;
    for (const std::string& arg : args) sum += arg.size() + sizeof(std::string);
    return sum;
  }
};

class Session;

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkip };  // CLIENT REPLY; kSkip: this command's

// Why a session does not run commands now.
enum class BlockReason : uint8_t { kNone, kKeys, kPaused, kSync, kVectors };

struct WatchedKey {
  int db;
  std::string key;
  bool was_expired;  // already when WATCH saw it: its disappearance changes nothing
};

// A key that a blocked session waits for, and its place among those who do.
struct BlockedKey {
  std::string key;
  std::list<Session*>::iterator place;
};

// What a session listens to, of one kind: the name, which is the topic's (shard/pubsub.h), and the session's place among its
// subscribers.
using Subscriptions = std::map<std::string_view, size_t>;

// CLIENT TRACKING.
struct TrackingState {
  bool on = false;
  bool broadcast = false;
  bool opt_in = false;
  bool opt_out = false;
  bool no_loop = false;
  bool caching = false;  // CLIENT CACHING was said, for the next command: track it with opt_in, do not with opt_out
  bool broken_redirect = false;
  int64_t redirect = 0;  // a session's id; 0: itself
  std::set<std::string, std::less<>> prefixes;
};

// Bytes that came in and were not executed yet, and what memory is there for them (qbuf, qbuf-free).
struct InputUsage {
  size_t bytes = 0;       // read, and either unfinished or of the requests being executed
  size_t free_bytes = 0;  // room for more
  size_t own_bytes = 0;   // memory that only this session uses
};

class Session {
 public:
  virtual ~Session() = default;

  // Called by the shard: there is something in `output`, or the session may run commands again, or is to be closed.
  virtual void Wake() = 0;

  // For CLIENT LIST.
  virtual InputUsage input_usage() const { return {}; }
  virtual bool waits_for_writing() const { return false; }
  // Of the object itself.
  virtual size_t object_bytes() const { return sizeof(Session); }

  // --- State. First, as each command looks at it: together it takes few cache lines.
  int db = 0;
  int resp = 2;
  bool authenticated = false;
  bool is_monitor = false;
  bool no_evict = false;
  bool no_touch = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  // CLIENT DURABILITY: what it asks for itself; else it is as the settings say.
  bool has_own_durability = false;
  Durability own_durability = Durability::kPeriodic;
  const Command* last_command = nullptr;
  uint64_t commands_run = 0;
  bool internal = false;  // not a connection: replays effects, expires keys
  bool in_multi = false;
  bool close_after_reply = false;
  bool close_now = false;
  BlockReason blocked = BlockReason::kNone;  // why it does not run commands now
  int64_t last_interaction_ms = 0;
  Output output;
  bool saw_unwritten = false;       // in this turn it may have seen what the log failed to write
  int64_t soft_limit_since_ms = 0;  // output above its soft limit since; 0: it is not

  // --- Who it is
  int64_t id = 0;
  std::string address;  // "127.0.0.1:50000" or a unix socket's "/path:0"
  std::string local_address;
  int fd = -1;  // for CLIENT LIST
  std::string name;
  std::string library_name;
  std::string library_version;
  int64_t created_ms = 0;
  bool is_unix_socket = false;
  // On this machine, for enable-debug-command and the like.
  bool is_local() const { return is_unix_socket || address.starts_with("127.0.0.1:") || address.starts_with("[::1]:"); }

  // --- Transactions
  bool multi_failed = false;     // a command could not be queued: EXEC aborts
  bool watch_broken = false;     // a watched key has changed: EXEC replies null
  bool executing_multi = false;  // inside EXEC
  size_t multi_bytes = 0;
  std::vector<StoredCommand> queued;
  std::vector<WatchedKey> watched;

  // --- Publish and subscribe
  Subscriptions channels;
  Subscriptions patterns;
  Subscriptions shard_channels;
  size_t subscriptions() const { return channels.size() + patterns.size(); }
  bool is_subscriber() const { return subscriptions() + shard_channels.size() > 0; }

  TrackingState tracking;

  // --- Blocking
  StoredCommand blocked_command;
  std::vector<BlockedKey> blocked_keys;
  int blocked_db = 0;
  ObjectType blocked_type = ObjectType::kList;
  int64_t blocked_until_ms = Entry::kNoDeadline;
  TimeoutReply blocked_reply = TimeoutReply::kNullArray;
  uint64_t awaited_index = 0;  // of the journal, or the number of an awaited search

  // Appends what is protocol already, and wakes the session.
  void Send(std::string_view bytes) {
    output.Append(bytes);
    Wake();
  }
  void CloseNow() {
    close_now = true;
    Wake();
  }
  void CloseAfterReply() {
    close_after_reply = true;
    Wake();
  }
};

}  // namespace kvorum
