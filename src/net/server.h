// Serves HTTPS: HTTP/1.1 and HTTP/2 by ALPN, on one listening socket a loop; or HTTP/1.1 to a
// neighbour on the same machine, over loopback or a Unix socket.
//
//   auto server = Server::listen({.host = "127.0.0.1", .port = 6443}, tls, {{&loop, handler}});
//   ...
//   server->drain();   // no new connections; idle ones close; running requests finish
//
// Errors   listen() says in one sentence why the address cannot be had.
// Limits   Options; a peer that passes one gets a proper HTTP error or a closed connection.
// Threads  listen(), drain() and the destructor from one thread; handlers run on their loops.
// Source   RFC 9112, RFC 9113, RFC 8446, RFC 7301.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace signet::net {

// PEM texts. The peer is asked for a certificate, may leave it out, and is refused (TLS alert) if
// what it shows was not signed by `client_ca`.
struct ServerTls {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;
};

struct ServerOptions {
  std::string host = "127.0.0.1";  // an IP address or a name that resolves to one
  std::uint16_t port = 0;          // 0: the kernel chooses; see Server::port()
  // A socket file instead of host and port; it goes with the server.
  std::string unix_path;
  mode_t unix_mode = 0600;

  std::size_t head_bytes_max = std::size_t{64} * 1024;        // request line and headers: 431
  std::size_t body_bytes_max = std::size_t{3} * 1024 * 1024;  // 413
  std::size_t stream_queue_bytes_max = std::size_t{4} * 1024 * 1024;  // unsent bytes of one watch
  std::size_t connections_max = 16384;              // of the server; further ones are closed
  std::size_t connections_per_address_max = 12288;  // likewise
  // What bodies of more than 16 KiB hold together, until their handlers are done: 429.
  std::size_t all_bodies_bytes_max = std::size_t{256} * 1024 * 1024;
  std::uint32_t http2_streams_max = 250;               // a connection
  std::chrono::milliseconds handshake_timeout{10000};  // from accept to end of handshake
  std::chrono::milliseconds head_timeout{10000};       // from first byte to end of headers
  std::chrono::milliseconds body_timeout{30000};   // of a request; also without progress in sending
  std::chrono::milliseconds idle_timeout{120000};  // between requests
  // What a handler may take until its answer begins; then the client gets a 504, and what the
  // handler still answers goes nowhere.
  std::chrono::milliseconds request_timeout{60000};
};

class Server {
 public:
  // One entry a loop: handlers are per loop, so that they can hold what only that loop touches.
  struct Endpoint {
    Loop* loop;
    Handler handler;
  };

  // What body to send with an error that net itself finds (400, 408, 413, 417, 429, 431, 501, 504,
  // 505).
  using ErrorBody = std::function<Response(int status, std::string_view message)>;

  static Result<std::unique_ptr<Server>> listen(ServerOptions options, const ServerTls& tls,
                                                std::vector<Endpoint> endpoints,
                                                ErrorBody error_body);
  // Whoever can listen in on the way can read and change what is said.
  static Result<std::unique_ptr<Server>> listen_without_tls(ServerOptions options,
                                                            std::vector<Endpoint> endpoints,
                                                            ErrorBody error_body);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Replaces certificate and key for connections accepted from now on.
  Result<void> replace_tls(const ServerTls& tls);
  // Stops accepting, ends streams, answers what is running, then closes. Returns once every
  // connection is closed or `limit` has passed. The loops must be running.
  void drain(std::chrono::milliseconds limit);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                               std::shared_ptr<ssl_ctx_st> context,
                                               std::vector<Endpoint> endpoints,
                                               ErrorBody error_body);

  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::net
