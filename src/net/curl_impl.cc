#include "net/curl_impl.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/try.h"
#include "net/http_text.h"

namespace signet::net::curl {
namespace {

constexpr std::size_t response_head_bytes_max = std::size_t{256} * 1024;

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

void start() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
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
                                         trimmed(line.substr(colon + 1), " \t\r\n"));
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

std::string_view origin(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return url.substr(0, url.find_first_of("/?#"));
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

Result<List> set_request(CURL* easy, const ClientRequest& request) {
  if (!is_token(request.method)) return fail(ErrorKind::invalid, "not an HTTP method");
  TRY(auto headers, header_list(request));
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  if (request.method == "HEAD") set(easy, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return headers;
}

void set_transport(CURL* easy) {
  set(easy, CURLOPT_PROTOCOLS_STR, "https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_NOPROXY, "*");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

void set_ca(CURL* easy, const std::string& ca_pem) {
  if (ca_pem.empty()) return;
  set_blob(easy, CURLOPT_CAINFO_BLOB, ca_pem);
  // Only the given ones, not the system's as well.
  set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void set_client_certificate(CURL* easy, const std::string& certificate_pem,
                            const std::string& key_pem) {
  if (certificate_pem.empty()) return;
  set_blob(easy, CURLOPT_SSLCERT_BLOB, certificate_pem);
  set_blob(easy, CURLOPT_SSLKEY_BLOB, key_pem);
  set(easy, CURLOPT_SSLCERTTYPE, "PEM");
  set(easy, CURLOPT_SSLKEYTYPE, "PEM");
}

}  // namespace signet::net::curl
