// The server's log: lines as Redis writes them, "PID:M 22 Nov 2026 16:20:45.123 * text", to a file or to stdout.
//
// Threads: SetLog from the main one before others start; Log from any (a line is one write).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };

// `file` empty: stdout. The file is opened anew for each line, so that it may be moved away while the server runs. False if it
// cannot be written; *error says why.
[[nodiscard]] bool SetLog(LogLevel level, const std::string& file, std::string* error);
void SetLogLevel(LogLevel level);
bool Logs(LogLevel level);

void Log(LogLevel level, std::string_view text);
// Without level, pid and time; goes where the lines go.
void LogRaw(std::string_view text);

}  // namespace kvorum
