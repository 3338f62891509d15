// Commands that wait for a search on another thread: see shard/vector_pool.h.
#include <utility>

#include "shard/shard.h"
#include "shard/vector_pool.h"

namespace kvorum {

// Carries the job of a session's command there and back.
class Shard::AwaitedJob final : public VectorJob {
 public:
  AwaitedJob(Shard* shard, int64_t session, uint64_t ticket, std::unique_ptr<VectorJob> job)
      : shard_(shard), session_(session), ticket_(ticket), job_(std::move(job)) {}
  void Run(SearchContext* context) override { job_->Run(context); }
  void Finish() override {
    job_->Finish();
    shard_->EndAwaitedJob(session_, ticket_, std::move(job_));
  }

 private:
  Shard* shard_;
  int64_t session_;
  uint64_t ticket_;
  std::unique_ptr<VectorJob> job_;
};

bool Shard::AwaitVectors(Context& context, std::unique_ptr<VectorJob>* job) {
  Session& session = context.session;
  if (!vector_pool_->works_apart() || !MayBlock(session)) {
    vector_pool_->RunHere(job->get());
    return false;
  }
  Suspend(session, BlockReason::kVectors, &context.command, context.args, Entry::kNoDeadline);
  session.awaited_index = ++last_ticket_;
  vector_pool_->Post(VectorWork::Kind::kSearch,
                     std::make_unique<AwaitedJob>(this, session.id, last_ticket_, std::move(*job)));
  return true;
}

std::unique_ptr<VectorJob> Shard::TakeVectorJob(const Context& context) {
  return &context.session == found_for_ ? std::move(found_job_) : nullptr;
}

// The session may have gone or been killed, and something else may make it wait by now.
void Shard::EndAwaitedJob(int64_t session_id, uint64_t ticket, std::unique_ptr<VectorJob> job) {
  Session* session = FindSession(session_id);
  if (session == nullptr || session->blocked != BlockReason::kVectors || session->awaited_index != ticket) return;
  found_for_ = session;
  found_job_ = std::move(job);
  Resume(*session);
  // Of a command that was turned away meanwhile, or has to wait once more, which then asks again.
  found_for_ = nullptr;
  found_job_.reset();
}

}  // namespace kvorum
