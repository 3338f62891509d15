// The keyspace's settings, named as in redis.conf. Filled by the server's configuration; read by commands.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvorum {

enum class EvictionPolicy : uint8_t {
  kNoEviction,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};
inline bool IsLfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu;
}

inline bool IsLru(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLru || policy == EvictionPolicy::kVolatileLru;
}

struct KeyspaceSettings {
  // Beyond these a small encoding becomes a large one.
  int64_t hash_max_listpack_entries = 512;
  int64_t hash_max_listpack_value = 64;
  int64_t set_max_intset_entries = 512;
  int64_t set_max_listpack_entries = 128;
  int64_t set_max_listpack_value = 64;
  int64_t zset_max_listpack_entries = 128;
  int64_t zset_max_listpack_value = 64;
  // Positive: entries a node; -1 to -5: 4, 8, 16, 32, 64 KiB a node.
  int64_t list_max_listpack_size = -2;
  int64_t list_compress_depth = 0;
  // List elements above this many bytes get a node of their own (DEBUG QUICKLIST-PACKED-THRESHOLD).
  size_t list_plain_threshold = size_t{1} << 30;

  int64_t proto_max_bulk_len = 512 << 20;

  uint64_t maxmemory = 0;  // bytes; 0: no limit
  EvictionPolicy maxmemory_policy = EvictionPolicy::kNoEviction;
  int64_t maxmemory_samples = 5;
  int64_t maxmemory_eviction_tenacity = 10;
  int64_t lfu_log_factor = 10;
  int64_t lfu_decay_time = 1;  // minutes

  bool lazyfree_lazy_eviction = false;
  bool lazyfree_lazy_expire = false;
  bool lazyfree_lazy_server_del = false;
  bool lazyfree_lazy_user_del = false;
  bool lazyfree_lazy_user_flush = false;

  bool rdb_compression = true;  // of long strings, in what DUMP gives and files in Redis's format

  bool active_expire = true;  // DEBUG SET-ACTIVE-EXPIRE
  int64_t active_expire_effort = 1;
};

}  // namespace kvorum
