#include "cli/store.h"

#include "ask/index_settings.h"

namespace kvorum {
namespace {

constexpr char kNoServer[] = "\nWithout --host and --port a server is started for the purpose.";

}  // namespace

void AddStoreOptions(CLI::App& app, StoreOptions* options) {
  AddServerOptions(app, &options->server);
  app.add_option(
      "--data", options->folder,
      "A folder to keep documents in, by a server that runs only while it is used. Without --data, --host and "
      "--port: the server on this machine's port 6379, or, if none is there, the folder " +
          DefaultDataFolder());
}

std::string CheckStoreOptions(const CLI::App& app, StoreOptions* options) {
  options->has_server = app.count("--host") + app.count("--port") > 0;
  return options->has_server && !options->folder.empty()
             ? "--data is a folder, and --host and --port name a server: one "
               "of the two"
             : "";
}

bool Store::OpenUsual(const ServerAddress& address) {
  if (!client_.Connect(address)) {
    const bool is_silent = client_.error().find("answers") == std::string::npos;
    if (!is_silent) note_ = client_.error() + "; ";
    return false;
  }
  RespReply reply;
  if (client_.Call({"FT._LIST"}, &reply)) return true;
  note_ = address.text() + " has no full-text search; ";
  return false;
}

std::string Store::OpenFolder(const std::string& folder) {
  note_ += "documents are in " + folder;
  return data_server_.Open(folder, &client_);
}

std::string Store::Open(const StoreOptions& options) {
  if (options.has_server) return client_.Connect(options.server) ? "" : client_.error() + kNoServer;
  if (!options.folder.empty()) return OpenFolder(options.folder);
  return OpenUsual(options.server) ? "" : OpenFolder(DefaultDataFolder());
}

std::string Store::OpenWith(const std::string& index, const StoreOptions& options, bool* is_there) {
  IndexSettings settings;
  *is_there = false;
  const auto look = [&] {
    std::string error = ReadIndexSettings(IndexKeys(index), &client_, &settings);
    *is_there = settings.exists;
    return error;
  };
  if (options.has_server || !options.folder.empty()) {
    if (options.has_server || IsDataFolder(options.folder)) {
      const std::string error = Open(options);
      return error.empty() ? look() : error;
    }
    return own_server_.Start(&client_);  // nothing is there; to ask should not make the folder
  }
  const bool is_usual = OpenUsual(options.server);
  if (is_usual) {
    std::string error = look();
    if (!error.empty() || *is_there) return error;
  }
  if (IsDataFolder(DefaultDataFolder())) {
    if (is_usual) note_ = options.server.text() + " has no such index; ";
    if (std::string error = OpenFolder(DefaultDataFolder()); !error.empty()) return error;
    std::string error = look();
    if (!error.empty() || *is_there) return error;
  }
  note_.clear();
  return is_usual && OpenUsual(options.server) ? "" : own_server_.Start(&client_);
}

}  // namespace kvorum
