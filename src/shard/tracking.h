// Tracking: helps clients to keep copies of what they read: tells them when it changes (CLIENT TRACKING).
//
// Two ways: the table remembers, for each key read by a tracking session, the sessions that have read it, and forgets them once they are
// told that it changed; or, by broadcast, sessions name prefixes and are told, once a turn, of all keys below them that changed.
// The table names keys without their database, as the messages do: a change in another one may be told too, never one too few.
// Above tracking-table-max-keys some keys are forgotten, and their readers told so as if they had changed.
//
// A message goes to the session itself by RESP3's pushes, or, with a redirection, to another one: by a push, or, in RESP2, like a
// message on the channel __redis__:invalidate if it is subscribed to anything.
//
// Threads: the shard's. Ownership: owns table and prefixes; borrows sessions, which must be disabled before they go. Complexity: O(log
// tracking sessions) for each reader told, O(prefixes) for each change while anybody broadcasts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/command_keys.h"
#include "shard/session.h"
#include "structures/hash_table.h"

namespace kvorum {

class Shard;

class Tracking {
 public:
  explicit Tracking(Shard& shard) : shard_(shard) {}
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;
  ~Tracking() { Forget(); }

  // Turns it on, or changes its options. `options`: all of it but what is remembered from call to call. Prefixes add up; a
  // broadcast without any is for all keys.
  void Enable(Session& session, const TrackingState& options);
  void Disable(Session& session);

  // Whether any session tracks: only then the calls below are needed.
  bool active() const { return !sessions_.empty(); }
  // A command of the session has read.
  void RememberKeys(Session& session, const Command& command, Arguments args);
  void KeyChanged(std::string_view key, const Session* by);
  // FLUSHDB, FLUSHALL.
  void AllKeysChanged();
  // To the session whose command has run and replied: what changed under it meanwhile.
  void SendHeld(Session& session);
  // At the end of a turn.
  void Broadcast();
  // Forgets keys above the limit: about as many as came since the last call, and more each time that is not enough, so that a
  // limit that is lowered is reached soon without a long stop.
  void LimitTable(int64_t max_keys);

  // For INFO.
  size_t session_count() const { return sessions_.size(); }
  size_t key_count() const { return table_.size(); }
  size_t item_count() const { return items_; }
  size_t prefix_count() const { return prefixes_.size(); }

 private:
  struct TrackedKey {
    std::string key;
    std::vector<int64_t> readers;  // ids, in order; some may be gone
  };
  struct Traits {
    static std::string_view Key(const TrackedKey* tracked) { return tracked->key; }
  };
  static constexpr int64_t kSeveral = -1;
  struct Prefix {
    std::map<int64_t, Session*> sessions;
    std::map<std::string, int64_t, std::less<>> changed;  // by which session: its id, 0 for none, or kSeveral
  };

  void Invalidate(TrackedKey** slot, uint64_t hash);
  // Sends "this changed" in the name of a tracking session. `keys`: an array of names, or null, as protocol.
  void Send(Session& session, std::string_view keys);
  void SendAll(Session& session);
  void Forget();

  Shard& shard_;
  std::map<int64_t, Session*> sessions_;
  HashTable<TrackedKey, Traits> table_;
  size_t items_ = 0;
  size_t added_ = 0;  // keys, since LimitTable
  size_t rounds_over_limit_ = 0;
  std::map<std::string, Prefix, std::less<>> prefixes_;
  bool has_changed_prefixes_ = false;
  std::vector<std::optional<std::string>> held_;  // keys to tell the running session of; nullopt: all
  std::vector<KeyRef> keys_;                      // scratch
};

}  // namespace kvorum
