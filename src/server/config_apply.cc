#include "server/config_apply.h"

#include <sys/resource.h>

#include <cstdio>
#include <filesystem>

#include "server/files_limit.h"
#include "server/log.h"
#include "server/persistence.h"
#include "server/server.h"
#include "shard/vector_pool.h"

namespace kvorum {

bool ApplyBind(Server& server, std::string* error) {
  if (server.ListenAnew()) return true;
  *error = "Failed to bind to specified addresses.";
  return false;
}

bool ApplyPort(Server& server, std::string* error) {
  if (server.ListenAnew()) return true;
  *error = "Unable to listen on this port. Check server logs.";
  return false;
}

bool ApplyMaxclients(Server& server, std::string* error) {
  const int64_t possible = RaiseFilesLimit(server.settings().maxclients);
  if (possible >= server.settings().maxclients) return true;
  *error = "The operating system is not able to handle the specified number of clients, try with " +
           std::to_string(possible);
  return false;
}

bool ApplyRequirepass(Server& server, std::string*) {
  // Who is in stays in. Without a password everybody is.
  if (!server.shard_settings().requirepass.empty()) return true;
  for (const auto& [id, session] : server.shard().sessions()) session->authenticated = true;
  return true;
}

bool ApplyLogLevel(Server& server, std::string*) {
  SetLogLevel(server.settings().loglevel);
  return true;
}

bool ApplyOomScore(Server& server, std::string* error) {
  // Of the three values the first is for a primary, which this is.
  static int64_t g_inherited = INT64_MAX;
  const ServerSettings& settings = server.settings();
  int value = 0;
  std::FILE* file = std::fopen("/proc/self/oom_score_adj", "r+");
  bool done = file != nullptr && std::fscanf(file, "%d", &value) == 1;
  if (done && g_inherited == INT64_MAX) g_inherited = value;
  int64_t wanted = g_inherited;
  if (settings.oom_score_adj == "relative") wanted += settings.oom_score_adj_values[0];
  if (settings.oom_score_adj == "absolute") wanted = settings.oom_score_adj_values[0];
  wanted = std::min<int64_t>(std::max<int64_t>(wanted, -1000), 1000);
  if (done && wanted != value) {
    std::rewind(file);
    done = std::fprintf(file, "%d", static_cast<int>(wanted)) > 0 && std::fflush(file) == 0;
  }
  if (file != nullptr) std::fclose(file);
  if (done || settings.oom_score_adj == "no") return true;
  *error = "Failed to apply new oom_score_adj configuration, check server logs.";
  return false;
}

bool ApplyMaxmemory(Server& server, std::string*) {
  const uint64_t limit = server.keyspace_settings().maxmemory;
  if (limit != 0 && limit < AllocatedBytes()) {
    Log(LogLevel::kWarning,
        "WARNING: the new maxmemory value set via CONFIG SET (" + std::to_string(limit) +
            ") is smaller than the current memory usage (" + std::to_string(AllocatedBytes()) +
            "). This will result in key eviction and/or the inability to accept new write commands depending on the "
            "maxmemory-policy.");
  }
  return true;
}

// The journal and the lock are where the server was started.
bool ApplyDir(Server& server, std::string* error) {
  std::error_code failed;
  if (server.persistence() == nullptr ||
      std::filesystem::current_path(failed).string() == server.persistence()->folder()) {
    return true;
  }
  *error = "the data folder cannot be changed while the server runs";
  return false;
}

bool ApplyDurability(Server& server, std::string* error) {
  return server.persistence() == nullptr || server.persistence()->ApplyDurability(error);
}

bool ApplyVectorThreads(Server& server, std::string*) {
  server.shard().vector_pool().SetThreads(static_cast<size_t>(server.settings().vector_threads));
  return true;
}

bool ApplyNotifications(Server& server, std::string*) {
  server.shard().SetNotifications(server.shard_settings().notify_keyspace_events);
  return true;
}

}  // namespace kvorum
