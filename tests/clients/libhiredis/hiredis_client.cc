// hiredis (Debian 12's 0.14, RESP2) as people use it: plain calls, pipelines, binary arguments, transactions, pub/sub, blocking pops,
// reconnection, and its asynchronous interface. Prints TAP; hiredis_test.sh runs it.
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;

// What failed in the running test; empty: nothing.
std::string failure;

#define EXPECT(condition)                                                                         \
  do {                                                                                            \
    if (!(condition) && failure.empty()) failure = #condition + (":" + std::to_string(__LINE__)); \
  } while (false)

Context Connect() {
  Context context(redisConnectWithTimeout(std::getenv("KVORUM_HOST"), std::atoi(std::getenv("KVORUM_PORT")), {30, 0}));
  if (context == nullptr || context->err != 0) {
    std::printf("Bail out! cannot connect: %s\n", context == nullptr ? "no memory" : context->errstr);
    std::exit(1);
  }
  redisSetTimeout(context.get(), {30, 0});
  return context;
}

template <typename... Args>
Reply Call(const Context& context, const char* format, Args... args) {
  Reply reply(static_cast<redisReply*>(redisCommand(context.get(), format, args...)));
  if (reply == nullptr) failure = std::string("no reply to ") + format + ": " + context->errstr;
  return reply;
}

std::string Text(const Reply& reply) {
  return reply == nullptr || reply->str == nullptr ? "(none)" : std::string(reply->str, reply->len);
}

std::string Text(const redisReply* reply) { return std::string(reply->str, reply->len); }

long long Number(const Reply& reply) {
  return reply == nullptr || reply->type != REDIS_REPLY_INTEGER ? -999 : reply->integer;
}

bool Texts(const Reply& reply, std::initializer_list<const char*> wanted) {
  if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements != wanted.size()) return false;
  size_t i = 0;
  for (const char* text : wanted) {
    if (Text(reply->element[i++]) != text) return false;
  }
  return true;
}

void Strings() {
  Context context = Connect();
  EXPECT(Text(Call(context, "SET %s %s", "key", "value")) == "OK");
  EXPECT(Text(Call(context, "GET key")) == "value");
  EXPECT(Call(context, "GET nothing")->type == REDIS_REPLY_NIL);
  EXPECT(Number(Call(context, "INCRBY n %d", 42)) == 42);
  const Reply error = Call(context, "INCR key");
  EXPECT(error->type == REDIS_REPLY_ERROR);
  EXPECT(Text(error) == "ERR value is not an integer or out of range");
}

void BinaryArguments() {
  Context context = Connect();
  const std::string key("k\0\r\n\xff", 5);
  const std::string value("\0\1\2\r\n$3\r\n", 9);
  EXPECT(Text(Call(context, "SET %b %b", key.data(), key.size(), value.data(), value.size())) == "OK");
  EXPECT(Text(Call(context, "GET %b", key.data(), key.size())) == value);
  const char* words[] = {"APPEND", key.data(), value.data()};
  const size_t lengths[] = {6, key.size(), value.size()};
  Reply reply(static_cast<redisReply*>(redisCommandArgv(context.get(), 3, words, lengths)));
  EXPECT(Number(reply) == 18);
}

void Collections() {
  Context context = Connect();
  EXPECT(Number(Call(context, "HSET h a 1 b 2")) == 2);
  EXPECT(Call(context, "HGETALL h")->elements == 4);
  EXPECT(Number(Call(context, "RPUSH l a b c")) == 3);
  EXPECT(Texts(Call(context, "LRANGE l 0 -1"), {"a", "b", "c"}));
  EXPECT(Number(Call(context, "SADD s a b a")) == 2);
  EXPECT(Number(Call(context, "SISMEMBER s a")) == 1);
  EXPECT(Number(Call(context, "ZADD z 1.5 a -1 b")) == 2);
  EXPECT(Texts(Call(context, "ZRANGE z 0 -1 WITHSCORES"), {"b", "-1", "a", "1.5"}));
  EXPECT(Number(Call(context, "ZRANK z a")) == 1);
}

void Pipeline() {
  Context context = Connect();
  constexpr int kCommands = 50000;
  for (int i = 0; i < kCommands; ++i) redisAppendCommand(context.get(), "SET key:%d %d", i, i);
  redisAppendCommand(context.get(), "GET key:%d", kCommands - 1);
  for (int i = 0; i < kCommands; ++i) {
    void* raw = nullptr;
    EXPECT(redisGetReply(context.get(), &raw) == REDIS_OK);
    Reply reply(static_cast<redisReply*>(raw));
    EXPECT(Text(reply) == "OK");
  }
  void* raw = nullptr;
  EXPECT(redisGetReply(context.get(), &raw) == REDIS_OK);
  EXPECT(Text(Reply(static_cast<redisReply*>(raw))) == std::to_string(kCommands - 1));
}

void Transaction() {
  Context context = Connect();
  Context other = Connect();
  EXPECT(Text(Call(context, "WATCH k")) == "OK");
  EXPECT(Text(Call(context, "MULTI")) == "OK");
  EXPECT(Text(Call(context, "INCR k")) == "QUEUED");
  Reply reply = Call(context, "EXEC");
  EXPECT(reply->elements == 1 && reply->element[0]->integer == 1);
  Call(context, "WATCH k");
  Call(other, "INCR k");
  Call(context, "MULTI");
  Call(context, "SET k lost");
  EXPECT(Call(context, "EXEC")->type == REDIS_REPLY_NIL);
  EXPECT(Text(Call(context, "GET k")) == "2");
  Call(context, "MULTI");
  EXPECT(Text(Call(context, "NONSENSE")).starts_with("ERR unknown command"));
  EXPECT(Text(Call(context, "EXEC")) == "EXECABORT Transaction discarded because of previous errors.");
}

void PubSub() {
  Context subscriber = Connect();
  Context publisher = Connect();
  EXPECT(Call(subscriber, "SUBSCRIBE news")->element[2]->integer == 1);
  EXPECT(Call(subscriber, "PSUBSCRIBE n*")->element[2]->integer == 2);
  EXPECT(Number(Call(publisher, "PUBLISH news hello")) == 2);
  void* raw = nullptr;
  EXPECT(redisGetReply(subscriber.get(), &raw) == REDIS_OK);
  EXPECT(Texts(Reply(static_cast<redisReply*>(raw)), {"message", "news", "hello"}));
  EXPECT(redisGetReply(subscriber.get(), &raw) == REDIS_OK);
  EXPECT(Texts(Reply(static_cast<redisReply*>(raw)), {"pmessage", "n*", "news", "hello"}));
}

void KeyspaceNotifications() {
  Context subscriber = Connect();
  Context context = Connect();
  Call(subscriber, "SUBSCRIBE __keyevent@0__:del");
  Call(context, "SET k v");
  Call(context, "DEL k");
  void* raw = nullptr;
  EXPECT(redisGetReply(subscriber.get(), &raw) == REDIS_OK);
  EXPECT(Texts(Reply(static_cast<redisReply*>(raw)), {"message", "__keyevent@0__:del", "k"}));
}

void BlockingPop() {
  Context context = Connect();
  std::string popped;
  std::thread waiter([&popped] {
    Context waiting = Connect();
    Reply reply(static_cast<redisReply*>(redisCommand(waiting.get(), "BLPOP q1 q2 0")));
    if (reply != nullptr && reply->elements == 2) popped = Text(reply->element[0]) + " " + Text(reply->element[1]);
  });
  while (Text(Call(context, "INFO clients")).find("blocked_clients:1") == std::string::npos) continue;
  EXPECT(Number(Call(context, "RPUSH q2 job")) == 1);
  waiter.join();
  EXPECT(popped == "q2 job");
}

void Scan() {
  Context context = Connect();
  for (int i = 0; i < 3000; ++i) Call(context, "SET key:%d x", i);
  std::vector<bool> seen(3000);
  std::string cursor = "0";
  do {
    Reply reply = Call(context, "SCAN %s COUNT 100", cursor.c_str());
    cursor = Text(reply->element[0]);
    for (size_t i = 0; i < reply->element[1]->elements; ++i) {
      seen[static_cast<size_t>(std::atoi(reply->element[1]->element[i]->str + 4))] = true;
    }
  } while (cursor != "0");
  for (bool found : seen) EXPECT(found);
}

void Reconnect() {
  Context context = Connect();
  Context killer = Connect();
  const long long id = Number(Call(context, "CLIENT ID"));
  EXPECT(Number(Call(killer, "CLIENT KILL ID %lld", id)) == 1);
  EXPECT(redisCommand(context.get(), "PING") == nullptr);
  EXPECT(redisReconnect(context.get()) == REDIS_OK);
  EXPECT(Text(Call(context, "PING")) == "PONG");
}

void Asynchronous() {
  redisAsyncContext* context = redisAsyncConnect(std::getenv("KVORUM_HOST"), std::atoi(std::getenv("KVORUM_PORT")));
  bool reading = false;
  bool writing = false;
  struct Interest {
    bool* reading;
    bool* writing;
  } interest{&reading, &writing};
  context->ev.data = &interest;
  context->ev.addRead = [](void* data) { *static_cast<Interest*>(data)->reading = true; };
  context->ev.delRead = [](void* data) { *static_cast<Interest*>(data)->reading = false; };
  context->ev.addWrite = [](void* data) { *static_cast<Interest*>(data)->writing = true; };
  context->ev.delWrite = [](void* data) { *static_cast<Interest*>(data)->writing = false; };
  int replies = 0;
  bool open = true;
  context->data = &open;
  redisAsyncSetConnectCallback(context, [](const redisAsyncContext*, int status) { EXPECT(status == REDIS_OK); });
  redisAsyncSetDisconnectCallback(context,
                                  [](const redisAsyncContext* c, int) { *static_cast<bool*>(c->data) = false; });
  for (int i = 0; i < 1000; ++i) {
    redisAsyncCommand(
        context,
        [](redisAsyncContext* c, void* raw, void* data) {
          const int number = ++*static_cast<int*>(data);
          EXPECT(raw != nullptr && static_cast<redisReply*>(raw)->integer == number);
          if (number == 1000) redisAsyncDisconnect(c);
        },
        &replies, "INCR n");
  }
  while (open) {
    pollfd fd{context->c.fd, static_cast<short>((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), 0};
    if (poll(&fd, 1, 30000) <= 0) {
      failure = "no event for 30 s";
      return;
    }
    if ((fd.revents & POLLOUT) != 0) redisAsyncHandleWrite(context);
    if (open && (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) redisAsyncHandleRead(context);
  }
  EXPECT(replies == 1000);
}

}  // namespace

int main() {
  const std::pair<const char*, void (*)()> tests[] = {
      {"strings", Strings},
      {"binary arguments", BinaryArguments},
      {"collections", Collections},
      {"a pipeline of 50,000", Pipeline},
      {"transactions with WATCH", Transaction},
      {"pub/sub with patterns", PubSub},
      {"keyspace notifications", KeyspaceNotifications},
      {"blocking pop", BlockingPop},
      {"scan", Scan},
      {"reconnection after a kill", Reconnect},
      {"asynchronous interface", Asynchronous},
  };
  int number = 0;
  int failed = 0;
  for (const auto& [name, run] : tests) {
    failure.clear();
    Call(Connect(), "FLUSHALL");
    run();
    failed += failure.empty() ? 0 : 1;
    std::printf("%s %d - %s\n", failure.empty() ? "ok" : "not ok", ++number, name);
    if (!failure.empty()) std::printf("  %s\n", failure.c_str());
  }
  std::printf("%d passed, %d failed\n", number - failed, failed);
  return failed == 0 ? 0 : 1;
}
