// Whatever frames a client sends after the preface of HTTP/2, the server reads them within its
// limits, hands only well-formed requests to its handler, ends the connection when the client has
// ended it, and goes on serving others. A whole server on loopback: each input is a connection.
// DEPS crypto net
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/certificate.h"
#include "net/server.h"
#include "property.h"

namespace {

using signet::fuzz::require;

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t head_bytes_max = 4096;
constexpr std::size_t body_bytes_max = 8192;
constexpr std::size_t queue_bytes_max = std::size_t{64} * 1024;

// A body that goes on until its client leaves.
class Endless final : public signet::net::BodyStream {
 public:
  void start(signet::net::StreamSink& sink) override { sink.write("first\n"); }
};

signet::Task<signet::net::Response> answer(signet::net::Request request) {
  std::size_t head = 0;
  for (const auto& [name, value] : request.headers) {
    require(!name.empty() && name.find_first_of("\r\n :") == name.npos, "header names are tokens");
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "values are lines");
    head += name.size() + value.size();
  }
  require(head <= head_bytes_max, "the head is within its limit");
  require(request.body.size() <= body_bytes_max, "the body is within its limit");
  require(request.path.starts_with('/') || request.path == "*", "the path is absolute");
  require(!request.method.empty(), "there is a method");
  signet::net::Response response{.content_type = "text/plain", .headers = {}, .body = {}};
  if (request.path == "/watch") {
    response.body = std::unique_ptr<signet::net::BodyStream>(std::make_unique<Endless>());
  } else {
    response.body = std::move(request.body);
  }
  co_return response;
}

class Target {
 public:
  Target() : context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);
    signet::SystemClock clock;
    signet::SystemRandom random;
    const auto authority = signet::crypto::CertificateAuthority::create(
        "fuzz", clock.now(), std::chrono::hours(24), random);
    require(authority.has_value(), "an authority");
    const auto issued = authority->issue_server(
        {.common_name = "fuzz", .dns_names = {"localhost"}, .ip_addresses = {}}, clock.now(),
        std::chrono::hours(24), random);
    require(issued.has_value(), "a certificate");
    const auto pem = issued->certificate.to_pem();
    auto listening =
        signet::net::Server::listen({.host = "127.0.0.1",
                                     .head_bytes_max = head_bytes_max,
                                     .body_bytes_max = body_bytes_max,
                                     .stream_queue_bytes_max = queue_bytes_max},
                                    {.certificate_chain = pem,
                                     .private_key = std::string(issued->key.to_pem().reveal()),
                                     .client_ca = authority->certificate().to_pem()},
                                    {{&loop_, answer}}, [](int status, std::string_view message) {
                                      return signet::net::Response{.status = status,
                                                                   .content_type = "text/plain",
                                                                   .headers = {},
                                                                   .body = std::string(message)};
                                    });
    require(listening.has_value(), "a server");
    server_ = *std::move(listening);
    thread_ = std::thread([this] { loop_.run(); });
    constexpr std::array<unsigned char, 3> h2 = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_, h2.data(), h2.size());
  }
  ~Target() {
    server_->drain(std::chrono::milliseconds(1000));
    loop_.stop();
    thread_.join();
    server_.reset();
    SSL_CTX_free(context_);
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // One connection that sends `bytes` and then that it has no more to say. Returns what came back
  // before the server ended it too.
  std::size_t converse(std::string_view bytes) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
            "the server accepts");
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, descriptor);
    require(SSL_connect(ssl) == 1, "the server shakes hands");
    SSL_write(ssl, preface.data(), static_cast<int>(preface.size()));
    // It may already have hung up on the rest.
    if (!bytes.empty()) SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    SSL_shutdown(ssl);
    ::shutdown(descriptor, SHUT_WR);
    std::size_t received = 0;
    std::array<char, 16384> buffer;
    for (ssize_t size = 1; size > 0; received += static_cast<std::size_t>(size)) {
      size = ::recv(descriptor, buffer.data(), buffer.size(), 0);
      if (size < 0) break;
    }
    SSL_free(ssl);
    ::close(descriptor);
    return received;
  }

 private:
  SSL_CTX* context_;
  signet::net::Loop loop_;
  std::unique_ptr<signet::net::Server> server_;
  std::thread thread_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  // What it can answer at most is what it was sent, and its own frames beside it.
  require(target.converse(signet::fuzz::text_of(data, size)) <= 16 * size + (std::size_t{1} << 20U),
          "the answer is bounded");
  return 0;
}
