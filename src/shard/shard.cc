#include "shard/shard.h"

#include <algorithm>

#include "base/check.h"
#include "shard/lazy_free.h"

namespace kvorum {
namespace {

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
      keyspace_(parts.databases, parts.keyspace_settings),
      reclaimer_(MakeReclaimer()),
      internal_(std::make_unique<InternalSession>()),
      eviction_(*this, keyspace_, *parts.clock, random_) {
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
  std::erase(replied_, &session);
  sessions_.erase(session.id);
}

Session* Shard::FindSession(int64_t id) const {
  auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second;
}

void Shard::UpdateClock() {
  now_monotonic_micros_ = clock_->MonotonicMicros();
  now_ms_ = (now_monotonic_micros_ + unix_minus_monotonic_micros_) / 1000;
}

void Shard::BeginTurn() {
  unix_minus_monotonic_micros_ = clock_->UnixMicros() - clock_->MonotonicMicros();
  UpdateClock();
}

void Shard::EndTurn() {
  if (log_ == nullptr) return;
  if (!effects_.empty()) {
    last_index_ = log_->Append(effects_);
    effects_.clear();
  }
  // Whatever was said in this turn may have seen what is not committed yet.
  if (last_index_ > log_->committed()) {
    for (Session* session : replied_) session->output.Hold(last_index_);
  }
  replied_.clear();
}

int64_t Shard::RunTimers() {
  constexpr int64_t kLongestWaitMs = 100;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ms_) {
    Session* session = deadlines_.begin()->second;
    session->blocked == BlockReason::kPaused ? Resume(*session) : TimeOut(*session);
  }
  if (ExpireDue()) return 0;
  if (deadlines_.empty()) return kLongestWaitMs;
  return std::clamp<int64_t>(deadlines_.begin()->first - now_ms_, 0, kLongestWaitMs);
}

void Shard::RecomputeInterest() { watches_changes = !watchers_.empty() || !waiting_.empty(); }

void Shard::KeyChanged(Database& db, std::string_view key, Session&) {
  const KeyOf name{db.index(), std::string(key)};
  if (auto it = watchers_.find(name); it != watchers_.end()) {
    for (Session* session : it->second) session->watch_broken = true;
  }
  if (waiting_.contains(name)) ready_.push_back(name);
}

void Shard::Notify(uint32_t, std::string_view, std::string_view, int) {}

void Shard::StateEffect(int db, std::span<const std::string_view> words) {
  if (log_ == nullptr) return;
  effects_.push_back({db, {words.begin(), words.end()}});
}

bool Shard::LeavesClocks(const Session& session) const { return session.no_touch; }

}  // namespace kvorum
