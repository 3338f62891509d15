#include "shard/shard.h"

#include <algorithm>

#include "base/check.h"
#include "shard/lazy_free.h"
#include "shard/migration.h"
#include "shard/pubsub.h"
#include "shard/search_service.h"
#include "shard/tracking.h"
#include "shard/unwritten_changes.h"
#include "shard/vector_pool.h"

namespace kvorum {
namespace {

// Where no limit is set, this is one: a client that costs so much is a mistake or an attack.
constexpr size_t kMostOutputBytes = size_t{4} << 30;
// Of effects that one turn's expiry and eviction state.
constexpr uint64_t kExpiryBytes = 256 << 10;

// The session in whose name the shard expires keys and replays effects. It says nothing to anybody.
class InternalSession final : public Session {
 public:
  InternalSession() { internal = authenticated = true; }
  void Wake() override { output.Clear(); }
};

}  // namespace

Shard::Shard(const Parts& parts)
    : commands_(parts.commands),
      settings_(parts.settings),
      clock_(parts.clock),
      log_(parts.log),
      random_(parts.random_seed),
      reclaimer_(MakeReclaimer()),
      keyspace_(parts.databases, parts.keyspace_settings, reclaimer_.get()),
      internal_(std::make_unique<InternalSession>()),
      eviction_(*this, keyspace_, *parts.clock, random_),
      pubsub_(std::make_unique<PubSub>(*this)),
      tracking_(std::make_unique<Tracking>(*this)),
      search_(std::make_unique<SearchService>(&keyspace_)),
      migration_sockets_(std::make_unique<MigrationSockets>()),
      vector_pool_(std::make_unique<VectorPool>()) {
  search_->SetVectorWork(vector_pool_.get());
  search_->SetReclaimer(reclaimer_.get());
  wants_effects = log_ != nullptr;
  BeginTurn();
}

Shard::~Shard() { CHECK(sessions_.empty()); }

void Shard::Add(Session& session) {
  session.id = next_session_id_++;
  session.created_ms = session.last_interaction_ms = now_ms_;
  session.authenticated = settings_->requirepass.empty();
  sessions_[session.id] = &session;
}

void Shard::Remove(Session& session) {
  if (session.blocked != BlockReason::kNone) RemoveFromQueues(session);
  DiscardTransaction(session);
  ForgetInterests(session);
  std::erase(replied_, &session);
  sessions_.erase(session.id);
}

Session* Shard::FindSession(int64_t id) const {
  auto it = sessions_.find(id);
  return it == sessions_.end() || it->second->close_now ? nullptr : it->second;
}

void Shard::Kill(Session& session) {
  ForgetInterests(session);
  session.CloseNow();
}

void Shard::ForgetInterests(Session& session) {
  RemoveMonitor(session);
  pubsub_->RemoveSession(session);
  tracking_->Disable(session);
}

void Shard::Push(Session& session, std::string_view bytes) {
  if (&session != current_) return AppendPush(session, bytes);
  if (session.close_now) return;
  has_held_pushes_ = true;
  // What waits counts as what has been sent: one transaction can say a lot to its own session.
  const OutputLimit& limit = OutputLimitOf(session);
  const size_t held = held_pushes_.size() + bytes.size();
  if ((limit.hard_bytes == 0 || held < limit.hard_bytes) && held <= kMostOutputBytes) {
    held_pushes_ += bytes;
    return;
  }
  ++stats_.output_limit_disconnections;
  held_pushes_ = std::string();
  session.output.Clear();
  session.CloseNow();
}

void Shard::SendHeldPushes(Session& session) {
  has_held_pushes_ = false;
  tracking_->SendHeld(session);
  if (held_pushes_.empty()) return;
  AppendPush(session, held_pushes_);
  held_pushes_.clear();
}

// Replies that are turned off do not turn pushes off.
void Shard::AppendPush(Session& session, std::string_view bytes) {
  if (session.close_now || session.close_after_reply || session.internal) return;
  session.output.Append(bytes);
  NoteReplied(session);
  if (session.output.list_length() > 0 && !CheckOutputLimit(session)) return;
  session.Wake();
}

const OutputLimit& Shard::OutputLimitOf(const Session& session) const {
  return session.is_subscriber() ? settings_->pubsub_output_limit : settings_->normal_output_limit;
}

size_t Shard::ReplyLimit(const Session& session) const {
  const size_t hard_bytes = OutputLimitOf(session).hard_bytes;
  // What lies in the buffer does not count against the limit.
  return (hard_bytes == 0 ? kMostOutputBytes : hard_bytes) + 2 * kOutputBufferBytes;
}

bool Shard::CheckOutputLimit(Session& session) {
  const OutputLimit& limit = OutputLimitOf(session);
  const size_t bytes = session.output.list_memory_bytes();
  bool exceeded = (limit.hard_bytes != 0 && bytes >= limit.hard_bytes) || bytes > kMostOutputBytes;
  if (limit.soft_bytes == 0 || bytes < limit.soft_bytes) {
    session.soft_limit_since_ms = 0;
  } else if (session.soft_limit_since_ms == 0) {
    session.soft_limit_since_ms = now_ms_;
  } else if (now_ms_ - session.soft_limit_since_ms > limit.soft_seconds * 1000) {
    exceeded = true;
  }
  if (!exceeded || session.close_now) return !session.close_now;
  ++stats_.output_limit_disconnections;
  // Its memory goes at once: what it does not read must not cost others theirs. The rest of it goes at the end of the turn, as
  // somebody may be walking a list of sessions now.
  session.output.Clear();
  session.CloseNow();
  return false;
}

void Shard::UpdateClock() {
  now_monotonic_micros_ = clock_->MonotonicMicros();
  now_ms_ = (now_monotonic_micros_ + unix_minus_monotonic_micros_) / 1000;
}

void Shard::BeginTurn() {
  UpdateClock();
  unix_minus_monotonic_micros_ = clock_->UnixMicros() - now_monotonic_micros_;
  turn_unix_micros_ = now_monotonic_micros_ + unix_minus_monotonic_micros_;
  now_ms_ = turn_unix_micros_ / 1000;
  log_room_ = 0;  // since the last turn the log may have lost it
}

void Shard::EndTurn() {
  migration_sockets_->CloseIdle(now_ms_);
  if (tracking_->active()) tracking_->Broadcast();
  if (search_->active()) search_->CatchUp();
  if (log_ == nullptr) return;
  AppendEffects();
  HoldReplies();
}

int64_t Shard::RunTimers() {
  constexpr int64_t kLongestWaitMs = 100;
  if (vector_pool_->has_done()) vector_pool_->FinishDone();
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= now_ms_) {
    Session* session = deadlines_.begin()->second;
    TimeOut(*session);
  }
  if (pause_mode_ != PauseMode::kNone && pause_until_ms_ <= now_ms_) Unpause();
  if (pause_mode_ == PauseMode::kNone && !paused_.empty()) ResumePaused();
  if (tracking_->active()) tracking_->LimitTable(settings_->tracking_table_max_keys);
  // For a limit that was lowered, and what one command did not finish. Not when this turn has evicted already: what it told clients
  // of that has not been sent yet, and is no reason to evict more.
  bool evicting = false;
  if (log_ != nullptr && log_room_ < kExpiryBytes) (void)ReserveLog(kExpiryBytes);
  if (keyspace_.settings().maxmemory != 0) evicting = has_evicted_ || MakeRoom() == Eviction::Outcome::kRunning;
  has_evicted_ = false;
  const bool searching = search_->Work(now_ms_);
  if (ExpireDue() || searching) return 0;
  if (evicting) return 1;
  int64_t next_ms = now_ms_ + kLongestWaitMs;
  if (!deadlines_.empty()) next_ms = std::min(next_ms, deadlines_.begin()->first.first);
  if (pause_mode_ != PauseMode::kNone) next_ms = std::min(next_ms, pause_until_ms_);
  return std::clamp<int64_t>(next_ms - now_ms_, 0, kLongestWaitMs);
}

Eviction::Outcome Shard::MakeRoom() {
  // While clients are paused, or nothing can be logged, nothing is to change.
  if (pause_mode_ != PauseMode::kNone || log_refuses_) return Eviction::Outcome::kEnough;
  const uint64_t evicted_before = keyspace_.stats().evicted_keys;
  if (settings_->latency_monitor_threshold == 0) {
    const Eviction::Outcome outcome = eviction_.MakeRoom(now_ms_);
    has_evicted_ |= keyspace_.stats().evicted_keys != evicted_before;
    return outcome;
  }
  const int64_t started = clock_->MonotonicMicros();
  const Eviction::Outcome outcome = eviction_.MakeRoom(now_ms_);
  has_evicted_ |= keyspace_.stats().evicted_keys != evicted_before;
  NoteLatency("eviction-cycle", clock_->MonotonicMicros() - started);
  return outcome;
}

void Shard::RecomputeInterest() {
  tracks_reads_ = tracking_->active();
  watches_changes = !watchers_.empty() || tracks_reads_ || search_->active();
  // Databases look for somebody to tell of each new key: only if anybody wants to know.
  const bool wants_new_keys = !waiting_.empty() || (notified_classes & event::kNew) != 0;
  keyspace_.set_key_listener(wants_new_keys ? this : nullptr);
}

void Shard::KeyChanged(Database& db, std::string_view key, const Session* by) {
  if (!watchers_.empty()) {
    const KeyOf name{db.index(), std::string(key)};
    if (auto it = watchers_.find(name); it != watchers_.end()) {
      const bool exists = db.Find(key) != nullptr;
      for (Session* session : it->second) TouchWatch(*session, name, exists);
    }
  }
  if (tracks_reads_) tracking_->KeyChanged(key, by);
  search_->KeyChanged(db.index(), key);
}

void Shard::KeysFlushed() {
  if (tracking_->active()) tracking_->AllKeysChanged();
}

void Shard::StateEffect(int db, std::span<const std::string_view> words) {
  if (log_ == nullptr) return;
  effects_.Command(db, words);
}

bool Shard::LeavesClocks(const Session& session) const { return session.no_touch; }

}  // namespace kvorum
