#include "shard/snapshot.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"

namespace kvorum {
namespace {

// Between two looks at the clock: some microseconds.
constexpr size_t kStepWork = 16 << 10;
// A slice shorter than this is not worth its beginning.
constexpr int64_t kLeastMicros = 30;

}  // namespace

Snapshot::Snapshot(Parts parts, Options options) : parts_(std::move(parts)), options_(options) {}

Snapshot::~Snapshot() {
  walk_.reset();
  writer_.reset();
}

FileError Snapshot::Begin(const std::string& folder, const SnapshotHeader& header,
                          std::span<const std::string> effects) {
  CHECK(state_ == State::kIdle || state_ == State::kMarking);
  while (state_ == State::kMarking) StepWork(SIZE_MAX);
  SnapshotWriterOptions options;
  options.queue_bytes = options_.queue_bytes;
  options.on_progress = [this] {
    {
      const std::lock_guard lock(mutex_);
      ++progress_;
    }
    progressed_.notify_one();
    if (parts_.wake) parts_.wake();
  };
  if (FileError error =
          SnapshotWriter::Begin(*parts_.files, folder, *parts_.worker, header, std::move(options), &writer_)) {
    return error;
  }
  header_ = header;
  finish_asked_ = false;
  stalled_micros_ = credit_micros_ = 0;
  begun_micros_ = turn_micros_ = parts_.clock->MonotonicMicros();
  state_ = State::kWalking;
  SnapshotSink& sink = *this;
  walk_ = std::make_unique<SnapshotWalk>(*parts_.keyspace, sink, effects);
  keys_ = walk_->keys_at_begin();
  return {};
}

bool Snapshot::Turn(bool idle) {
  if (state_ == State::kIdle) return false;
  const int64_t now = parts_.clock->MonotonicMicros();
  credit_micros_ += (now - turn_micros_) * options_.share_percent / 100;
  credit_micros_ = std::min(credit_micros_, options_.slice_micros);
  turn_micros_ = now;
  if (idle) credit_micros_ = options_.slice_micros;
  if (credit_micros_ < kLeastMicros) {
    Poll();
    return walk_ != nullptr;
  }
  const bool more = Step(credit_micros_);
  credit_micros_ -= parts_.clock->MonotonicMicros() - now;
  return more;
}

bool Snapshot::Step(int64_t budget_micros) {
  const int64_t started = parts_.clock->MonotonicMicros();
  do {
    if (!StepWork(kStepWork)) return false;
  } while (parts_.clock->MonotonicMicros() - started < budget_micros);
  return true;
}

bool Snapshot::StepWork(size_t work) {
  Poll();
  if (walk_ == nullptr || (state_ == State::kWalking && !waiting_.empty())) return false;
  if (walk_->Step(work)) return true;
  EndWalk();
  return false;
}

void Snapshot::EndWalk() {
  walk_.reset();
  if (state_ == State::kMarking) {
    state_ = State::kIdle;
    return;
  }
  state_ = State::kFinishing;
  Poll();
}

void Snapshot::Poll() {
  if (writer_ == nullptr) return;
  if (writer_->state() == SnapshotWriter::State::kFailed) return End(false, writer_->error());
  if (writer_->state() == SnapshotWriter::State::kDone) return End(true, {});
  if (!Drain() || state_ != State::kFinishing || finish_asked_) return;
  finish_asked_ = true;
  writer_->Finish();
}

void Snapshot::End(bool good, std::string error) {
  outcome_ = SnapshotOutcome{.good = good,
                             .error = std::move(error),
                             .path = good ? writer_->path() : std::string(),
                             .header = header_,
                             .keys = keys_,
                             .file_bytes = writer_->written_bytes(),
                             .micros = parts_.clock->MonotonicMicros() - begun_micros_,
                             .stalled_micros = stalled_micros_};
  writer_.reset();
  waiting_.clear();
  waiting_bytes_ = 0;
  if (walk_ != nullptr) {
    walk_->Drop();
    state_ = State::kMarking;
  } else {
    state_ = State::kIdle;
  }
}

void Snapshot::Abort() {
  if (writer_ != nullptr) writer_->Abort();
  // The next one may take a file of the same name, so this one's must be gone.
  while (writer_ != nullptr) {
    Poll();
    if (writer_ != nullptr) WaitForWorker();
  }
}

void Snapshot::RunToEnd() {
  while (state_ != State::kIdle) {
    if (!StepWork(kStepWork) && state_ != State::kIdle && writer_ != nullptr) WaitForWorker();
  }
}

uint64_t Snapshot::buffered_bytes() const {
  return waiting_bytes_ + (writer_ == nullptr ? 0 : writer_->queued_bytes()) +
         (walk_ == nullptr ? 0 : walk_->held_bytes());
}

// --- Blocks -----------------------------------------------------------------------------------------------------------------

bool Snapshot::Drain() {
  while (!waiting_.empty()) {
    const size_t bytes = waiting_.front().bytes.size();
    if (!writer_->Add(&waiting_.front().bytes, waiting_.front().records)) return false;
    waiting_bytes_ -= bytes;
    waiting_.pop_front();
  }
  return true;
}

void Snapshot::TakeBlock(Buffer* block, uint32_t records) {
  // A failure is seen to in the next Poll; until then the writer takes blocks and drops them.
  if (Drain() && writer_->Add(block, records)) return;
  if (!waiting_.empty() && waiting_bytes_ + block->size() > options_.waiting_bytes) {
    const int64_t started = parts_.clock->MonotonicMicros();
    while (!Drain() && waiting_bytes_ + block->size() > options_.waiting_bytes) WaitForWorker();
    stalled_micros_ += parts_.clock->MonotonicMicros() - started;
  }
  waiting_bytes_ += block->size();
  waiting_.push_back({std::move(*block), records});
}

void Snapshot::WaitForWorker() {
  if (parts_.run_worker) return parts_.run_worker();
  // What it was waited for may have happened before; then the time runs out.
  std::unique_lock lock(mutex_);
  const uint64_t seen = progress_;
  progressed_.wait_for(lock, std::chrono::milliseconds(1), [&] { return progress_ != seen; });
}

}  // namespace kvorum
