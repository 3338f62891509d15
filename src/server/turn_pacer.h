// TurnPacer: when the event loop rests a moment before it looks for events.
//
// Each turn costs a look at epoll, and often a sleep and a wake-up that the sender pays for. When many connections send, but each turn
// finds only a few of them ready, those costs are paid for every request: at 50 connections without pipelining they are a third of
// the server's processor time. Resting for a hundred microseconds or so lets requests gather, so that one turn serves several. Where few
// connections send, each waiting for its reply before it goes on, a rest would only delay them: then there is none; nor is there one when
// turns have much to do, as requests gather while they run.
//
// Threads: one. Complexity: O(1).
#pragma once

#include <cstdint>

namespace kvorum {

class TurnPacer {
 public:
  // Connections that sent something within kWindowMicros, from which on it pays.
  static constexpr uint32_t kManyConnections = 16;
  static constexpr int64_t kWindowMicros = 1000;
  // A turn with less than both had little to do.
  static constexpr uint64_t kFewInputs = 8;
  static constexpr uint64_t kFewCommands = 64;

  // A connection's, zero at first: the last window in which it has sent something.
  using Mark = uint32_t;

  void CountInput(Mark* mark) {
    ++inputs_;
    if (*mark == window_) return;
    *mark = window_;
    ++senders_;
  }
  void EndTurn(int64_t now_micros, uint64_t commands) {
    turn_was_small_ = inputs_ < kFewInputs && commands < kFewCommands;
    inputs_ = 0;
    if (now_micros - window_began_micros_ < kWindowMicros) return;
    window_began_micros_ = now_micros;
    ++window_;
    senders_before_ = senders_;
    senders_ = 0;
  }
  bool many_send() const { return senders_before_ >= kManyConnections; }
  // Connections that sent something in the last window.
  uint32_t senders() const { return senders_before_; }
  uint64_t inputs() const { return inputs_; }  // of this turn
  bool ShouldRest() const { return turn_was_small_ && many_send(); }

 private:
  uint64_t inputs_ = 0;  // of this turn
  bool turn_was_small_ = false;
  Mark window_ = 1;
  int64_t window_began_micros_ = 0;
  uint32_t senders_ = 0;  // of this window
  uint32_t senders_before_ = 0;
};

}  // namespace kvorum
