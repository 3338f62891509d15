#include "server/turn_pacer.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvorum {
namespace {

// Turns that each serve `a_turn` of the connections in order, for several windows of time.
bool RestsAfter(size_t connections, size_t a_turn, uint64_t commands_an_input, int64_t turn_micros) {
  TurnPacer pacer;
  std::vector<TurnPacer::Mark> marks(connections);
  size_t next = 0;
  for (int64_t now = 0; now < 5 * TurnPacer::kWindowMicros; now += turn_micros) {
    for (size_t i = 0; i < a_turn; ++i) pacer.CountInput(&marks[next++ % connections]);
    pacer.EndTurn(now, a_turn * commands_an_input);
  }
  return pacer.ShouldRest();
}

TEST(TurnPacer, RestsWhenManySendAndTurnsAreSmall) {
  EXPECT_TRUE(RestsAfter(50, 1, 1, 15));
  EXPECT_TRUE(RestsAfter(16, 2, 16, 20));
}

TEST(TurnPacer, FewConnectionsAreNotDelayed) {
  EXPECT_FALSE(RestsAfter(1, 1, 1, 10));
  EXPECT_FALSE(RestsAfter(15, 1, 1, 10));
}

TEST(TurnPacer, TurnsWithMuchToDoFollowEachOther) {
  EXPECT_FALSE(RestsAfter(50, 8, 1, 80));
  EXPECT_FALSE(RestsAfter(50, 1, 64, 40));
}

TEST(TurnPacer, ForgetsWhatWasBusy) {
  TurnPacer pacer;
  std::vector<TurnPacer::Mark> marks(50);
  for (TurnPacer::Mark& mark : marks) pacer.CountInput(&mark);
  pacer.EndTurn(TurnPacer::kWindowMicros, 50);
  pacer.CountInput(&marks[0]);
  pacer.EndTurn(TurnPacer::kWindowMicros + 10, 1);
  EXPECT_TRUE(pacer.ShouldRest());
  pacer.EndTurn(3 * TurnPacer::kWindowMicros, 0);
  EXPECT_FALSE(pacer.ShouldRest());
}

}  // namespace
}  // namespace kvorum
