#include "os/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace kvorum {

namespace {

uint32_t StreamEvents(bool readable, bool writable) {
  return EPOLLET | (readable ? EPOLLIN | EPOLLRDHUP : 0u) | (writable ? EPOLLOUT : 0u);
}

// Other failures are bugs.
bool TryAdd(int epoll_fd, int fd, epoll_event* event) {
  const bool added = epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, event) == 0;
  CHECK(added || errno == ENOMEM || errno == ENOSPC);
  return added;
}

}  // namespace

EventLoop::EventLoop() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
}

EventLoop::~EventLoop() {
  close(epoll_fd_);
  close(wake_fd_);
}

bool EventLoop::Add(int fd, EventHandler& handler) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &handler}};
  return TryAdd(epoll_fd_, fd, &event);
}

bool EventLoop::AddStream(int fd, EventHandler& handler) {
  epoll_event event{.events = StreamEvents(true, false), .data = {.ptr = &handler}};
  return TryAdd(epoll_fd_, fd, &event);
}

void EventLoop::Watch(int fd, EventHandler& handler, bool readable, bool writable) {
  epoll_event event{.events = StreamEvents(readable, writable), .data = {.ptr = &handler}};
  CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::Remove(int fd, EventHandler& handler) {
  CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0);
  std::replace(current_.begin(), current_.end(), &handler, static_cast<EventHandler*>(nullptr));
}

size_t EventLoop::Poll(int64_t timeout_ms) {
  epoll_event events[kMaxEvents];
  const int count = epoll_wait(epoll_fd_, events, kMaxEvents, static_cast<int>(timeout_ms));
  if (count < 0) {
    CHECK(errno == EINTR);
    return 0;
  }
  current_.clear();
  for (int i = 0; i < count; ++i) current_.push_back(static_cast<EventHandler*>(events[i].data.ptr));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if (events[i].data.ptr == nullptr) {
      uint64_t ignored;
      (void)!read(wake_fd_, &ignored, sizeof(ignored));
      continue;
    }
    if (current_[i] != nullptr && (events[i].events & EPOLLOUT)) current_[i]->OnWritable();
    if (current_[i] != nullptr && (events[i].events & ~static_cast<uint32_t>(EPOLLOUT))) current_[i]->OnReadable();
    if (current_[i] != nullptr && (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) current_[i]->OnHangUp();
  }
  current_.clear();
  return static_cast<size_t>(count);
}

void EventLoop::Wake() {
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
}

}  // namespace kvorum
