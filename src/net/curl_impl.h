// What the clients of this folder share of libcurl: handles, how an answer is collected, and what a
// failure is called. Nothing outside the folder includes it.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/release.h"
#include "base/result.h"
#include "net/client.h"

namespace signet::net::curl {

using Easy = std::unique_ptr<CURL, Release<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Release<curl_multi_cleanup>>;
using List = std::unique_ptr<curl_slist, Release<curl_slist_free_all>>;

// Before the first handle; once a process.
void start();

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

// libcurl copies it: the caller's text may go away.
inline void set_blob(CURL* easy, CURLoption option, const std::string& text) {
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

// CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION of an Exchange.
std::size_t on_header(char* data, std::size_t one, std::size_t size, void* user);
std::size_t on_body(char* data, std::size_t one, std::size_t size, void* user);

// Method, body and headers; the request must live as long as the exchange. invalid: a method or
// header that would not be one on the wire.
Result<List> set_request(CURL* easy, const ClientRequest& request);
// https without redirects, proxies and signals; TLS 1.2 or newer.
void set_transport(CURL* easy);
// Empty: the system's.
void set_ca(CURL* easy, const std::string& ca_pem);
void set_client_certificate(CURL* easy, const std::string& certificate_pem,
                            const std::string& key_pem);

// A sentence's end: "certificate has expired".
std::string_view reason_of(CURLcode code, std::string_view detail, long system_error,
                           bool ca_given);
ErrorKind kind_of(CURLcode code);
// scheme://host:port, what a person needs to see of a URL; a query may hold secrets.
std::string_view origin(std::string_view url);

}  // namespace signet::net::curl
