// A server on real loopback sockets with its own PKI, and raw TLS clients that can misbehave.
// Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/client.h"
#include "net/server.h"
#include "net/tls_impl.h"

namespace signet::net::testing {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

struct Subject {
  std::string common_name;
  std::vector<std::string> organizations;
  std::string extended_key_usage;  // "clientAuth", "serverAuth"
  std::chrono::seconds valid_from{-3600};
  std::chrono::seconds valid_until{3600};
  std::vector<std::string> uids = {};
};

class Pki {
 public:
  explicit Pki(std::string name);
  ~Pki();
  Pki(const Pki&) = delete;
  Pki& operator=(const Pki&) = delete;

  const std::string& ca_pem() const { return ca_pem_; }
  // Servers get 127.0.0.1, localhost and names.test as names.
  Identity issue(const Subject& subject) const;

 private:
  struct Ca;
  std::unique_ptr<Ca> ca_;
  std::string ca_pem_;
};

const Pki& test_pki();

// A loop on its own thread.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  Loop& loop() { return loop_; }
  // Runs `work` on the loop and waits for it.
  void run(const std::function<void()>& work);

 private:
  Loop loop_;
  std::jthread thread_;
};

ServerTls server_tls();
ClientOptions client_options();

// A peer of which every byte is chosen by the test.
class RawClient {
 public:
  // `protocol`: what ALPN offers; empty: no ALPN.
  explicit RawClient(std::uint16_t port, std::string_view protocol = "http/1.1",
                     const Identity* identity = nullptr, SSL_SESSION* resume = nullptr);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes);
  // Until the peer closes, or `enough` has been seen.
  std::string read_until(std::string_view enough = {});
  // Whether the peer ended TLS properly, once read_until() has seen the end.
  bool closed_properly() const { return closed_properly_; }
  bool resumed() const;
  SSL* ssl() { return ssl_.get(); }
  void abort();  // with a reset

 private:
  SslContext context_;
  Ssl ssl_;
  int fd_ = -1;
  bool connected_ = false;
  bool closed_properly_ = false;
};

int connect_tcp(std::uint16_t port);

// Where handlers wait until the test lets them go.
class Gate {
 public:
  Handler handler();  // answers "late"
  void wait_for_arrival();
  // On the loop.
  void open();

 private:
  static Task<Response> wait(Gate* gate);

  std::promise<void> arrived_;
  Callback<int>::Complete complete_;
};

// A stream whose writing end the test holds.
class Watch {
 public:
  Handler handler(std::string first = "first\n");
  StreamSink& wait_for_start();
  void wait_for_end();

 private:
  class Body;
  static Task<Response> serve(Watch* watch);

  std::string first_;
  std::promise<StreamSink*> started_;
  std::promise<void> ended_;
};

Task<Response> echo(Request request);

class ServerFixture : public ::testing::Test {
 protected:
  void listen(Handler handler, ServerOptions options = {});
  std::string url(std::string_view path) const;
  ClientRequest get(std::string_view path) const;
  std::uint16_t port() const { return server_->port(); }

  LoopThread thread_;
  std::unique_ptr<Server> server_;
};

}  // namespace signet::net::testing
