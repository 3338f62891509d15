#include "commands/notification_flags.h"

#include <gtest/gtest.h>

#include "commands/host.h"

namespace kvorum {
namespace {

std::string RoundTrip(std::string_view text) {
  uint32_t bits = 0;
  return ParseNotificationFlags(text, &bits) ? NotificationFlagsText(bits) : "wrong";
}

TEST(NotificationFlags, ComeBackInRedissOrder) {
  EXPECT_EQ(RoundTrip(""), "");
  EXPECT_EQ(RoundTrip("KEA"), "AKE");
  EXPECT_EQ(RoundTrip("EgxeK"), "gxeKE");
  EXPECT_EQ(RoundTrip("g$lshzxetd"), "A");
  EXPECT_EQ(RoundTrip("nm"), "nm");
  EXPECT_EQ(RoundTrip("AnmK"), "AKm") << "n is not shown beside A";
  EXPECT_EQ(RoundTrip("KEx!"), "wrong");
}

TEST(NotificationFlags, NeedAChannelToGoOver) {
  uint32_t bits = 1;
  EXPECT_FALSE(ParseNotificationFlags("?", &bits));
  EXPECT_EQ(bits, 1u) << "a wrong text changes nothing";
  ASSERT_TRUE(ParseNotificationFlags("A", &bits));
  EXPECT_EQ(EffectiveNotifications(bits), 0u);
  ASSERT_TRUE(ParseNotificationFlags("Ex", &bits));
  EXPECT_EQ(EffectiveNotifications(bits), event::kKeyevent | event::kExpired);
}

}  // namespace
}  // namespace kvorum
