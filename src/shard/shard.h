// Shard: a part of the keyspace and the one thread that executes commands on it.
//
// The server reads and parses requests, then, for each turn of its event loop:
//   BeginTurn();  Prefetch and Execute for the requests of all sessions;  EndTurn();
// and then sends what the sessions' outputs let go. A command runs to its end; nothing suspends in the middle of one. A command that
// must wait (BLPOP) ends by blocking its session and is run again later.
//
// Threads: one, from construction to destruction; the reclaimer frees values on another.
// Ownership: owns keyspace and features; borrows settings, table, clock, and the sessions between Add and Remove.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "commands/context.h"
#include "commands/table.h"
#include "keyspace/keyspace.h"
#include "os/clock.h"
#include "shard/commit.h"
#include "shard/eviction.h"
#include "shard/latency.h"
#include "shard/lazy_free.h"
#include "shard/session.h"
#include "shard/settings.h"
#include "shard/slow_log.h"

namespace kvorum {

class Server;

struct ShardStats {
  uint64_t commands_processed = 0;
  uint64_t error_replies = 0;
  uint64_t unexpected_error_replies = 0;
  uint64_t changes = 0;  // that commands have made, as rdb_changes_since_last_save counts them
  std::map<std::string, uint64_t, std::less<>> errors_by_code;
  uint64_t output_limit_disconnections = 0;
};

// Which commands CLIENT PAUSE holds back.
enum class PauseMode : uint8_t { kNone, kWrites, kAll };

class MigrationSockets;
class PubSub;
class SearchService;
class Tracking;
class UnwrittenChanges;
class VectorJob;
class VectorPool;

class Shard final : public CommandHost, public KeyListener {
 public:
  struct Parts {
    const CommandTable* commands;
    const KeyspaceSettings* keyspace_settings;
    const ShardSettings* settings;
    Clock* clock;
    uint64_t random_seed;
    int databases = 16;
    CommitLog* log = nullptr;  // nullptr: nothing is kept; see SetLog
  };
  explicit Shard(const Parts& parts);
  ~Shard() override;

  // --- Sessions
  // Gives the session its id.
  void Add(Session& session);
  void Remove(Session& session);
  const std::map<int64_t, Session*>& sessions() const { return sessions_; }
  Session* FindSession(int64_t id) const;

  // --- A turn of the event loop
  void BeginTurn();
  // Bring what a command on this key will touch towards the caches: first all buckets of a batch, then all entries.
  // The hash is that of the key (HashBytes).
  void PrefetchBucket(const Session& session, uint64_t hash) { keyspace_.database(session.db).PrefetchBucket(hash); }
  void PrefetchEntry(const Session& session, uint64_t hash) { keyspace_.database(session.db).PrefetchEntry(hash); }
  // Then, where the command knows how, what it will touch inside of the value; RunWarmups does them all together.
  void StartWarmup(const Session& session, const Command& command, Arguments args, uint64_t key_hash);
  void RunWarmups();
  // Runs one request. The session must be able to run: not blocked, not closing. `command` is what the table finds for
  // `args`; `key_hash` is that of its first key (or 0 if it was not computed).
  void Execute(Session& session, const Command* command, Arguments args, uint64_t key_hash);
  // Hands the effects over and marks what replies wait for them.
  void EndTurn();
  // Work that is due by the clock: blocked sessions whose time is up, expired keys. Returns how long the next may wait, in ms.
  int64_t RunTimers();

  // --- Durability
  // From now on effects go there; nullptr: nowhere. Not in the middle of a turn. What replies waited for of the log before, they wait for
  // no more.
  void SetLog(CommitLog* log);
  CommitLog* log() const { return log_; }
  // What a session's replies wait for.
  Durability DurabilityOf(const Session& session) const {
    return session.has_own_durability ? session.own_durability : settings_->durability;
  }
  // The session's replies may leave up to this index.
  uint64_t committed(const Session& session) const {
    return log_ == nullptr ? UINT64_MAX : log_->committed(DurabilityOf(session));
  }
  // What was stated since the turn began becomes an entry now; never in the middle of a transaction. For who must know what is in the log.
  void AppendEffects();
  // Gives back memory of effects that is not in use.
  void ReleaseEffects() { effects_.Release(); }
  // The index that what was executed up to now has, or will have.
  uint64_t last_index() const { return last_index_ + (effects_.empty() ? 0 : 1); }
  // The session sleeps until that index is synced, here and on so many replicas (there are none yet, so that takes until the time is up);
  // then it is replied TimeoutReply::kSynced.
  struct AwaitedSync {
    uint64_t index;
    uint64_t replicas;
    int64_t until_ms;  // or kNoDeadline
  };
  void AwaitSync(Session& session, const Command& command, Arguments args, const AwaitedSync& awaited);
  // After the log has committed more: wakes those who await it.
  void ServeSynced();
  // Whether the log takes no writes now: they are refused, nothing expires, nothing is evicted.
  bool refuses_writes() const { return log_refuses_; }

  // Writes are refused as Redis does after a failed save.
  bool save_failed = false;

  // Recovery. While it goes on, all commands but those marked so are turned away with LOADING.
  void SetLoading(bool loading) { loading_ = loading; }
  bool loading() const { return loading_; }

  // --- For commands of the upper rooms
  Keyspace& keyspace() { return keyspace_; }
  const ShardSettings& settings() const { return *settings_; }
  ShardStats& stats() { return stats_; }
  SlowLog& slow_log() { return slow_log_; }
  LatencyMonitor& latency() { return latency_; }
  // A slow moment of another kind than a command; counts if it is as long as latency-monitor-threshold.
  void NoteLatency(std::string_view event, int64_t micros);
  Random& random() { return random_; }
  Clock& clock() { return *clock_; }
  int64_t now_ms() const { return now_ms_; }
  int64_t now_monotonic_micros() const { return now_monotonic_micros_; }
  // The session on whose behalf the shard itself acts.
  Session& internal_session() { return *internal_; }
  // The server around this shard, nullptr in tests.
  Server* server = nullptr;

  // Runs a command in the session's name without the checks of Execute, as EXEC and the like do: statistics, effects, slow
  // log. The reply goes to `reply`.
  void Call(Session& session, const Command& command, Arguments args, ReplyWriter& reply);
  // Runs an effect, as recovery and replicas do, as if it were `now_ms`, which is when the turn that stated it began. It counts in no
  // statistics and states nothing. There must be no log. Returns what is wrong with it, as then effects or code are wrong, or nothing.
  [[nodiscard]] std::string Replay(int db, Arguments words, int64_t now_ms);
  // Queues a command of a transaction, or says why not. See transactions.cc.
  void Queue(Session& session, const Command& command, Arguments args, ReplyWriter& reply);
  void DiscardTransaction(Session& session);
  void UnwatchAll(Session& session);
  // CLIENT TRACKING came or went: what changes is watched, what is read remembered.
  void TrackingChanged() { RecomputeInterest(); }
  // FLUSHDB, FLUSHALL: for all keys at once.
  void KeysFlushed();
  Session* current_session() { return current_; }
  void HoldPushes() { has_held_pushes_ = true; }
  void Watch(Session& session, Database& db, std::string_view key);
  // Whether a watched key was expired when EXEC looked.
  bool WatchedKeyExpired(const Session& session);
  // A whole database changes (FLUSHALL, SWAPDB): like KeyChanged for all watched keys in it. `other`: swapped with it.
  void DatabaseChanged(Database& db, Database* other);

  // Deletes what has expired, within its share of the time. True: more is due.
  bool ExpireDue();
  // Evicts by the policy until memory is under its limit.
  Eviction::Outcome MakeRoom();

  // Ends a session's blocking without serving it. `reply` empty: as if its time were up.
  void Unblock(Session& session, std::string_view error_reply);
  size_t blocked_count() const { return blocked_count_; }
  size_t blocked_until_count() const { return deadlines_.size(); }
  size_t blocking_keys() const { return waiting_.size(); }
  // Runs the commands of sessions that block on keys that have changed.
  void ServeBlocked();
  // Puts a session to sleep for another reason than a key; its command runs again on Resume.
  void Suspend(Session& session, BlockReason reason, const Command* command, Arguments args, int64_t until_ms);
  void Resume(Session& session);

  // CLIENT PAUSE. The longer of two pauses counts, and the stricter. Those held back go on in the order in which they came, in
  // the next RunTimers after the end.
  void Pause(PauseMode mode, int64_t until_ms);
  void Unpause();
  PauseMode paused() const { return pause_mode_; }

  // MONITOR.
  void AddMonitor(Session& session);
  void RemoveMonitor(Session& session);

  // Sends what is not a reply, protocol already: held back like a reply, and counted against the session's output limits. To the
  // session whose command is running it goes after that command's (or transaction's) reply.
  void Push(Session& session, std::string_view bytes);
  // From now on the session does nothing, is seen by nobody, and is closed at the end of the turn.
  void Kill(Session& session);
  // Closes the session if its output is above its limits. False if it did.
  bool CheckOutputLimit(Session& session);
  PubSub& pubsub() { return *pubsub_; }
  Tracking& tracking() { return *tracking_; }
  SearchService& search() { return *search_; }
  // The first index came or the last went: what changes is watched or not.
  void SearchChanged() { RecomputeInterest(); }
  // The threads that search vectors, and how commands use them (shard/vector_pool.h).
  VectorPool& vector_pool() { return *vector_pool_; }
  // True: the session sleeps until the job has run, then its command runs again and takes it. False: it has run here.
  [[nodiscard]] bool AwaitVectors(Context& context, std::unique_ptr<VectorJob>* job);
  // Of a command that runs again; nullptr: it runs for the first time.
  std::unique_ptr<VectorJob> TakeVectorJob(const Context& context);
  MigrationSockets& migration_sockets() { return *migration_sockets_; }
  // What keyspace events to tell of: event:: bits, as notify-keyspace-events says.
  void SetNotifications(uint32_t bits);
  // RESET: forgets subscriptions, tracking and MONITOR.
  void ForgetInterests(Session& session);

  // --- KeyListener
  void KeyCreated(int db, const Entry& entry) override;

  // --- CommandHost
  void KeyChanged(Database& db, std::string_view key, const Session* by) override;
  void Notify(uint32_t event_class, std::string_view event, std::string_view key, int db) override;
  void StateEffect(int db, std::span<const std::string_view> words) override;
  bool MayBlock(const Session& session) const override;
  void Block(Context& context, std::span<const std::string_view> keys, ObjectType type, int64_t deadline_ms,
             TimeoutReply on_timeout) override;
  bool LeavesClocks(const Session& session) const override;
  size_t ReplyLimit(const Session& session) const override;
  bool DeletesExpired() const override { return pause_mode_ == PauseMode::kNone && !log_refuses_; }
  LazyFree& reclaimer() override { return *reclaimer_; }
  const CommandTable& commands() const override { return *commands_; }

 private:
  struct KeyOf {
    int db;
    std::string key;
    auto operator<=>(const KeyOf&) const = default;
  };
  // Finds a key without making one.
  struct KeyOrder {
    using is_transparent = void;
    using View = std::pair<int, std::string_view>;
    static View ViewOf(const KeyOf& key) { return {key.db, key.key}; }
    static View ViewOf(const View& view) { return view; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return ViewOf(a) < ViewOf(b);
    }
  };

  // The sessions that wait for a key, in the order in which they began.
  struct Waiters {
    std::list<Session*> sessions;
    bool is_ready = false;  // the key is in ready_
  };

  class AwaitedJob;
  void EndAwaitedJob(int64_t session_id, uint64_t ticket, std::unique_ptr<VectorJob> job);
  void UpdateClock();
  // The checks before a command runs. True: it may. False: the error is in `reply`.
  bool Admit(Session& session, const Command* command, Arguments args, ReplyWriter& reply);
  // Whether the log has room for what the command may state. False: the error is in `reply`.
  bool HasLogRoom(const Session& session, Arguments args, ReplyWriter& reply);
  bool ReserveLog(uint64_t bytes);
  void AbortExec(Session& session, ReplyWriter& reply);
  void UnknownCommand(Arguments args, ReplyWriter& reply);
  const OutputLimit& OutputLimitOf(const Session& session) const;
  bool HoldsBack(const Session& session, const Command& command) const;
  void ResumePaused();
  void FeedMonitors(const Session& session, const Command& command, Arguments args);
  void Deliver(Session& session, Buffer& reply);
  void EndReplyMode(Session& session);
  // What is said in a turn with effects may have to wait for them.
  void NoteReplied(Session& session) {
    if (log_ != nullptr && (replied_.empty() || replied_.back() != &session)) replied_.push_back(&session);
  }
  void HoldReplies();
  // Of an entry that the log took and could not write.
  void NoteUnwritten();
  uint64_t IndexToAwait(Session& session) const;
  void CountError(std::string_view reply, const Command* command);
  // Of a command that has run: latency histogram, slow log, latency monitor.
  void CountTime(const Session& session, const Command& command, Arguments args, uint64_t micros);
  void NoteSlow(const Session& session, const Command& command, Arguments args, uint64_t micros);
  void RecomputeInterest();
  // A watched key has changed, and exists now or not.
  void TouchWatch(Session& session, const KeyOf& key, bool exists);
  void AppendPush(Session& session, std::string_view bytes);
  // Sends the session, whose command has run and replied, what was said to it meanwhile.
  void SendHeldPushes(Session& session);

  void RemoveFromQueues(Session& session);
  void MakeReady(const KeyOf& key, Waiters& waiters);
  void ServeKey(const KeyOf& key);
  void TimeOut(Session& session);

  const CommandTable* commands_;
  const ShardSettings* settings_;
  Clock* clock_;
  CommitLog* log_;
  Random random_;
  std::unique_ptr<LazyFree> reclaimer_;
  Keyspace keyspace_;
  ShardStats stats_;
  SlowLog slow_log_;
  LatencyMonitor latency_;
  std::unique_ptr<Session> internal_;
  Eviction eviction_;
  int64_t expiry_ran_micros_ = 0;
  int64_t expiry_credit_micros_ = 0;
  int64_t expiry_micros_ = 0;

  int64_t now_ms_ = 0;
  int64_t unix_minus_monotonic_micros_ = 0;
  int64_t now_monotonic_micros_ = 0;
  int call_depth_ = 0;
  Session* current_ = nullptr;  // whose command is running, the outermost one

  std::map<int64_t, Session*> sessions_;
  int64_t next_session_id_ = 1;

  Buffer scratch_;  // the reply of the running command
  std::vector<Warmup> warmups_;

  EffectsBuffer effects_;          // of this turn
  std::vector<Session*> replied_;  // in this turn, for holding; only with a log
  uint64_t last_index_ = 0;
  uint64_t log_room_ = 0;  // bytes of effects that this turn may state, as far as the log was asked
  bool log_refuses_ = false;
  // Since a write of the log failed, until it is made up for: what the entry `last_index_` changed.
  std::unique_ptr<UnwrittenChanges> unwritten_;
  bool unwritten_in_turn_ = false;  // it failed in this turn: whatever was said in it may show them
  bool loading_ = false;
  int64_t turn_unix_micros_ = 0;  // when it began
  std::vector<Session*> awaiting_sync_;

  PauseMode pause_mode_ = PauseMode::kNone;
  int64_t pause_until_ms_ = 0;
  std::vector<Session*> paused_;  // in the order in which they came
  std::vector<Session*> monitors_;

  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<Tracking> tracking_;
  std::unique_ptr<SearchService> search_;
  std::unique_ptr<MigrationSockets> migration_sockets_;
  std::unique_ptr<VectorPool> vector_pool_;  // goes before the indexes
  const Session* found_for_ = nullptr;       // whose command runs again, now
  std::unique_ptr<VectorJob> found_job_;
  uint64_t last_ticket_ = 0;
  bool tracks_reads_ = false;
  std::string held_pushes_;  // to current_, until its command has replied
  bool has_held_pushes_ = false;

  // WATCH: who watches a key.
  std::map<KeyOf, std::vector<Session*>> watchers_;

  // Blocking.
  std::map<KeyOf, Waiters, KeyOrder> waiting_;
  std::vector<KeyOf> ready_;
  std::map<std::pair<int64_t, int64_t>, Session*> deadlines_;  // by time and the session's id
  size_t blocked_count_ = 0;
  bool serving_ = false;
  bool has_evicted_ = false;  // in this turn
  bool reblocked_ = false;    // the command that ServeKey runs again has blocked again
};

inline Shard& ShardOf(Context& context) { return static_cast<Shard&>(context.host()); }

// Every family of the rooms up to this one. Add new ones there (command_list.cc).
void RegisterShardCommands(CommandTable& table);

// The families of this room.
void RegisterDatabaseCommands(CommandTable& table);
void RegisterTransactionCommands(CommandTable& table);
void RegisterConnectionCommands(CommandTable& table);
void RegisterClientCommands(CommandTable& table);
void RegisterSlowLogCommands(CommandTable& table);
void RegisterLatencyCommands(CommandTable& table);
void RegisterPubSubCommands(CommandTable& table);
void RegisterTrackingCommands(CommandTable& table);
void RegisterWaitCommand(CommandTable& table);
void RegisterMigrateCommand(CommandTable& table);
void RegisterSearchCommands(CommandTable& table);

}  // namespace kvorum
