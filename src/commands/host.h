// CommandHost: what commands ask of whoever runs them. The shard is one; tests have a small one of their own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "keyspace/database.h"

namespace kvorum {

class CommandTable;
class Context;
class Session;

// Classes of keyspace events, the letters of notify-keyspace-events.
namespace event {
inline constexpr uint32_t kKeyspace = 1u << 0;   // K
inline constexpr uint32_t kKeyevent = 1u << 1;   // E
inline constexpr uint32_t kGeneric = 1u << 2;    // g
inline constexpr uint32_t kString = 1u << 3;     // $
inline constexpr uint32_t kList = 1u << 4;       // l
inline constexpr uint32_t kSet = 1u << 5;        // s
inline constexpr uint32_t kHash = 1u << 6;       // h
inline constexpr uint32_t kSortedSet = 1u << 7;  // z
inline constexpr uint32_t kExpired = 1u << 8;    // x
inline constexpr uint32_t kEvicted = 1u << 9;    // e
inline constexpr uint32_t kStream = 1u << 10;    // t
inline constexpr uint32_t kKeyMiss = 1u << 11;   // m, not in A
inline constexpr uint32_t kModule = 1u << 13;    // d
inline constexpr uint32_t kNew = 1u << 14;       // n, not in A
inline constexpr uint32_t kAll =
    kGeneric | kString | kList | kSet | kHash | kSortedSet | kExpired | kEvicted | kStream | kModule;  // A
}  // namespace event

// What a blocked command replies when its time is up.
enum class TimeoutReply : uint8_t {
  kNullArray,
  kNull,
  kZero,
  kSynced,  // WAITAOF's: whether what it waited for is synced here, and on how many replicas
};

class CommandHost {
 public:
  virtual ~CommandHost() = default;

  // Read before the calls below, which are skipped when nobody wants to know.
  bool watches_changes = false;
  bool wants_effects = false;
  uint32_t notified_classes = 0;
  // While effects are replayed: a key whose deadline has passed is there until an effect says that it is gone.
  bool sees_expired = false;
  // Of memory that is nobody's data (buffers of the journal and of a snapshot): keys are not evicted for it.
  size_t uncounted_bytes = 0;

  // `by` nullptr: it expired or was evicted.
  virtual void KeyChanged(Database& db, std::string_view key, const Session* by) = 0;
  virtual void Notify(uint32_t event_class, std::string_view event, std::string_view key, int db) = 0;
  virtual void StateEffect(int db, std::span<const std::string_view> words) = 0;
  virtual bool MayBlock(const Session& session) const = 0;
  virtual void Block(Context& context, std::span<const std::string_view> keys, ObjectType type, int64_t deadline_ms,
                     TimeoutReply on_timeout) = 0;
  // True where a session asked not to renew the clocks of what it reads (CLIENT NO-TOUCH).
  virtual bool LeavesClocks(const Session& session) const = 0;
  // With a larger reply the session will be closed: no need to write more of it.
  virtual size_t ReplyLimit(const Session& session) const = 0;
  // False: expired keys are invisible but stay (paused clients, later replicas).
  virtual bool DeletesExpired() const = 0;
  virtual Reclaimer& reclaimer() = 0;
  virtual const CommandTable& commands() const = 0;
};

}  // namespace kvorum
