// A blocking HTTPS client for programs and threads that have nothing else to do meanwhile: the
// command line, the node agent.
//
//   HttpClient client({.ca_pem = ca});
//   auto reply = client.send({.method = "GET", .url = "https://127.0.0.1:6443/version"}, stop);
//
// Shape    keeps connections alive between calls; follows no redirects; no proxy unless told.
// Errors   unavailable: no connection, no answer in time, TLS refused (the sentence says which);
//          exhausted: the answer was larger than the limit. Any HTTP status is a success here.
// Threads  one thread at a time; cancel through the stop_token from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace signet::net {

struct ClientOptions {
  // PEM text of the certificates that servers are checked against; empty: the system's.
  std::string ca_pem;
  // PEM texts of a client certificate and its key; both or none.
  std::string certificate_pem;
  std::string key_pem;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds timeout{30000};  // a whole exchange; streams have none
  std::size_t body_bytes_max = std::size_t{16} * 1024 * 1024;
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view name) const;
};

class HttpClient {
 public:
  explicit HttpClient(ClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Result<ClientResponse> send(const ClientRequest& request, const std::stop_token& stop = {});

  // Hands over the body as it arrives (only of a 2xx answer; any other is collected into the
  // result). Returns when the server ends it, `chunk` returns false, or stop is requested.
  using Chunk = std::function<bool(std::string_view bytes)>;
  Result<ClientResponse> stream(const ClientRequest& request, const Chunk& chunk,
                                const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::net
