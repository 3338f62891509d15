// What INFO says: its sections, as texts of "name:value" lines.
//
// Threads: the shard's.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace kvorum {

class InfoWriter;
class Server;

// A name for humans: "1.07M".
std::string HumanBytes(uint64_t bytes);

// The sections that `words` ask for, as INFO takes them ("default", "all", "everything", names). Of none: the default ones.
std::set<std::string, std::less<>> InfoSections(std::span<const std::string_view> words);

// A section that is large enough for a file of its own, and what another tells of it.
void PersistenceSection(Server& server, InfoWriter& info);
uint64_t JournalBufferBytes(Server& server);

std::string InfoText(Server& server, const std::set<std::string, std::less<>>& sections);

}  // namespace kvorum
