#include "ask/index_settings.h"

#include <cstdlib>

namespace kvorum {

std::string ReadIndexSettings(const IndexKeys& keys, RespClient* client, IndexSettings* settings) {
  *settings = {};
  RespReply reply;
  if (!client->Call({"HMGET", keys.settings(), "layout", "embedder", "dimension", "embedder-url"}, &reply))
    return client->error();
  if (reply.items.size() != 4) return "the server answers HMGET with something else";
  if (reply.items[0].is_null) return {};
  if (reply.items[0].text != kIndexLayout)
    return "the index '" + keys.name() +
           "' was made by another version of Kvorum; `kvorum ingest --start-over` makes it anew from the documents";
  settings->exists = true;
  settings->embedder = reply.items[1].text;
  settings->dimension = std::strtoull(reply.items[2].text.c_str(), nullptr, 10);
  if (!reply.items[3].is_null) settings->embedder_url = reply.items[3].text;
  return {};
}

std::string DimensionError(const IndexKeys& keys, const IndexSettings& settings, uint64_t dimension) {
  if (settings.dimension == dimension) return {};
  return "the embedder " + settings.embedder + " now gives vectors of " + std::to_string(dimension) +
         " numbers, and the index '" + keys.name() + "' has such of " + std::to_string(settings.dimension) +
         ", so the model is not the same any more; `kvorum ingest --start-over` makes the index anew from the "
         "documents";
}

}  // namespace kvorum
