// VADD and VSIM, whose work is other threads' where that is worth the way (shard/vector_pool.h).
//
// VADD: a thread looks for the element's place, then the command runs again and puts it there; if the set has gone meanwhile, or is another's, all of it
// is done over. Elements count, and are stated, in the order in which they are put there. VSIM: a thread searches, and takes the names and attributes of
// what it finds.
#include "shard/vector_set_commands.h"

#include <utility>

#include "commands/vector_sets.h"
#include "shard/shard.h"
#include "vector/vector_work.h"

namespace kvorum {
namespace {

// Smaller sets are searched, and added to, at once: that takes no longer than to wake a thread. A filter reads texts, which takes longer.
constexpr size_t kSmallSearch = 512;
constexpr size_t kSmallFiltered = 32;
constexpr size_t kSmallInsertion = 64;

class PrepareJob final : public VectorJob {
 public:
  PrepareJob(std::shared_ptr<const VectorSet> set, VaddRequest request, uint64_t random)
      : set_(std::move(set)), vector_(std::move(request.vector)), width_(request.width), random_(random) {}
  void Run(SearchContext* /*context*/) override { is_good_ = set_->Prepare(vector_, width_, random_, &prepared_); }

  // Whether what it found is of this set and vector. (A command runs again with the words it had.)
  bool IsFor(const VectorSet& set) const { return is_good_ && set_.get() == &set; }
  const VectorSet::Prepared& prepared() const { return prepared_; }

 private:
  std::shared_ptr<const VectorSet> set_;
  std::vector<float> vector_;
  size_t width_;
  uint64_t random_;
  bool is_good_ = false;
  VectorSet::Prepared prepared_;
};

class SearchJob final : public VectorJob {
 public:
  SearchJob(std::shared_ptr<const VectorSet> set, VsimRequest request)
      : set_(std::move(set)), request_(std::move(request)) {}
  void Run(SearchContext* /*context*/) override {
    request_.query.given = request_.vector;
    request_.query.filter = request_.filter.get();
    set_->Search(request_.query, &matches_);
    set_ = nullptr;
  }
  void Reply(ReplyWriter& reply) const { ReplyVsim(reply, request_, matches_); }

 private:
  std::shared_ptr<const VectorSet> set_;
  VsimRequest request_;
  std::vector<VectorSet::Match> matches_;
};

void Vadd(Context& ctx) {
  Shard& shard = ShardOf(ctx);
  std::unique_ptr<VectorJob> job = shard.TakeVectorJob(ctx);
  VaddRequest request;
  VectorSetObject* object;
  if (!ParseVadd(ctx, &request) || !FindForVadd(ctx, request, &object)) return;
  if (object == nullptr) return RunVadd(ctx, request);
  if (job == nullptr) {
    if (object->size() < kSmallInsertion || !ctx.MayBlock()) return RunVadd(ctx, request);
    job = std::make_unique<PrepareJob>(object->shared(), request, ctx.random().Next());
    if (shard.AwaitVectors(ctx, &job)) return;
  }
  const auto& prepare = static_cast<const PrepareJob&>(*job);
  if (!prepare.IsFor(object->set())) return RunVadd(ctx, request);
  FinishVadd(ctx, request, prepare.prepared(), object);
}

void Vsim(Context& ctx) {
  Shard& shard = ShardOf(ctx);
  std::unique_ptr<VectorJob> job = shard.TakeVectorJob(ctx);
  if (job == nullptr) {
    VectorSetObject* object;
    VsimRequest request;
    if (!ParseVsim(ctx, &object, &request)) return;
    const bool is_small = object->size() < (request.filter == nullptr ? kSmallSearch : kSmallFiltered);
    const bool here = request.on_this_thread || is_small;
    job = std::make_unique<SearchJob>(object->shared(), std::move(request));
    if (here) {
      job->Run(nullptr);
    } else if (shard.AwaitVectors(ctx, &job)) {
      return;
    }
  }
  static_cast<const SearchJob&>(*job).Reply(ctx.reply);
}

}  // namespace

void RegisterVectorWorkCommands(CommandTable& table) {
  table.Bind("vadd", Vadd);
  table.Bind("vsim", Vsim);
}

}  // namespace kvorum
