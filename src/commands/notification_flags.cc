#include "commands/notification_flags.h"

#include "commands/host.h"

namespace kvorum {
namespace {

// In the order in which they are shown.
constexpr struct {
  char letter;
  uint32_t bit;
} kLetters[] = {{'g', event::kGeneric},  {'$', event::kString},    {'l', event::kList},    {'s', event::kSet},
                {'h', event::kHash},     {'z', event::kSortedSet}, {'x', event::kExpired}, {'e', event::kEvicted},
                {'t', event::kStream},   {'d', event::kModule},    {'n', event::kNew},     {'K', event::kKeyspace},
                {'E', event::kKeyevent}, {'m', event::kKeyMiss}};

}  // namespace

bool ParseNotificationFlags(std::string_view text, uint32_t* bits) {
  uint32_t parsed = 0;
  for (char c : text) {
    uint32_t found = c == 'A' ? event::kAll : 0;
    for (const auto& [letter, bit] : kLetters) {
      if (letter == c) found = bit;
    }
    if (found == 0) return false;
    parsed |= found;
  }
  *bits = parsed;
  return true;
}

std::string NotificationFlagsText(uint32_t bits) {
  std::string text;
  if ((bits & event::kAll) == event::kAll) {
    text = 'A';
    // Redis does not show n beside A, either.
    bits &= ~(event::kAll | event::kNew);
  }
  for (const auto& [letter, bit] : kLetters) {
    if (bits & bit) text += letter;
  }
  return text;
}

uint32_t EffectiveNotifications(uint32_t bits) { return bits & (event::kKeyspace | event::kKeyevent) ? bits : 0; }

}  // namespace kvorum
