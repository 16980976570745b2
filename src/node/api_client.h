// Objects of the authority as JSON, over HTTPS as any kubelet would.
//
//   HttpTransport transport({.server = "https://127.0.0.1:6443", .ca_pem = ca, ...});
//   ApiClient api(transport);
//   TRY(auto node, api.get("/api/v1/nodes/n1"));
//
// Shape    ApiClient turns verbs into exchanges and Status objects into errors; ApiTransport moves
//          the bytes, so that tests replace it.
// Errors   the message of the Status the server sent; the kind by its code (404 not_found, 409
//          conflict, 429 and 5xx unavailable, ...).
// Limits   16 MiB an answer, 3 MiB an event of a watch.
// Threads  one thread at a time each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace signet::node {

struct ApiOptions {
  std::string server;  // "https://127.0.0.1:6443"
  std::string ca_pem;  // empty: the system's certificates
  // A client certificate and its key, or a bearer token.
  std::string certificate_pem;
  std::string key_pem;
  std::string token;
  std::string user_agent = "signet-node";
  std::chrono::milliseconds timeout{10000};
  // After a connection failed, further requests fail at once for so long, so that thousands of
  // volumes do not each wait for a server that is away.
  std::chrono::milliseconds connect_pause{1000};
};

struct ApiRequest {
  std::string method = "GET";
  std::string target;        // path and query, encoded
  std::string content_type;  // empty: no body
  std::string body;
};

struct ApiReply {
  int status = 0;
  std::string body;
};

class ApiTransport {
 public:
  using Chunk = std::function<bool(std::string_view bytes)>;

  virtual ~ApiTransport() = default;
  virtual Result<ApiReply> send(const ApiRequest& request, const std::stop_token& stop) = 0;
  // The body of a 2xx answer in pieces, until the server ends it, `chunk` returns false or a stop
  // is requested.
  virtual Result<ApiReply> stream(const ApiRequest& request, const Chunk& chunk,
                                  const std::stop_token& stop) = 0;
};

class HttpTransport final : public ApiTransport {
 public:
  explicit HttpTransport(ApiOptions options);
  ~HttpTransport() override;
  Result<ApiReply> send(const ApiRequest& request, const std::stop_token& stop) override;
  Result<ApiReply> stream(const ApiRequest& request, const Chunk& chunk,
                          const std::stop_token& stop) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class PatchKind : std::uint8_t { strategic, merge };

class ApiClient {
 public:
  explicit ApiClient(ApiTransport& transport, std::stop_token stop = {})
      : transport_(transport), stop_(std::move(stop)) {}

  Result<codec::Json> get(std::string target);
  Result<codec::Json> create(std::string target, const codec::Json& object);
  Result<codec::Json> patch(std::string target, const codec::Json& change, PatchKind kind);
  // `options` is a DeleteOptions.
  Result<void> remove(std::string target, const codec::Json& options);

  // Calls `event` with each event of a watch until it returns false, the server ends the stream or
  // a stop is requested. An event that is too large or no JSON ends it with an error.
  Result<void> watch(std::string target, const std::function<bool(codec::Json)>& event);

 private:
  Result<codec::Json> exchange(const ApiRequest& request);

  ApiTransport& transport_;
  std::stop_token stop_;
};

// What an answer outside 2xx means.
Error status_error(const ApiReply& reply);

}  // namespace signet::node
