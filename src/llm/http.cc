#include "llm/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"

namespace kvorum {
namespace {

constexpr size_t kMaxErrorBytes = 64 << 10;

struct Receiver {
  CURL* curl;
  const std::function<bool(std::string_view)>& on_body;
  size_t max_bytes;
  size_t bytes = 0;
  bool too_long = false;
  bool stopped = false;
  bool silent = false;
  std::chrono::milliseconds silence_timeout{};
  curl_off_t moved = -1;  // bytes, both ways, when last looked at
  std::chrono::steady_clock::time_point moved_at{};
  std::string error_body{};
};

// libcurl calls this about once a second at least.
int Watch(void* context, curl_off_t, curl_off_t received, curl_off_t, curl_off_t sent) {
  auto* receiver = static_cast<Receiver*>(context);
  const auto now = std::chrono::steady_clock::now();
  if (received + sent != receiver->moved) {
    receiver->moved = received + sent;
    receiver->moved_at = now;
  }
  receiver->silent = now - receiver->moved_at > receiver->silence_timeout;
  return receiver->silent ? 1 : 0;
}

size_t Receive(char* data, size_t size, size_t count, void* context) {
  auto* receiver = static_cast<Receiver*>(context);
  const std::string_view piece(data, size * count);
  long status = 0;
  curl_easy_getinfo(receiver->curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    receiver->error_body += piece.substr(0, kMaxErrorBytes - std::min(kMaxErrorBytes, receiver->error_body.size()));
    return piece.size();
  }
  receiver->bytes += piece.size();
  receiver->too_long = receiver->bytes > receiver->max_bytes;
  receiver->stopped = !receiver->too_long && !receiver->on_body(piece);
  return receiver->too_long || receiver->stopped ? 0 : piece.size();
}

HttpFailure FailureOf(CURLcode code, const Receiver& receiver) {
  if (receiver.stopped) return HttpFailure::kStopped;
  if (receiver.too_long) return HttpFailure::kTooLong;
  if (receiver.silent) return HttpFailure::kTimeout;
  switch (code) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return HttpFailure::kBadUrl;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::kNoServer;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return HttpFailure::kTls;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFailure::kTimeout;
    default:
      return HttpFailure::kCutOff;
  }
}

}  // namespace

struct HttpClient::State {
  CURL* curl = nullptr;
};

HttpClient::HttpClient() : state_(std::make_unique<State>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(started == CURLE_OK);
  state_->curl = curl_easy_init();
  CHECK(state_->curl != nullptr);
}

HttpClient::~HttpClient() { curl_easy_cleanup(state_->curl); }

HttpResponse HttpClient::Post(const HttpRequest& request, const std::function<bool(std::string_view)>& on_body) {
  CURL* curl = state_->curl;
  curl_easy_reset(curl);  // keeps connections
  Receiver receiver{curl, on_body, request.max_body_bytes};
  receiver.silence_timeout = std::chrono::milliseconds(request.silence_timeout_ms);
  char error[CURL_ERROR_SIZE] = "";
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");  // not to wait for leave to send the body
  for (const std::string& header : request.headers) headers = curl_slist_append(headers, header.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "kvorum");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, request.connect_timeout_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request.total_timeout_ms);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Watch);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &receiver);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
  const CURLcode code = curl_easy_perform(curl);
  HttpResponse response;
  response.failure = FailureOf(code, receiver);
  if (receiver.silent) {
    response.failure_text = fmt::format("nothing came for {} s", (request.silence_timeout_ms + 999) / 1000);
  } else if (code != CURLE_OK) {
    response.failure_text = error[0] != '\0' ? error : curl_easy_strerror(code);
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
  curl_off_t retry_after = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0) {
    response.retry_after_s = static_cast<long>(retry_after);
  }
  response.error_body = std::move(receiver.error_body);
  curl_slist_free_all(headers);
  return response;
}

}  // namespace kvorum
