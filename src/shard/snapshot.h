// Snapshot: writes snapshots of a keyspace without fork, in slices between commands.
//
//   FileError error = snapshot.Begin(folder, header);      between two turns; header.index: the last entry of the journal
//   each turn:  bool more = snapshot.Turn(idle);           more: poll the sockets without waiting, there is work
//   outcome = snapshot.TakeOutcome();                      when it is done, or has failed
//
// SnapshotWalk finds what is to be written, SnapshotWriter writes it on the worker's thread. When the disk does not keep up, the
// walk waits, and commands go on. What they change has to be written first, though: such blocks wait in memory, up to
// Options::waiting_bytes; beyond that a command waits for the disk (stalled_micros tells).
//
// After a failure the walk goes on without writing for a moment (state kMarking), as marks must be whole for the next one.
//
// Threads: the shard's; `wake` is called on the worker's. Ownership: borrows what Parts names, which must outlive it. The destructor gives
// up what is not done.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "journal/snapshot_format.h"
#include "journal/snapshot_writer.h"
#include "keyspace/keyspace.h"
#include "keyspace/snapshot_walk.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/worker.h"

namespace kvorum {

struct SnapshotOutcome {
  bool good = false;
  std::string error;  // unless good
  std::string path;   // if good
  SnapshotHeader header;
  uint64_t keys = 0;
  uint64_t file_bytes = 0;
  int64_t micros = 0;          // from begin to end
  int64_t stalled_micros = 0;  // commands waited for the disk
};

class Snapshot final : private SnapshotSink {
 public:
  struct Parts {
    Keyspace* keyspace;
    Clock* clock;
    FileSystem* files;
    Worker* worker;  // not the journal's
    // Called when Turn may have something to do again.
    std::function<void()> wake = {};
    // Lets the worker go on while this thread waits for it; empty: it has a thread of its own.
    std::function<void()> run_worker = {};
  };
  struct Options {
    uint64_t queue_bytes = 8 << 20;     // what the walk has ahead of the disk
    uint64_t waiting_bytes = 32 << 20;  // what commands may add to that
    int64_t share_percent = 3;          // of this thread's time, while commands want it too
    int64_t slice_micros = 300;         // at most, at once
  };
  enum class State : uint8_t {
    kIdle,
    kWalking,    // over the keyspace
    kFinishing,  // the worker is
    kMarking,    // failed; the walk ends without writing
  };

  explicit Snapshot(Parts parts) : Snapshot(std::move(parts), Options()) {}
  Snapshot(Parts parts, Options options);
  ~Snapshot() override;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // The state is that of this moment, `effects` that of it which is not in the keyspace (an encoded command each). Only when state() is kIdle, or kMarking, which is ended first (at about 30 ns a key).
  FileError Begin(const std::string& folder, const SnapshotHeader& header, std::span<const std::string> effects = {});
  // Goes on for its share of the time since the last call, or, if nobody else wants the thread, for a slice. True: there is more to do
  // at once. To be called after wake too.
  bool Turn(bool idle);
  // The same for about so long, or for so much work (SnapshotWalk::Step), without looking at the clock.
  bool Step(int64_t budget_micros);
  bool StepWork(size_t work);
  // Goes on to the end, waiting for the disk: SAVE.
  void RunToEnd();
  // Gives up, which the outcome says, unless all was just done. Waits until the worker has removed the file.
  void Abort();

  State state() const { return state_; }
  bool idle() const { return state_ == State::kIdle; }
  // Of the last one that ended, once.
  std::optional<SnapshotOutcome> TakeOutcome() { return std::exchange(outcome_, std::nullopt); }

  // Of the one that is running.
  const SnapshotHeader& header() const { return header_; }
  uint64_t keys() const { return walk_ == nullptr ? keys_ : walk_->keys_at_begin(); }
  uint64_t written_keys() const { return walk_ == nullptr ? keys_ : walk_->keys_written(); }
  uint64_t forced_keys() const { return walk_ == nullptr ? 0 : walk_->keys_forced(); }
  uint64_t written_bytes() const { return writer_ == nullptr ? 0 : writer_->written_bytes(); }
  int64_t begun_micros() const { return begun_micros_; }  // of the clock's MonotonicMicros
  // What it holds in memory that is nobody's data, and what was deleted but is not written yet: not to be evicted for.
  uint64_t buffered_bytes() const;

 private:
  struct WaitingBlock {
    Buffer bytes;
    uint32_t records;
  };

  void TakeBlock(Buffer* block, uint32_t records) override;
  // Gives the writer what waits. True: all of it.
  bool Drain();
  void WaitForWorker();
  void EndWalk();
  // Looks at what has become of the writer.
  void Poll();
  void End(bool good, std::string error);

  const Parts parts_;
  const Options options_;
  State state_ = State::kIdle;
  SnapshotHeader header_;
  std::unique_ptr<SnapshotWriter> writer_;
  std::unique_ptr<SnapshotWalk> walk_;
  std::deque<WaitingBlock> waiting_;
  uint64_t waiting_bytes_ = 0;
  bool finish_asked_ = false;
  uint64_t keys_ = 0;
  int64_t begun_micros_ = 0;
  int64_t stalled_micros_ = 0;
  int64_t turn_micros_ = 0;  // when the last Turn was
  int64_t credit_micros_ = 0;
  std::optional<SnapshotOutcome> outcome_;

  std::mutex mutex_;
  std::condition_variable progressed_;
  uint64_t progress_ = 0;  // guarded by mutex_
};

}  // namespace kvorum
