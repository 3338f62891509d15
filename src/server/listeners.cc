// Opening, changing and closing the addresses that the server listens on.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "os/socket.h"
#include "server/log.h"
#include "server/server.h"

namespace kvorum {

Server::Listener::Listener(Server& server, int fd, std::string address, int64_t port)
    : server(server), fd(fd), address(std::move(address)), port(port) {
  rests = !server.loop_.Add(fd, *this);
}

Server::Listener::~Listener() {
  if (!rests) server.loop_.Remove(fd, *this);
  close(fd);
}

void Server::Rest(Listener& listener) {
  Log(LogLevel::kWarning,
      "Accepting client connection on " + listener.address + ": no room for another one (open files, memory)");
  listener.rests = true;
  loop_.Remove(listener.fd, listener);
}

void Server::WakeListeners() {
  for (const auto& listener : listeners_) {
    if (listener->rests) listener->rests = !loop_.Add(listener->fd, *listener);
  }
}

bool Server::OpenTcp(const std::string& address, Listeners* opened, std::string* error) {
  const bool optional = address.starts_with('-');
  SocketResult result = ListenTcp(optional ? address.substr(1) : address, static_cast<int>(settings_.port),
                                  static_cast<int>(settings_.tcp_backlog));
  if (result.error.empty()) {
    opened->push_back(std::make_unique<Listener>(*this, result.fd, address, settings_.port));
    return true;
  }
  // As in Redis: what this machine cannot have is left out, but an address that is taken is an error even if it is optional.
  if (result.no_protocol || (result.no_address && optional)) {
    Log(LogLevel::kNotice, "Not listening on " + address + ": " + result.error);
    return true;
  }
  *error = "Could not create server TCP listening socket " + address + ":" + std::to_string(settings_.port) + ": " +
           result.error;
  return false;
}

bool Server::Listen(std::string* error) {
  if (settings_.port != 0) {
    for (const std::string& address : settings_.bind) {
      if (!OpenTcp(address, &listeners_, error)) {
        *error += "\nFailed listening on port " + std::to_string(settings_.port) + " (tcp), aborting.";
        return false;
      }
    }
  }
  if (!settings_.unixsocket.empty()) {
    SocketResult result = ListenUnix(settings_.unixsocket, static_cast<unsigned>(settings_.unixsocketperm),
                                     static_cast<int>(settings_.tcp_backlog));
    if (!result.error.empty()) {
      *error = "Failed opening Unix socket " + settings_.unixsocket + ": " + result.error;
      return false;
    }
    listeners_.push_back(std::make_unique<Listener>(*this, result.fd, settings_.unixsocket, 0));
  }
  if (!listeners_.empty()) return true;
  *error = "Configured to not listen anywhere (port, bind, unixsocket), exiting.";
  return false;
}

bool Server::ListenAnew() {
  auto stays = [this](const Listener& listener) {
    return listener.is_unix() ||
           (listener.port == settings_.port &&
            std::find(settings_.bind.begin(), settings_.bind.end(), listener.address) != settings_.bind.end());
  };
  // Another address may overlap with an old one ("*" and "127.0.0.1"), so the old ones of this port are closed first.
  std::vector<std::string> closed;
  for (size_t i = listeners_.size(); i-- > 0;) {
    Listener& listener = *listeners_[i];
    if (stays(listener) || listener.port != settings_.port) continue;
    closed.push_back(listener.address);
    listeners_.erase(listeners_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  Listeners opened;
  std::string error;
  bool all = true;
  for (const std::string& address : settings_.bind) {
    if (settings_.port == 0 || !all) break;
    const bool is_open = std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
      return listener->port == settings_.port && listener->address == address;
    });
    if (!is_open) all = OpenTcp(address, &opened, &error);
  }
  if (!all) {
    Log(LogLevel::kWarning, error);
    opened.clear();
    for (const std::string& address : closed) {
      if (!OpenTcp(address, &listeners_, &error)) Log(LogLevel::kWarning, error);
    }
    return false;
  }
  std::erase_if(listeners_, [&](const auto& listener) { return !stays(*listener); });
  for (auto& listener : opened) listeners_.push_back(std::move(listener));
  return true;
}

}  // namespace kvorum
