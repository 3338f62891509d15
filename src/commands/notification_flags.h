// The letters of notify-keyspace-events and the event:: bits of host.h.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvorum {

inline constexpr std::string_view kNotificationLetters = "Ag$lshzxeKEtmdn";

// False if `text` has a letter that is none of them. "" is no events at all.
[[nodiscard]] bool ParseNotificationFlags(std::string_view text, uint32_t* bits);

// As CONFIG GET shows them: A for all of its classes together.
std::string NotificationFlagsText(uint32_t bits);

// What the shard has to tell: nothing where neither K nor E says over which channels.
uint32_t EffectiveNotifications(uint32_t bits);

}  // namespace kvorum
