// Sessions that wait: for keys (BLPOP and its like), for the end of a pause, for a sync of the journal.
//
// A blocked command is kept word for word and run again, from its first word, when one of its keys has changed and holds a
// value of the type it waits for. If it blocks again, its session keeps its place. Sessions are served key by key, in the order
// in which the keys changed, and for each key in the order in which they began to wait.
#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "shard/shard.h"

namespace kvorum {

bool Shard::MayBlock(const Session& session) const { return !session.executing_multi && !session.internal; }

void Shard::Block(Context& context, std::span<const std::string_view> keys, ObjectType type, int64_t deadline_ms,
                  TimeoutReply on_timeout) {
  Session& session = context.session;
  CHECK(MayBlock(session));
  if (serving_ && session.blocked == BlockReason::kKeys) {
    reblocked_ = true;
    return;
  }
  Suspend(session, BlockReason::kKeys, &context.command, context.args, deadline_ms);
  session.blocked_db = session.db;
  session.blocked_type = type;
  session.blocked_reply = on_timeout;
  for (std::string_view key : keys) {
    std::string name(key);
    auto& queue = waiting_[{session.db, name}].sessions;
    // A key may be named twice.
    if (!queue.empty() && queue.back() == &session) continue;
    queue.push_back(&session);
    session.blocked_keys.push_back({std::move(name), std::prev(queue.end())});
  }
  RecomputeInterest();
}

void Shard::Suspend(Session& session, BlockReason reason, const Command* command, Arguments args, int64_t until_ms) {
  CHECK(session.blocked == BlockReason::kNone);
  session.blocked = reason;
  session.blocked_command = StoredCommand(command, args);
  session.blocked_until_ms = until_ms;
  if (until_ms != Entry::kNoDeadline) deadlines_.emplace(std::pair(until_ms, session.id), &session);
  ++blocked_count_;
}

void Shard::RemoveFromQueues(Session& session) {
  if (session.blocked == BlockReason::kPaused) std::erase(paused_, &session);
  if (session.blocked == BlockReason::kSync) std::erase(awaiting_sync_, &session);
  for (const auto& [key, place] : session.blocked_keys) {
    auto it = waiting_.find(KeyOrder::View(session.blocked_db, key));
    it->second.sessions.erase(place);
    if (it->second.sessions.empty()) waiting_.erase(it);
  }
  session.blocked_keys.clear();
  if (session.blocked_until_ms != Entry::kNoDeadline) deadlines_.erase({session.blocked_until_ms, session.id});
  session.blocked_until_ms = Entry::kNoDeadline;
  session.blocked = BlockReason::kNone;
  --blocked_count_;
  RecomputeInterest();
}

void Shard::Resume(Session& session) {
  StoredCommand stored = std::move(session.blocked_command);
  RemoveFromQueues(session);
  const std::vector<std::string_view> args = stored.Views();
  Execute(session, stored.command, args, 0);
  session.Wake();
}

bool Shard::HoldsBack(const Session& session, const Command& command) const {
  if (pause_mode_ == PauseMode::kAll) return true;
  constexpr uint32_t kChanges = flag::kWrite | flag::kMayReplicate;
  if (command.Is(kChanges)) return true;
  return command.name() == "exec" &&
         std::any_of(session.queued.begin(), session.queued.end(),
                     [](const StoredCommand& queued) { return queued.command->spec->flags & kChanges; });
}

void Shard::Pause(PauseMode mode, int64_t until_ms) {
  pause_mode_ = std::max(pause_mode_, mode);
  pause_until_ms_ = std::max(pause_until_ms_, until_ms);
}

void Shard::Unpause() {
  pause_mode_ = PauseMode::kNone;
  pause_until_ms_ = 0;
}

void Shard::ResumePaused() {
  std::vector<Session*> sessions;
  sessions.swap(paused_);
  for (size_t i = 0; i < sessions.size(); ++i) {
    if (sessions[i]->close_now) continue;  // killed meanwhile
    if (pause_mode_ != PauseMode::kNone) {
      // One of them paused again: the rest keeps its turn.
      paused_.insert(paused_.begin(), sessions.begin() + static_cast<ptrdiff_t>(i), sessions.end());
      return;
    }
    Resume(*sessions[i]);
  }
}

void Shard::TimeOut(Session& session) { Unblock(session, {}); }

void Shard::Unblock(Session& session, std::string_view error_reply) {
  const TimeoutReply on_timeout = session.blocked_reply;
  const Command* command = session.blocked_command.command;
  RemoveFromQueues(session);
  // Not the scratch buffer: that holds the reply of the command that unblocks.
  Buffer buffer;
  ReplyWriter reply(buffer, session.resp);
  // That nothing has come may be the doing of a change that is not written; what has been synced is not.
  bool tells_of_keys = error_reply.empty();
  if (!error_reply.empty()) {
    reply.Error(error_reply);
  } else if (on_timeout == TimeoutReply::kNull) {
    reply.Null();
  } else if (on_timeout == TimeoutReply::kZero) {
    reply.Integer(0);
  } else if (on_timeout == TimeoutReply::kSynced) {
    reply.Array(2);
    const bool synced = log_ != nullptr && log_->committed(Durability::kSync) >= session.awaited_index;
    tells_of_keys = !synced;
    reply.Integer(synced ? 1 : 0);
    reply.Integer(0);
  } else {
    reply.NullArray();
  }
  // It has run, after all, if to no avail.
  ++command->stats.calls;
  ++stats_.commands_processed;
  CountError(buffer.view(), command);
  session.saw_unwritten |= unwritten_ != nullptr && tells_of_keys;
  Deliver(session, buffer);
  EndReplyMode(session);
  session.Wake();
}

void Shard::MakeReady(const KeyOf& key, Waiters& waiters) {
  if (waiters.is_ready) return;
  waiters.is_ready = true;
  ready_.push_back(key);
}

void Shard::ServeBlocked() {
  // Serving changes keys too (BLMOVE): those come at the end of the list, in this same call.
  if (serving_ || call_depth_ > 0) return;
  serving_ = true;
  while (!ready_.empty()) {
    std::vector<KeyOf> keys;
    keys.swap(ready_);
    for (const KeyOf& key : keys) ServeKey(key);
  }
  serving_ = false;
}

void Shard::ServeKey(const KeyOf& key) {
  auto it = waiting_.find(key);
  if (it == waiting_.end()) return;
  it->second.is_ready = false;
  // Only those who are served leave the queue meanwhile, and with the last of them it may go.
  auto next = it->second.sessions.begin();
  const Session* last = it->second.sessions.back();
  for (Session* session = nullptr; session != last;) {
    session = *next++;
    const Entry* entry = keyspace_.database(key.db).Find(key.key);
    if (entry == nullptr) return;
    if (session->blocked != BlockReason::kKeys || session->close_now || entry->type() != session->blocked_type)
      continue;
    reblocked_ = false;
    StoredCommand stored = std::move(session->blocked_command);
    const std::vector<std::string_view> args = stored.Views();
    ReplyWriter reply(scratch_, session->resp);
    // What was allowed when it began to wait may not be any more: memory may have run out.
    if (Admit(*session, stored.command, args, reply)) {
      Call(*session, *stored.command, args, reply);
    } else {
      ++stored.command->stats.rejected;
      CountError(scratch_.view(), nullptr);
    }
    if (reblocked_) {
      if (has_held_pushes_) SendHeldPushes(*session);
      session->blocked_command = std::move(stored);
      continue;
    }
    RemoveFromQueues(*session);
    Deliver(*session, scratch_);
    if (has_held_pushes_) SendHeldPushes(*session);
    EndReplyMode(*session);
    session->Wake();
  }
}

}  // namespace kvorum
