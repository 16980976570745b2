#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "net/wire_impl.h"

namespace signet::net {
namespace {

constexpr std::string_view plain_http_answer =
    "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n"
    "Client sent an HTTP request to an HTTPS server.\n";

int int_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

class TlsWire final : public Wire {
 public:
  TlsWire(Ssl ssl, int fd) : ssl_(std::move(ssl)), fd_(fd) {}

  bool needs_handshake() const override { return true; }
  State handshake() override;
  Moved read(std::span<char> into) override;
  Moved write(std::string_view bytes) override;
  bool has_pending() const override { return SSL_has_pending(ssl_.get()) != 0; }

  void say_end() override {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  void leave() override {
    // Unless it is marked as ended properly, OpenSSL throws the session away and none is resumed.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }

  std::shared_ptr<const PeerCertificate> peer() const override { return peer_; }
  std::chrono::seconds peer_life_left() const override { return certificate_life_left(ssl_.get()); }
  bool speaks_http2() const override { return chose_http2(ssl_.get()); }

 private:
  State refuse() const;

  Ssl ssl_;
  int fd_;
  std::shared_ptr<const PeerCertificate> peer_;
};

Wire::State TlsWire::handshake() {
  ERR_clear_error();
  const int result = SSL_accept(ssl_.get());
  if (result == 1) {
    return read_peer(ssl_.get(), peer_) == PeerVerdict::refused ? State::failed : State::done;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return State::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return State::wants_write;
    case SSL_ERROR_SSL:
      return refuse();
    default:
      return State::failed;
  }
}

Wire::State TlsWire::refuse() const {
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    ::send(fd_, plain_http_answer.data(), plain_http_answer.size(), MSG_NOSIGNAL);
  }
  ERR_clear_error();
  return State::refused;
}

Wire::Moved TlsWire::read(std::span<char> into) {
  ERR_clear_error();
  const int size = SSL_read(ssl_.get(), into.data(), int_size(into.size()));
  if (size > 0) return {.bytes = static_cast<std::size_t>(size)};
  switch (SSL_get_error(ssl_.get(), size)) {
    case SSL_ERROR_ZERO_RETURN:
      return {.state = State::ended};
    case SSL_ERROR_SYSCALL:
    case SSL_ERROR_SSL:
      return {.state = State::failed};
    default:
      return {.state = State::wants_read};
  }
}

Wire::Moved TlsWire::write(std::string_view bytes) {
  ERR_clear_error();
  const int size = SSL_write(ssl_.get(), bytes.data(), int_size(bytes.size()));
  if (size > 0) return {.bytes = static_cast<std::size_t>(size)};
  const int error = SSL_get_error(ssl_.get(), size);
  const bool later = error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ;
  return {.state = later ? State::wants_write : State::failed};
}

}  // namespace

std::unique_ptr<Wire> make_tls_wire(Ssl ssl, int fd) {
  return std::make_unique<TlsWire>(std::move(ssl), fd);
}

}  // namespace signet::net
