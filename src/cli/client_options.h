// The options that all subcommands share that are clients of a server.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "ask/model_name.h"
#include "client/resp_client.h"

namespace kvorum {

inline void AddServerOptions(CLI::App& app, ServerAddress* address) {
  app.add_option("-H,--host", address->host, "The server's name or address")->capture_default_str();
  app.add_option("-p,--port", address->port, "Its port")->capture_default_str()->check(CLI::Range(1, 65535));
  app.add_option("--user", address->user, "User to authenticate as, with --password");
  app.add_option("-a,--password", address->password, "Password; better in the environment than on the command line")
      ->envname("REDISCLI_AUTH");
}

// ... that ask models which run elsewhere.
inline void AddModelOptions(CLI::App& app, ModelAccess* access) {
  app.add_option("--api-key", access->api_key, "A model's key; better in the environment than on the command line")
      ->envname("OPENAI_API_KEY");
  app.add_option("--model-timeout", access->timeout_s, "Seconds to wait for a model's next word, or its vectors")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
}

}  // namespace kvorum
