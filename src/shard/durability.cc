// What the shard does so that nobody is told of a write that can still be lost: it asks the log for room before it executes, hands
// effects over, holds replies back; and the other way, it replays effects.
#include <algorithm>
#include <utility>

#include "shard/shard.h"
#include "shard/unwritten_changes.h"

namespace kvorum {
namespace {

// What stands before each word of an effect, at most.
constexpr size_t kWordBytes = kMaxVarintBytes;

}  // namespace

std::string_view DurabilityName(Durability durability) {
  constexpr std::string_view kNames[] = {"memory", "periodic", "sync"};
  return kNames[static_cast<size_t>(durability)];
}

void Shard::SetLog(CommitLog* log) {
  AppendEffects();
  ServeSynced();  // by what the one before has synced
  log_ = log;
  wants_effects = log_ != nullptr;
  last_index_ = 0;
  log_room_ = 0;
  log_refuses_ = false;
  unwritten_.reset();
  replied_.clear();
  ServeSynced();
}

bool Shard::ReserveLog(uint64_t bytes) {
  log_room_ = log_->Reserve(bytes);
  log_refuses_ = log_room_ == 0;
  return !log_refuses_;
}

bool Shard::HasLogRoom(const Session& session, Arguments args, ReplyWriter& reply) {
  // An effect is about as long as the command: a key that expired meanwhile, or the members that a pop names, are what the log reserves beyond.
  uint64_t bytes = effects_.size() + session.multi_bytes;
  for (const std::string_view word : args) bytes += kWordBytes + word.size();
  if (bytes <= log_room_ || ReserveLog(bytes)) return true;
  reply.Error("MISCONF Errors writing to the journal: " + log_->refusal() +
              ". Reads go on, and writes as soon as it can be written again");
  return false;
}

void Shard::AppendEffects() {
  if (log_ == nullptr || effects_.empty()) return;
  last_index_ = log_->Append(effects_, turn_unix_micros_);
  // If it could not be written: from now on not even reads may delete what has expired.
  log_refuses_ = !log_->refusal().empty();
  if (log_refuses_) NoteUnwritten();
  effects_.Clear();
  log_room_ = 0;
}

void Shard::NoteUnwritten() {
  if (log_->committed(Durability::kPeriodic) >= last_index_) return;
  unwritten_ = std::make_unique<UnwrittenChanges>(effects_, *commands_);
  unwritten_in_turn_ = true;
}

uint64_t Shard::IndexToAwait(Session& session) const {
  const bool saw = std::exchange(session.saw_unwritten, false);
  return unwritten_ == nullptr || unwritten_in_turn_ || saw ? last_index_ : last_index_ - 1;
}

void Shard::HoldReplies() {
  bool awaits_sync = false;
  if (unwritten_ != nullptr && log_->committed(Durability::kPeriodic) >= last_index_) unwritten_.reset();
  if (last_index_ > log_->committed(Durability::kSync)) {
    for (Session* session : replied_) {
      const Durability durability = DurabilityOf(*session);
      const uint64_t index = IndexToAwait(*session);
      if (durability == Durability::kMemory || index <= log_->committed(durability)) continue;
      // Whatever was said in this turn may have seen what is not committed yet.
      session->output.Hold(index);
      awaits_sync |= durability == Durability::kSync;
    }
    if (awaits_sync) log_->RequestSync();
  }
  replied_.clear();
  unwritten_in_turn_ = false;
  if (!awaiting_sync_.empty()) {
    ServeSynced();
    if (!awaiting_sync_.empty()) log_->RequestSync();
  }
}

void Shard::AwaitSync(Session& session, const Command& command, Arguments args, const AwaitedSync& awaited) {
  Suspend(session, BlockReason::kSync, &command, args, awaited.until_ms);
  session.blocked_reply = TimeoutReply::kSynced;
  session.awaited_index = awaited.index;
  if (awaited.replicas == 0) awaiting_sync_.push_back(&session);
}

void Shard::ServeSynced() {
  if (awaiting_sync_.empty()) return;
  const uint64_t synced = log_ == nullptr ? UINT64_MAX : log_->committed(Durability::kSync);
  const std::vector<Session*> sessions = awaiting_sync_;
  for (Session* session : sessions) {
    if (session->awaited_index <= synced) Unblock(*session, {});
  }
}

std::string Shard::Replay(int db, Arguments words, int64_t now_ms) {
  CHECK(log_ == nullptr);
  if (db >= keyspace_.size()) {
    return "there is no database " + std::to_string(db) + "; `databases` must be at least " + std::to_string(db + 1);
  }
  const Command* command = commands_->Find(words);
  if (command == nullptr || command->handler == nullptr) return "unknown command " + std::string(words[0]);
  if (!command->ArityFits(words.size())) return "wrong number of arguments for " + std::string(words[0]);
  internal_->db = db;
  ReplyWriter reply(scratch_, internal_->resp);
  sees_expired = true;
  Context context(*this, *internal_, *command, words, reply, keyspace_, keyspace_.database(db), now_ms, random_);
  command->handler(context);
  sees_expired = false;
  std::string error;
  if (!scratch_.empty() && scratch_.data()[0] == '-') {
    error = scratch_.view().substr(1, scratch_.view().find('\r') - 1);
  }
  scratch_.Clear();
  return error;
}

}  // namespace kvorum
