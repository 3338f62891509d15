// Context: all that a command sees while it runs, and all that it says of what it did.
//
// A command is a function of a Context. It reads its arguments, looks keys up (Read, Write), replies, and, when it changed
// something, says so:
//   Changed(key)           once for each key changed: wakes WATCH and client tracking, and counts as a change;
//   Notify(class, "event", key)   the keyspace event;
//   and its effects: what a replica or a recovery must run to get to the same state. A command that changed something and
//   states no effect is its own effect, word for word. It states its own (Effect) when running it again elsewhere or later
//   could end differently: relative times, random choices, floating point, blocking. An expired key that a lookup deletes
//   states that by itself.
// Commands never read a clock or entropy: now_ms and random() are given.
//
// Threads: the shard's. Lifetime: one run of one command; nothing of it may be kept.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "commands/host.h"
#include "keyspace/keyspace.h"
#include "protocol/reply.h"

namespace kvorum {

class Session;
class Shard;
struct Command;

using Arguments = std::span<const std::string_view>;

// Bits for lookups.
namespace lookup {
inline constexpr uint32_t kNoTouch = 1;   // leave the entry's clock alone (TTL, OBJECT, EXISTS, ...)
inline constexpr uint32_t kNoStats = 2;   // count neither hit nor miss
inline constexpr uint32_t kNoNotify = 4;  // no "keymiss" event
// Of Write: the value is not changed in place; what follows are calls of Database, which replace it, take it away, or change its
// deadline or key. So a snapshot that runs need not write a large value first.
inline constexpr uint32_t kWholeValue = 8;
}  // namespace lookup

class Context {
 public:
  Context(CommandHost& host, Session& session, const Command& command, Arguments args, ReplyWriter& reply,
          Keyspace& keyspace, Database& db, int64_t now_ms, Random& random)
      : args(args),
        reply(reply),
        keyspace(keyspace),
        now_ms(now_ms),
        session(session),
        command(command),
        host_(host),
        db_(&db),
        random_(random) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Arguments args;  // args[0] is the command's name, args[1] the subcommand's if it has one
  ReplyWriter& reply;
  Keyspace& keyspace;
  const int64_t now_ms;  // since 1970; the same for all of a transaction
  Session& session;      // opaque to data commands
  const Command& command;

  Database& db() { return *db_; }
  const KeyspaceSettings& settings() const { return keyspace.settings(); }
  Random& random() { return random_; }
  CommandHost& host() { return host_; }

  // --- Keys ---------------------------------------------------------------------------------------------------------

  // The entry of a key, or nullptr. One whose deadline has passed is deleted first, and that is stated. Read counts hits and
  // misses; both renew the entry's clock unless told not to.
  Entry* Read(std::string_view key, uint32_t lookup_flags = 0);
  Entry* Write(std::string_view key, uint32_t lookup_flags = 0);
  // The same in another database.
  Entry* WriteIn(Database& db, std::string_view key, uint32_t lookup_flags = 0);

  // The same for a value of class T (which has T::kType). False: it is of another type, and the error has been replied. True with
  // *object = nullptr: there is no such key.
  template <typename T>
  [[nodiscard]] bool ReadAs(std::string_view key, T** object) {
    return As(Read(key), object);
  }
  template <typename T>
  [[nodiscard]] bool WriteAs(std::string_view key, T** object) {
    return As(Write(key), object);
  }
  template <typename T>
  [[nodiscard]] bool As(Entry* entry, T** object) {
    *object = nullptr;
    if (entry == nullptr) return true;
    if (entry->type() != T::kType) {
      WrongType();
      return false;
    }
    *object = static_cast<T*>(entry->object());
    return true;
  }
  // Of strings. True with *entry = nullptr: no such key.
  [[nodiscard]] bool ReadString(std::string_view key, Entry** entry);
  [[nodiscard]] bool WriteString(std::string_view key, Entry** entry);

  // Creates the key, or replaces its value. A text that is a canonical integer is stored as one.
  Entry* PutText(std::string_view key, std::string_view text, int64_t deadline_ms = Entry::kNoDeadline);
  Entry* PutObject(std::string_view key, std::unique_ptr<Object> object, int64_t deadline_ms = Entry::kNoDeadline);
  template <typename T>
  T* Put(std::string_view key, std::unique_ptr<T> object) {
    T* raw = object.get();
    PutObject(key, std::move(object));
    return raw;
  }
  // Deletes the key without a word (no event, no effect); off this thread if the value is large and `lazy`.
  bool Delete(std::string_view key, bool lazy);
  // After elements were removed: deletes the key if nothing is left and sends "del". True if it did.
  bool DeleteIfEmpty(std::string_view key, const Object& object);

  // The entry clock of a key created or used now.
  uint32_t NewClock() const;

  // --- What the command did -------------------------------------------------------------------------------------------

  void Changed(std::string_view key, uint64_t changes = 1) { ChangedIn(*db_, key, changes); }
  void ChangedIn(Database& db, std::string_view key, uint64_t changes = 1) {
    changes_ += changes;
    if (host_.watches_changes) host_.KeyChanged(db, key, &session);
  }
  // Changes without a key to tell of, or more of them.
  void CountChanges(uint64_t changes) { changes_ += changes; }
  uint64_t changes() const { return changes_; }

  void Notify(uint32_t event_class, std::string_view event, std::string_view key) {
    if (host_.notified_classes & event_class) host_.Notify(event_class, event, key, db_->index());
  }
  void NotifyIn(const Database& db, uint32_t event_class, std::string_view event, std::string_view key) {
    if (host_.notified_classes & event_class) host_.Notify(event_class, event, key, db.index());
  }

  // States an effect in the place of the command's own words. Several add up.
  void Effect(std::initializer_list<std::string_view> words) { Effect(Arguments(words.begin(), words.size())); }
  void Effect(Arguments words);
  // It changed something that is nobody else's business, or all is stated.
  void NoEffect() { effects_stated_ = true; }
  bool effects_stated() const { return effects_stated_; }
  bool wants_effects() const { return host_.wants_effects; }

  // --- Blocking -------------------------------------------------------------------------------------------------------

  // False inside MULTI: commands that would block reply as if their time were up.
  bool MayBlock() const;
  // Replies nothing now; the command is run again, from its first word, when one of the keys has come to hold a `type`, and
  // `on_timeout` is replied at the deadline (kNoDeadline: never). Sessions that wait for the same key are served in the order
  // in which they began.
  void Block(Arguments keys, ObjectType type, int64_t deadline_ms, TimeoutReply on_timeout);
  // Parses a timeout in seconds as blocking commands have it. *deadline_ms: absolute, Entry::kNoDeadline for 0.
  [[nodiscard]] bool ParseTimeout(std::string_view seconds, int64_t* deadline_ms);

  // Whether the reply is so large already that the session will be closed for it: commands whose reply can be longer than the data
  // look at this, and stop.
  bool ReplyIsHopeless() const { return reply.buffer().size() > host_.ReplyLimit(session); }

  // --- The usual errors, and arguments that may be wrong ---------------------------------------------------------------------

  void Error(std::string_view text) { reply.Error(text); }
  void WrongType() { reply.Error("WRONGTYPE Operation against a key holding the wrong kind of value"); }
  void SyntaxError() { reply.Error("ERR syntax error"); }
  void NotInteger() { reply.Error("ERR value is not an integer or out of range"); }
  void NotFloat() { reply.Error("ERR value is not a valid float"); }
  void NoSuchKey() { reply.Error("ERR no such key"); }
  void WrongArity();
  // The same of a subcommand, as CLIENT and its like say it.
  void WrongSubcommandArity();
  // These reply the error and return false when the argument is wrong. `error`: instead of the usual text.
  [[nodiscard]] bool IntegerArg(size_t index, int64_t* value, std::string_view error = {});
  [[nodiscard]] bool IntegerArg(size_t index, int64_t* value, int64_t low, int64_t high, std::string_view error = {});
  [[nodiscard]] bool DoubleArg(size_t index, double* value, std::string_view error = {});
  // Whether args[index] exists and is this word, whatever its case. `word` is in upper case.
  bool Is(size_t index, std::string_view word) const;

 private:
  Entry* Lookup(Database& db, std::string_view key, uint32_t lookup_flags);

  CommandHost& host_;
  Database* db_;
  Random& random_;
  uint64_t changes_ = 0;
  bool effects_stated_ = false;
};

// Case-insensitive; `upper` is in upper case.
bool EqualsIgnoringCase(std::string_view text, std::string_view upper);

}  // namespace kvorum
