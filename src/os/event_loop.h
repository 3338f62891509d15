// EventLoop: readiness of file descriptors, on epoll.
//
// Listeners and the like are level-triggered: they are reported while they are ready. Streams are edge-triggered, which spares a
// look at each of them a turn: one is reported when something has come since; who leaves something unread asks again (Watch).
//
// Threads: one, but Wake may be called from any, and from signal handlers. Ownership: borrows handlers and descriptors; a
// handler must be removed before it goes, and may be removed while events are handled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvorum {

class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void OnReadable() = 0;  // also on hang-up and errors: reading tells
  virtual void OnWritable() {}
  // The other side has ended the stream, or it has failed; called after OnReadable. Until what is there was read to its end, Watch again.
  virtual void OnHangUp() {}
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Watches for readability. False: the system has no room for another one.
  [[nodiscard]] bool Add(int fd, EventHandler& handler);
  [[nodiscard]] bool AddStream(int fd, EventHandler& handler);
  // What to watch a stream for from now on. What is ready already is reported once.
  void Watch(int fd, EventHandler& handler, bool readable, bool writable);
  void Remove(int fd, EventHandler& handler);

  // Waits up to timeout_ms for events and calls their handlers. Returns how many there were.
  size_t Poll(int64_t timeout_ms);
  // Makes the running or the next Poll return at once.
  void Wake();

 private:
  static constexpr size_t kMaxEvents = 1024;

  int epoll_fd_;
  int wake_fd_;
  std::vector<EventHandler*> current_;  // of the events being handled; those removed are nullptr
};

}  // namespace kvorum
