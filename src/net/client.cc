#include "net/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/http_text.h"

namespace signet::net {
namespace {

struct EasyEnd {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiEnd {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListEnd {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyEnd>;
using Multi = std::unique_ptr<CURLM, MultiEnd>;
using List = std::unique_ptr<curl_slist, ListEnd>;

constexpr long connections_kept_max = 8;
constexpr std::size_t response_head_bytes_max = std::size_t{256} * 1024;

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

// libcurl copies it: the caller's text may go away.
void set_blob(CURL* easy, CURLoption option, const std::string& text) {
  curl_blob blob{
      .data = const_cast<char*>(text.data()), .len = text.size(), .flags = CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

// What one exchange has brought so far, filled in by libcurl's callbacks.
struct Exchange {
  ClientResponse response;
  std::size_t body_bytes_max = 0;
  std::size_t head_bytes = 0;
  const HttpClient::Chunk* chunk = nullptr;
  bool too_large = false;
  bool enough = false;  // the caller's wish
};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t on_header(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size);
  exchange.head_bytes += size;
  if (exchange.head_bytes > response_head_bytes_max) {
    exchange.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    // A status line: forgets those of an interim 100 before it.
    exchange.response.headers.clear();
    const auto space = line.find(' ');
    exchange.response.status = 0;
    for (const char c : line.substr(std::min(space, line.size() - 1) + 1, 3)) {
      if (c >= '0' && c <= '9')
        exchange.response.status = exchange.response.status * 10 + (c - '0');
    }
    return size;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  exchange.response.headers.emplace_back(lower_case(line.substr(0, colon)),
                                         trim(line.substr(colon + 1)));
  return size;
}

std::size_t on_body(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const bool success = exchange.response.status >= 200 && exchange.response.status < 300;
  if (exchange.chunk != nullptr && success) {
    if ((*exchange.chunk)({data, size})) return size;
    exchange.enough = true;
    return 0;
  }
  if (exchange.response.body.size() + size > exchange.body_bytes_max) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, size);
  return size;
}

std::string_view reason_of(CURLcode code, std::string_view detail, long system_error,
                           bool ca_given) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "no such host";
    case CURLE_COULDNT_CONNECT:
      if (system_error == ECONNREFUSED) return "connection refused";
      if (system_error == ENETUNREACH || system_error == EHOSTUNREACH)
        return "no route to the host";
      return detail.contains("imed out") ? "connecting took too long" : "cannot connect";
    case CURLE_OPERATION_TIMEDOUT:
      return detail.contains("onnection timed out") || detail.contains("Connection timeout")
                 ? "connecting took too long"
                 : "no answer in time";
    case CURLE_PEER_FAILED_VERIFICATION:
      if (detail.contains("does not match") || detail.contains("no alternative certificate")) {
        return "certificate is for another name";
      }
      if (detail.contains("expired")) return "certificate has expired";
      return ca_given ? "certificate not trusted by the given CA"
                      : "certificate not trusted by this system's CAs";
    case CURLE_SSL_CONNECT_ERROR:
      return "TLS handshake failed";
    case CURLE_SSL_CACERT_BADFILE:
      return "the CA is not a PEM certificate";
    case CURLE_SSL_CERTPROBLEM:
      return "the client certificate or its key is not usable";
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "only https is spoken";
    case CURLE_URL_MALFORMAT:
      return "not a URL";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return detail.contains("alert") ? "the server refused our certificate or TLS offer"
                                      : "connection closed by the server";
    default:
      return curl_easy_strerror(code);
  }
}

ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return ErrorKind::invalid;
    default:
      return ErrorKind::unavailable;
  }
}

// scheme://host:port, what a person needs to see of a URL; a query may hold secrets.
std::string_view origin(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return url.substr(0, url.find_first_of("/?#"));
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

Result<List> header_list(const ClientRequest& request) {
  List list;
  const auto add = [&list](const std::string& line) {
    // On success the head stays what it was, except for the first.
    curl_slist* head = curl_slist_append(list.get(), line.c_str());
    if (list == nullptr) list.reset(head);
  };
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      return fail(ErrorKind::invalid, cat("header ", name, ": not a valid header"));
    }
    // "name;" is how libcurl spells a header without a value.
    add(value.empty() ? cat(name, ";") : cat(name, ": ", value));
  }
  add("Expect:");  // no round trip before a body
  return list;
}

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct HttpClient::Impl {
  ClientOptions options;
  Multi multi;
  Easy easy;

  Result<ClientResponse> exchange(const ClientRequest& request, const Chunk* chunk,
                                  const std::stop_token& stop);
  void configure(const ClientRequest& request, Exchange& exchange, curl_slist* headers,
                 char* detail);
  std::optional<CURLcode> perform(const std::stop_token& stop);
};

HttpClient::HttpClient(ClientOptions options) : impl_(std::make_unique<Impl>()) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  impl_->options = std::move(options);
  impl_->multi.reset(curl_multi_init());
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, connections_kept_max);
  impl_->easy.reset(curl_easy_init());
}

HttpClient::~HttpClient() = default;

void HttpClient::Impl::configure(const ClientRequest& request, Exchange& exchange,
                                 curl_slist* headers, char* detail) {
  CURL* handle = easy.get();
  curl_easy_reset(handle);
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "https");
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_NOPROXY, "*");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  if (exchange.chunk != nullptr) {
    set(handle, CURLOPT_FORBID_REUSE, 1L);
  } else {
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  }
  if (!options.ca_pem.empty()) {
    set_blob(handle, CURLOPT_CAINFO_BLOB, options.ca_pem);
    // Only the given ones, not the system's as well.
    set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!options.certificate_pem.empty()) {
    set_blob(handle, CURLOPT_SSLCERT_BLOB, options.certificate_pem);
    set_blob(handle, CURLOPT_SSLKEY_BLOB, options.key_pem);
    set(handle, CURLOPT_SSLCERTTYPE, "PEM");
    set(handle, CURLOPT_SSLKEYTYPE, "PEM");
  }
  set(handle, CURLOPT_HTTPHEADER, headers);
  set(handle, CURLOPT_ERRORBUFFER, detail);
  set(handle, CURLOPT_HEADERFUNCTION, &on_header);
  set(handle, CURLOPT_HEADERDATA, &exchange);
  set(handle, CURLOPT_WRITEFUNCTION, &on_body);
  set(handle, CURLOPT_WRITEDATA, &exchange);
  if (request.method == "HEAD") set(handle, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(handle, CURLOPT_POSTFIELDS, request.body.data());
  }
  set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// Empty: stop was requested.
std::optional<CURLcode> HttpClient::Impl::perform(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  int running = 1;
  while (!stop.stop_requested()) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &queued)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
  }
  return std::nullopt;
}

Result<ClientResponse> HttpClient::Impl::exchange(const ClientRequest& request, const Chunk* chunk,
                                                  const std::stop_token& stop) {
  if (!easy || !multi) return fail(ErrorKind::internal, "libcurl does not start");
  if (!is_token(request.method)) return fail(ErrorKind::invalid, "not an HTTP method");
  TRY(const List headers, header_list(request));
  Exchange state{.response = {}, .body_bytes_max = options.body_bytes_max, .chunk = chunk};
  std::string detail(CURL_ERROR_SIZE, '\0');
  configure(request, state, headers.get(), detail.data());
  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) {
    return fail(ErrorKind::internal, "libcurl does not take the request");
  }
  const std::optional<CURLcode> code = perform(stop);
  // Half an exchange: over HTTP/2 libcurl would keep the connection and the server its stream.
  if (!code) set(easy.get(), CURLOPT_FORBID_REUSE, 1L);
  curl_multi_remove_handle(multi.get(), easy.get());
  long system_error = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &system_error);
  // The handle must not point into this frame any longer.
  curl_easy_reset(easy.get());

  const std::string what = cat(request.method, " ", origin(request.url));
  if (state.enough) return std::move(state.response);
  if (!code) {
    if (chunk != nullptr && state.response.status != 0) return std::move(state.response);
    return fail(ErrorKind::unavailable, cat(what, ": cancelled"));
  }
  if (state.too_large) {
    return fail(ErrorKind::exhausted,
                cat(what, ": the answer is larger than ", options.body_bytes_max, " bytes"));
  }
  if (*code != CURLE_OK) {
    const auto seen = std::string_view(detail).substr(0, detail.find('\0'));
    return fail(kind_of(*code),
                cat(what, ": ", reason_of(*code, seen, system_error, !options.ca_pem.empty())));
  }
  return std::move(state.response);
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request, const std::stop_token& stop) {
  return impl_->exchange(request, nullptr, stop);
}

Result<ClientResponse> HttpClient::stream(const ClientRequest& request, const Chunk& chunk,
                                          const std::stop_token& stop) {
  return impl_->exchange(request, &chunk, stop);
}

}  // namespace signet::net
