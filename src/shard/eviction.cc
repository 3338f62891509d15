#include "shard/eviction.h"

#include <algorithm>
#include <cmath>

#include "base/allocator.h"
#include "keyspace/access_clock.h"

namespace kvorum {
namespace {

constexpr size_t kPoolSize = 16;
constexpr int kKeysAClock = 16;
// For an estimate of the size of a value.
constexpr size_t kSampledElements = 5;

bool IsVolatile(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLru || policy == EvictionPolicy::kVolatileLfu ||
         policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kVolatileTtl;
}

// How long one call may take: maxmemory-eviction-tenacity 0 to 10 is 0 to 500 us, then 15 % more each, 100 without end.
int64_t TimeLimitMicros(int64_t tenacity) {
  if (tenacity <= 10) return 50 * tenacity;
  if (tenacity < 100) return static_cast<int64_t>(500.0 * std::pow(1.15, static_cast<double>(tenacity) - 10.0));
  return INT64_MAX;
}

}  // namespace

uint64_t Eviction::Score(const Entry& entry, int64_t now_ms) const {
  const KeyspaceSettings& settings = keyspace_.settings();
  if (IsLfu(settings.maxmemory_policy)) return 255 - LfuCounter(entry.clock(), settings, now_ms);
  return static_cast<uint64_t>(IdleMs(entry.clock(), now_ms));
}

void Eviction::FillPool(Database& db, bool only_volatile, int64_t now_ms) {
  const int64_t samples = keyspace_.settings().maxmemory_samples;
  for (int64_t i = 0; i < samples; ++i) {
    const Entry* entry = only_volatile ? db.RandomVolatileEntry(random_) : db.RandomEntry(random_);
    const uint64_t score = Score(*entry, now_ms);
    if (pool_.size() == kPoolSize && score <= pool_.front().score) continue;
    const bool known = std::any_of(pool_.begin(), pool_.end(), [&](const Candidate& candidate) {
      return candidate.db == db.index() && candidate.key == entry->key();
    });
    if (known) continue;
    if (pool_.size() == kPoolSize) pool_.erase(pool_.begin());
    auto place = std::upper_bound(pool_.begin(), pool_.end(), score,
                                  [](uint64_t a, const Candidate& candidate) { return a < candidate.score; });
    pool_.insert(place, {score, db.index(), std::string(entry->key())});
  }
}

bool Eviction::ChooseRandom(bool only_volatile, int* db, std::string* key) {
  for (int i = 0; i < keyspace_.size(); ++i) {
    next_db_ = (next_db_ + 1) % keyspace_.size();
    Database& database = keyspace_.database(next_db_);
    if ((only_volatile ? database.deadline_count() : database.size()) == 0) continue;
    *db = next_db_;
    *key = (only_volatile ? database.RandomVolatileEntry(random_) : database.RandomEntry(random_))->key();
    return true;
  }
  return false;
}

bool Eviction::ChooseEarliest(int* db, std::string* key) {
  const Entry* earliest = nullptr;
  for (int i = 0; i < keyspace_.size(); ++i) {
    const Entry* first = keyspace_.database(i).FirstExpired(INT64_MAX);
    if (first == nullptr || (earliest != nullptr && first->deadline_ms() >= earliest->deadline_ms())) continue;
    earliest = first;
    *db = i;
  }
  if (earliest != nullptr) *key = earliest->key();
  return earliest != nullptr;
}

bool Eviction::Choose(int64_t now_ms, int* db, std::string* key) {
  const EvictionPolicy policy = keyspace_.settings().maxmemory_policy;
  if (policy == EvictionPolicy::kVolatileTtl) return ChooseEarliest(db, key);
  const bool only_volatile = IsVolatile(policy);
  if (policy == EvictionPolicy::kAllKeysRandom || policy == EvictionPolicy::kVolatileRandom) {
    return ChooseRandom(only_volatile, db, key);
  }
  while (true) {
    bool any = false;
    for (int i = 0; i < keyspace_.size(); ++i) {
      Database& database = keyspace_.database(i);
      if ((only_volatile ? database.deadline_count() : database.size()) == 0) continue;
      any = true;
      FillPool(database, only_volatile, now_ms);
    }
    if (!any) return false;
    while (!pool_.empty()) {
      Candidate best = std::move(pool_.back());
      pool_.pop_back();
      // It may have gone, or lost its deadline, since it came into the pool.
      const Entry* entry = keyspace_.database(best.db).Find(best.key);
      if (entry == nullptr || (only_volatile && !entry->has_deadline())) continue;
      *db = best.db;
      *key = std::move(best.key);
      return true;
    }
  }
}

size_t Eviction::Delete(Database& database, std::string_view key) {
  const size_t before = AllocatedBytes();
  if (!keyspace_.settings().lazyfree_lazy_eviction && keyspace_.guard() == nullptr) {
    database.Delete(key);
    const size_t after = AllocatedBytes();
    return before > after ? before - after : 0;
  }
  // What another thread frees counts as freed, but it may not have come to it; so does what a snapshot has to write first.
  const size_t bytes = database.Find(key)->MemoryBytes(kSampledElements);
  if (keyspace_.settings().lazyfree_lazy_eviction) {
    database.DeleteLazily(key, host_.reclaimer());
  } else {
    database.Delete(key);
  }
  return bytes;
}

size_t Eviction::CountedBytes() const {
  const size_t allocated = AllocatedBytes();
  return allocated - std::min(allocated, host_.uncounted_bytes);
}

Eviction::Outcome Eviction::MakeRoom(int64_t now_ms) {
  const KeyspaceSettings& settings = keyspace_.settings();
  if (settings.maxmemory == 0 || CountedBytes() <= settings.maxmemory) return Outcome::kEnough;
  if (settings.maxmemory_policy == EvictionPolicy::kNoEviction) return Outcome::kFailed;
  const int64_t limit_micros = TimeLimitMicros(settings.maxmemory_eviction_tenacity);
  const int64_t started = clock_.MonotonicMicros();
  // What the keys themselves give back is what counts: telling clients of it takes memory too, which goes when they have been told.
  // Evicting for that as well would tell them more, and so on until nothing is left.
  const size_t excess = CountedBytes() - settings.maxmemory;
  size_t freed = 0;
  for (int evicted = 0; freed < excess; ++evicted) {
    if (evicted > 0 && evicted % kKeysAClock == 0 && clock_.MonotonicMicros() - started > limit_micros) {
      return Outcome::kRunning;
    }
    int db;
    std::string key;
    if (!Choose(now_ms, &db, &key)) {
      // What another thread is still freeing counts as evicted.
      return host_.reclaimer().pending() > 0 ? Outcome::kRunning : Outcome::kFailed;
    }
    Database& database = keyspace_.database(db);
    freed += Delete(database, key);
    ++keyspace_.stats().evicted_keys;
    if (host_.notified_classes & event::kEvicted) host_.Notify(event::kEvicted, "evicted", key, db);
    if (host_.wants_effects) {
      const std::string_view words[] = {settings.lazyfree_lazy_eviction ? "UNLINK" : "DEL", key};
      host_.StateEffect(db, words);
    }
    if (host_.watches_changes) host_.KeyChanged(database, key, nullptr);
  }
  return Outcome::kEnough;
}

}  // namespace kvorum
