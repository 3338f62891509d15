// Server: listeners, connections and the event loop around one shard.
//
// A turn: wait for events; read all sockets that have something; parse all whole requests of all of them; bring their keys
// towards the caches; execute; hand effects over; send. Requests that belong to one connection keep their order.
//
// Threads: Run's; Stop may be called from any, and from signal handlers.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "commands/table.h"
#include "os/clock.h"
#include "os/event_loop.h"
#include "server/connection.h"
#include "server/metrics.h"
#include "server/settings.h"
#include "server/turn_pacer.h"
#include "shard/shard.h"

namespace kvorum {

struct ServerStats {
  uint64_t connections_received = 0;
  uint64_t rejected_connections = 0;
  uint64_t net_input_bytes = 0;
  uint64_t net_output_bytes = 0;
  uint64_t evicted_clients = 0;
  uint64_t query_limit_disconnections = 0;
  uint64_t reply_buffer_shrinks = 0;
  uint64_t reply_buffer_expands = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t rests = 0;   // before turns, see turn_pacer.h
  uint64_t cycles = 0;  // turns of the event loop, and the time spent in them, waiting not counted
  uint64_t cycle_micros = 0;
  uint64_t cycle_micros_max = 0;
  uint64_t command_micros = 0;  // of that, executing
  uint64_t cron_micros = 0;
  uint64_t commands_a_cycle_max = 0;
};

class Config;
class FileSystem;
class Persistence;

class Server {
 public:
  Server(ServerSettings& settings, ShardSettings& shard_settings, KeyspaceSettings& keyspace_settings, Clock& clock);
  ~Server();

  // Opens the listeners. On failure the error says which and why.
  [[nodiscard]] bool Listen(std::string* error);
  // After `bind` or `port` has changed: opens what is missing and closes what is too much. On failure all is as it was, and
  // the log says why.
  [[nodiscard]] bool ListenAnew();
  // Work that is due `hz` times a second.
  void Cron();
  // Runs Cron if it is time, and returns how long until the next, in ms.
  int64_t CronIfDue(int64_t now_micros);
  void SampleMetrics(uint64_t now_micros);
  // Serves until Stop.
  void Run();
  void Stop();
  // Opens the data folder, an absolute path, and loads what is in it, to be called between Listen and Run; without it nothing is kept.
  // False: *error says why not, or is empty if the end was asked for meanwhile.
  [[nodiscard]] bool OpenData(FileSystem& files, std::string folder, std::string* error);
  // One turn while data is loaded. False: the end was asked for.
  bool ServeWhileLoading();
  // The orderly end: saves and closes as shutdown_flag bits and the configuration say, and stops. False: that failed, the log says why,
  // and all goes on.
  [[nodiscard]] bool End(uint32_t flags);
  // The same, by a signal: Run does it. For signal handlers.
  void AskToEnd(int signal);
  // Whether Run has ended because nothing could be kept any more.
  bool has_failed() const { return has_failed_; }
  // nullptr: there is no data folder.
  Persistence* persistence() { return persistence_.get(); }

  Shard& shard() { return *shard_; }
  ServerSettings& settings() { return settings_; }
  ShardSettings& shard_settings() { return shard_settings_; }
  KeyspaceSettings& keyspace_settings() { return keyspace_settings_; }
  ServerStats& stats() { return stats_; }
  // CONFIG RESETSTAT.
  void ResetStats();
  EventLoop& loop() { return loop_; }
  Clock& clock() { return clock_; }
  Metrics& metrics() { return metrics_; }
  const std::string& run_id() const { return run_id_; }
  const std::string& replication_id() const { return replication_id_; }
  void ChangeReplicationId();
  int64_t started_unix_ms() const { return started_unix_ms_; }
  int64_t started_monotonic_micros() const { return started_monotonic_micros_; }
  // DEBUG PAUSE-CRON.
  bool cron_paused = false;
  // The configuration behind the settings, nullptr in tests. Borrowed.
  Config* config = nullptr;
  const std::unordered_map<int64_t, std::unique_ptr<Connection>>& connections() const { return connections_; }
  // Memory held for all clients: exact while maxmemory-clients is set, else as of the last second.
  size_t clients_bytes() const { return clients_bytes_; }

 private:
  friend class Connection;
  struct Listener : EventHandler {
    Listener(Server& server, int fd, std::string address, int64_t port);
    ~Listener() override;
    void OnReadable() override { server.Accept(*this); }
    Server& server;
    int fd;
    std::string address;  // as in `bind`, or the unix socket's path
    bool rests = false;   // until the next Cron, as there was no room for a connection
    int64_t port;         // 0: a unix socket
    bool is_unix() const { return port == 0; }
  };
  using Input = ConnectionInput;
  // A parsed request, waiting to be executed in this turn.
  struct Request {
    size_t input;  // in inputs_
    const Command* command;
    uint32_t first_arg;  // in args_
    uint32_t arg_count;
    uint64_t key_hash;  // 0: it has no key that is known beforehand
    const char* end;    // of its bytes
    bool is_error;      // the stream is broken here; the text is the connection's parser's
  };

  using Listeners = std::vector<std::unique_ptr<Listener>>;

  // Opens one address of `bind`. False: it cannot be had, and must be.
  bool OpenTcp(const std::string& address, Listeners* opened, std::string* error);
  void Accept(Listener& listener);
  void Reject(int fd, std::string_view error);
  // Stops listening for a moment, so that the loop does not spin on a connection that it cannot accept.
  void Rest(Listener& listener);
  void WakeListeners();
  void Read(Connection& connection);
  // Runs all that was read: parses, executes, keeps what is left over. Empties the shared area.
  void ExecuteBatch();
  void ParseInput(std::vector<Input>& inputs, size_t index);
  const Command* FindCommand(Arguments args) const;
  void Prefetch(const std::vector<Input>& inputs, std::span<const Request> requests);
  void ExecuteRequests(std::vector<Input>& inputs);
  void ExecuteRequest(const Request& request, Input& input);
  void AttendPersistence(bool is_busy);
  void RestIfDue();
  void BeginSyncIfDue();
  bool EndBySignal();
  void CountCommands(int64_t began_micros, uint64_t commands_before);
  void KeepRest(Input& input);
  void ContinueStalled();
  void ListForAttention(Connection& connection);
  // Hands the turn over, and sends what may be sent.
  void AttendConnections();
  // Looks at the connection again when the journal has committed more.
  void AwaitCommit(Connection& connection);
  void AttendCommitted();
  void Close(Connection& connection);

  // See clients.cc.
  void CareForClients();
  void CareFor(Connection& connection);
  void ResizeBuffers(Connection& connection);
  size_t ClientsLimit() const;
  void CountMemory(Connection& connection);
  // Closes the largest clients while all hold more than maxmemory-clients. Safe between two requests. O(1) if they do not.
  void EvictClients();
  RequestLimits Limits(const Connection& connection) const;

  ServerSettings& settings_;
  ShardSettings& shard_settings_;
  KeyspaceSettings& keyspace_settings_;
  Clock& clock_;
  CommandTable commands_;
  std::unique_ptr<Shard> shard_;
  EventLoop loop_;
  ServerStats stats_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> end_signal_{0};
  bool has_failed_ = false;
  std::unique_ptr<Persistence> persistence_;
  bool snapshot_has_work_ = false;
  bool sync_is_put_off_ = false;
  int64_t put_off_micros_ = 0;    // since when
  uint64_t put_off_inputs_ = 0;   // requests that wait for it
  int64_t next_cron_micros_ = 0;  // by the monotonic clock
  Metrics metrics_;
  std::string run_id_;  // 40 hexadecimal digits
  std::string replication_id_;
  int64_t started_unix_ms_;
  int64_t started_monotonic_micros_;
  Listeners listeners_;
  std::unordered_map<int64_t, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> attention_;
  std::vector<Connection*> attended_;  // of this turn; empty between turns
  std::vector<Connection*> awaiting_commit_;
  uint64_t written_seen_ = 0;
  uint64_t synced_seen_ = 0;
  TurnPacer pacer_;

  int64_t cared_for_id_ = 0;  // of the connection that CareForClients looked at last
  size_t clients_bytes_ = 0;  // sum of counted_bytes_
  size_t clients_limit_ = 0;  // what ClientsLimit said when all were counted

  // The turn's input: what was read, requests, arguments (views into what was read), and copies of arguments of inline
  // requests.
  Buffer arena_;
  std::vector<Input> inputs_;
  std::vector<Request> requests_;
  std::vector<std::string_view> args_;
  std::deque<std::string> inline_args_;
};

// All families of all rooms.
void RegisterAllCommands(CommandTable& table);

// The families of this room.
void RegisterConfigCommands(CommandTable& table);
void RegisterInfoCommands(CommandTable& table);
void RegisterMemoryCommands(CommandTable& table);
void RegisterServerCommands(CommandTable& table);
void RegisterPersistenceCommands(CommandTable& table);
void RegisterDebugCommands(CommandTable& table);

inline Server& ServerOf(Context& context) { return *ShardOf(context).server; }

}  // namespace kvorum
