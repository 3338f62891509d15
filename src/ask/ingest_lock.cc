#include "ask/ingest_lock.h"

#include <string_view>

namespace kvorum {
namespace {

// Others that take it between our look and our write.
constexpr int kMostTries = 10;

// What stands behind `name` up to the next space or line's end; empty: nothing does.
std::string WordAfter(const std::string& text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == text.npos) return {};
  const size_t begin = at + name.size();
  return text.substr(begin, text.find_first_of(" \r\n", begin) - begin);
}

}  // namespace

IngestLock::~IngestLock() {
  RespReply reply;
  if (is_held_) (void)client_->Call({"DEL", key_}, &reply);
}

bool IngestLock::IsThere(const std::string& holder, const std::string& run_id, std::string* where) {
  if (!holder.starts_with(run_id + ":")) return false;
  RespReply list;
  const std::string id = holder.substr(run_id.size() + 1);
  if (!client_->Call({"CLIENT", "LIST", "ID", id}, &list)) return false;
  *where = WordAfter(list.text, "addr=");
  return !where->empty();
}

std::string IngestLock::Take() {
  if (is_held_) return {};
  RespReply id;
  RespReply info;
  client_->Append({"CLIENT", "ID"});
  client_->Append({"INFO", "server"});
  if (!client_->Flush() || !client_->Read(&id) || !client_->Read(&info)) return client_->error();
  const std::string run_id = WordAfter(info.text, "run_id:");
  if (id.is_error() || run_id.empty()) return {};
  const std::string own = run_id + ":" + id.text;
  for (int i = 0; i < kMostTries; ++i) {
    RespReply reply;
    RespReply holder;
    if (!client_->Call({"WATCH", key_}, &reply) || !client_->Call({"GET", key_}, &holder)) return client_->error();
    std::string where;
    if (!holder.is_null && holder.text != own && IsThere(holder.text, run_id, &where)) {
      if (!client_->Call({"UNWATCH"}, &reply)) return client_->error();
      return "another ingest writes into the index '" + name_ + "' just now (client " + where +
             "). Wait for its end, or take another index (--index NAME)";
    }
    if (!client_->Call({"MULTI"}, &reply) || !client_->Call({"SET", key_, own}, &reply) ||
        !client_->Call({"EXEC"}, &reply)) {
      return client_->error();
    }
    is_held_ = !reply.is_null;
    if (is_held_) return {};
  }
  return "other ingests into the index '" + name_ + "' begin all the time";
}

}  // namespace kvorum
