// MONITOR: every command that runs, told to the sessions that asked for it.
//
//   +1795365183.560719 [0 127.0.0.1:56644] "get" "a\x01b"
//
// Commands for administrators are not told, and passwords are not shown.
#include <algorithm>
#include <cstdio>

#include "base/quote.h"
#include "shard/redact.h"
#include "shard/shard.h"

namespace kvorum {

void Shard::AddMonitor(Session& session) {
  session.is_monitor = true;
  monitors_.push_back(&session);
}

void Shard::RemoveMonitor(Session& session) {
  if (!session.is_monitor) return;
  session.is_monitor = false;
  std::erase(monitors_, &session);
}

void Shard::FeedMonitors(const Session& session, const Command& command, Arguments args) {
  if (command.Is(flag::kAdmin | flag::kSkipMonitor) || session.internal) return;
  const int64_t unix_micros = clock_->UnixMicros();
  char time[40];
  std::snprintf(time, sizeof(time), "+%lld.%06lld [", static_cast<long long>(unix_micros / 1000000),
                static_cast<long long>(unix_micros % 1000000));
  std::string line = time;
  line += std::to_string(session.db);
  line += session.is_unix_socket ? " unix:" : " ";
  line += session.is_unix_socket ? session.local_address.substr(0, session.local_address.rfind(':')) : session.address;
  line += ']';
  for (std::string_view arg : WithoutSecrets(command, args)) {
    line += ' ';
    AppendQuoted(line, arg);
  }
  line += "\r\n";
  for (Session* monitor : monitors_) {
    if (monitor->reply_mode == ReplyMode::kOn) Push(*monitor, line);
  }
}

}  // namespace kvorum
