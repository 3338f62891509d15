// VectorWork: where work on vectors goes that takes long enough to be another thread's: searches, and preparing insertions.
//
// The seam is here so that values (src/keyspace) and indexes (src/search) can hand work over without knowing of threads. Behind it stands
// shard/vector_pool.h; without threads, and in replays, a job is done where it is posted.
//
// A job runs once on some thread (Run), then ends once on its owner's, which is the shard's (Finish), between two commands: jobs that insert
// commit there. What Run reads may be changed by nobody meanwhile but in the ways that vector/vector_index.h allows. What a job
// refers to may be deleted meanwhile, even by another thread (lazyfree): it holds a shared_ptr to it. Jobs end in no given order.
// At the end of the process a job may be dropped before Run or before Finish.
//
// What the data is, and what is replicated, must never depend on when a job ends: a vector is there from the command on that
// stored it; that it is not in a graph yet is nobody's business (vector/live_vectors.h sees to that).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace kvorum {

struct SearchContext;

class VectorJob {
 public:
  virtual ~VectorJob() = default;
  // Any thread. The context is this thread's, to search and prepare with.
  virtual void Run(SearchContext* context) = 0;
  // The owner's thread.
  virtual void Finish() {}
};

class VectorWork {
 public:
  enum class Kind : uint8_t {
    kSearch,     // somebody waits for it: goes first
    kInsertion,  // may be run and ended within Post when many wait, so whoever posts must be ready for that
  };

  virtual ~VectorWork() = default;
  // The owner's thread. Jobs of the kind kInsertion that have run may end within the call too.
  virtual void Post(Kind kind, std::unique_ptr<VectorJob> job) = 0;
};

}  // namespace kvorum
