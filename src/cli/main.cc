// kvorum: the command line.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/hash.h"
#include "cli/compatibility_command.h"
#include "server/server.h"

int main(int argc, char** argv) {
  using namespace kvorum;
  if (argc > 1 && std::strcmp(argv[1], "compatibility-page") == 0) return CompatibilityPageMain(argc - 1, argv + 1);
  std::signal(SIGPIPE, SIG_IGN);
  SeedHash(SystemEntropy());
  ServerSettings settings;
  ShardSettings shard_settings;
  KeyspaceSettings keyspace_settings;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--port") == 0) settings.port = std::atoi(argv[i + 1]);
  }
  SystemClock clock;
  Server server(settings, shard_settings, keyspace_settings, clock);
  std::string error;
  if (!server.Listen(&error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  server.Run();
}
