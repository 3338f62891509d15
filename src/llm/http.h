// POST over HTTP or HTTPS, by libcurl: the answer's body is handed on as it comes.
//
// Threads: an HttpClient is used by one at a time. It keeps its connection for the next call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kvorum {

struct HttpRequest {
  std::string url;
  std::string body;                  // JSON
  std::vector<std::string> headers;  // "Name: value", beside the content type
  long connect_timeout_ms = 5000;
  long total_timeout_ms = 0;         // 0: none
  long silence_timeout_ms = 120000;  // ends it when nothing comes or goes for so long, to about a second
  size_t max_body_bytes = size_t{256} << 20;
};

enum class HttpFailure {
  kNone,
  kBadUrl,
  kNoServer,  // no such host, or nobody listens there
  kTls,
  kTimeout,
  kCutOff,   // the server closed before its answer's end
  kTooLong,  // more than max_body_bytes
  kStopped,  // by the one who reads the body
};

struct HttpResponse {
  HttpFailure failure = HttpFailure::kNone;
  std::string failure_text;  // libcurl's words
  long status = 0;           // 0 where no answer came
  std::string error_body;    // what a status other than 200 came with, at most 64 KiB of it
  long retry_after_s = -1;   // of Retry-After, where the server said so in seconds
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // on_body gets the pieces of a body of status 200; it returns false to stop.
  HttpResponse Post(const HttpRequest& request, const std::function<bool(std::string_view)>& on_body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kvorum
