// Many HTTPS requests at once, for whoever must not wait: key sets of ten thousand issuers, token
// reviews by a gate.
//
//   CurlFetcher fetcher;
//   fetcher.start({.request = {.url = "https://k8s.example/openid/v1/jwks"}, .trust = trust},
//                 [](FetchResult result) { ... });           // on the fetcher's thread, once
//
// Shape    https only, no redirects, no proxy, TLS 1.2 or newer. The address that is connected to
//          must pass `addresses`, also when a kept connection is used again. Bodies are
//          decompressed; the limit counts decoded bytes. Connections are kept: 256, idle for 60 s.
// Errors   FetchError: a word to act on and a sentence for operators. Any HTTP status is a success.
// Limits   FetchRequest; no limit on how many run: that is the caller's budget.
// Threads  start() and cancel() from any thread, never waiting. `done` runs on the fetcher's thread
//          and must be quick; it may call start() and cancel().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "net/address_rules.h"
#include "net/client.h"

namespace signet::net {

// Whom to believe at the other end, and who we are. Shared by requests: kept connections are used
// again only among requests whose trust says the same.
struct FetchTrust {
  std::string ca_pem;  // empty: the system's
  // "sha256//" and base64 of SHA-256 of the server's SubjectPublicKeyInfo; several, separated by
  // ';'. Empty: no pin.
  std::string spki_pin;
  // A client certificate and its key; both or none.
  std::string certificate_pem;
  std::string key_pem;

  friend bool operator==(const FetchTrust&, const FetchTrust&) = default;
};

struct FetchRequest {
  ClientRequest request;                    // a body only with POST, PUT or PATCH
  std::shared_ptr<const FetchTrust> trust;  // null: the system's
  AddressRules addresses;
  // To connect and to finish the TLS handshake: two seconds each.
  std::chrono::milliseconds connect_timeout{4000};
  std::chrono::milliseconds timeout{5000};  // the whole exchange
  std::size_t body_bytes_max = std::size_t{128} * 1024;
};

enum class FetchFault : std::uint8_t {
  invalid,          // a URL, header, CA or pin that cannot be used
  no_such_host,     // the name does not resolve
  address_refused,  // by AddressRules
  connect,          // refused, unreachable
  tls,              // the server's certificate, pin or protocol is not accepted
  reset,            // the connection ended before the answer did
  timeout,
  too_large,
  malformed,  // the answer is not HTTP, or does not decompress
  cancelled,
};
std::string_view to_string(FetchFault fault);

struct FetchError {
  FetchFault fault = FetchFault::invalid;
  std::string message;  // with scheme, host and port of the URL, never its query
};

using FetchResult = Result<ClientResponse, FetchError>;

class Fetcher {
 public:
  using Done = std::move_only_function<void(FetchResult)>;
  using Id = std::uint64_t;

  virtual ~Fetcher() = default;
  virtual Id start(FetchRequest request, Done done) = 0;
  // `done` is called with FetchFault::cancelled soon, unless it was or is being called.
  virtual void cancel(Id id) = 0;
};

class CurlFetcher final : public Fetcher {
 public:
  CurlFetcher();
  // What still runs is cancelled; every `done` has been called on return.
  ~CurlFetcher() override;
  CurlFetcher(const CurlFetcher&) = delete;
  CurlFetcher& operator=(const CurlFetcher&) = delete;

  Id start(FetchRequest request, Done done) override;
  void cancel(Id id) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::net
