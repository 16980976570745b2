#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <limits>
#include <utility>

#include "net/connection_impl.h"

namespace signet::net {
namespace {

// Reads in a row before other connections get their turn.
constexpr int reads_max = 16;
constexpr int rounds_max = 16;
// How long and how much a peer may still send after we said goodbye.
constexpr std::chrono::seconds linger_max{2};
// Enough for the rest of a body that was too large: its sender is to read that before anything
// else.
constexpr std::size_t discard_bytes_max = std::size_t{8} * 1024 * 1024;
// An output buffer larger than this is given back as soon as it is empty.
constexpr std::size_t out_keep_bytes = 512;

constexpr std::string_view plain_http_answer =
    "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n"
    "Client sent an HTTP request to an HTTPS server.\n";

Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, int fd, Ssl ssl, std::string remote)
    : shard_(std::move(shard)),
      descriptor_(shard_->io().get_executor(), fd),
      ssl_(std::move(ssl)),
      remote_(std::move(remote)),
      deadline_(now() + shard_->options().handshake_timeout),
      peer_until_(Instant::max()) {}

Connection::~Connection() = default;

void Connection::start(Connections::iterator place) {
  place_ = place;
  wait_readable();
}

void Connection::wait_readable() {
  if (std::exchange(waiting_readable_, true)) return;
  descriptor_.async_wait(Descriptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           self->waiting_readable_ = false;
                           if (!error) self->on_readable();
                         });
}

void Connection::wait_writable() {
  if (std::exchange(waiting_writable_, true)) return;
  descriptor_.async_wait(Descriptor::wait_write,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           self->waiting_writable_ = false;
                           if (!error) self->on_writable();
                         });
}

void Connection::on_readable() {
  switch (phase_) {
    case Phase::handshake:
      return handshake();
    case Phase::open:
      return read();
    case Phase::lingering:
      return discard();
    case Phase::closed:
      return;
  }
}

void Connection::on_writable() {
  if (phase_ == Phase::handshake) return handshake();
  if (phase_ == Phase::open) turn();
}

void Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_accept(ssl_.get());
  if (result != 1) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return wait_readable();
    if (error == SSL_ERROR_WANT_WRITE) return wait_writable();
    return on_handshake_failed(error);
  }
  if (read_peer(ssl_.get(), peer_) == PeerVerdict::refused) return close();
  peer_until_ = now() + certificate_life_left(ssl_.get());
  phase_ = Phase::open;
  protocol_ = chose_http2(ssl_.get()) ? make_http2(*this) : make_http1(*this);
  // The first request often came with the end of the handshake.
  read();
}

void Connection::on_handshake_failed(int error) {
  if (error != SSL_ERROR_SSL) return close();
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    ::send(descriptor_.native_handle(), plain_http_answer.data(), plain_http_answer.size(),
           MSG_NOSIGNAL);
  }
  linger();
}

void Connection::read() {
  inside_ = true;
  auto& buffer = shard_->scratch();
  for (int i = 0; i < reads_max && phase_ == Phase::open && protocol_->wants_input(); ++i) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (size <= 0) {
      const int error = SSL_get_error(ssl_.get(), size);
      if (error == SSL_ERROR_ZERO_RETURN) protocol_->on_end_of_input();
      if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_SSL) close();
      break;
    }
    protocol_->on_input({buffer.data(), static_cast<std::size_t>(size)});
    if (SSL_has_pending(ssl_.get()) == 0) break;
  }
  inside_ = false;
  turn();
}

void Connection::turn_soon() {
  if (inside_ || turn_posted_ || gone()) return;
  turn_posted_ = true;
  asio::post(shard_->io().get_executor(), [self = shared_from_this()] {
    self->turn_posted_ = false;
    self->turn();
  });
}

void Connection::turn() {
  if (phase_ != Phase::open) return;
  inside_ = true;
  bool writable = true;
  int round = 0;
  for (; round < rounds_max && phase_ == Phase::open; ++round) {
    protocol_->advance();
    if (unsent() == 0) break;
    writable = send();
    if (!writable) break;
  }
  inside_ = false;
  if (phase_ != Phase::open) return;
  if (!writable) {
    wait_writable();
  } else if (round == rounds_max) {
    return turn_soon();
  } else if (ends_when_sent_) {
    return end();
  }
  if (!protocol_->wants_input()) return;
  if (SSL_has_pending(ssl_.get()) == 0) return wait_readable();
  // Bytes that OpenSSL already took from the socket will not make it readable again.
  if (waiting_readable_ || std::exchange(read_posted_, true)) return;
  asio::post(shard_->io().get_executor(), [self = shared_from_this()] {
    self->read_posted_ = false;
    if (self->phase_ == Phase::open) self->read();
  });
}

bool Connection::send() {
  const bool was_blocked = waiting_writable_;
  while (unsent() > 0) {
    ERR_clear_error();
    const std::size_t rest = std::min<std::size_t>(unsent(), std::numeric_limits<int>::max());
    const int size = SSL_write(ssl_.get(), out_.data() + sent_, static_cast<int>(rest));
    if (size <= 0) {
      const int error = SSL_get_error(ssl_.get(), size);
      if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) {
        if (!was_blocked) deadline_ = now() + shard_->options().body_timeout;
      } else {
        close();
      }
      return false;
    }
    sent_ += static_cast<std::size_t>(size);
    if (was_blocked) deadline_ = now() + shard_->options().body_timeout;
  }
  sent_ = 0;
  out_.clear();
  if (out_.capacity() > out_keep_bytes) std::string().swap(out_);
  return true;
}

void Connection::close_when_sent(Ending ending) {
  ends_when_sent_ = true;
  ending_ = ending;
  turn_soon();
}

void Connection::close_soon() {
  if (gone()) return;
  asio::post(shard_->io().get_executor(), [self = shared_from_this()] { self->close(); });
}

void Connection::end() {
  if (ending_ == Ending::linger) return linger();
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  close();
}

void Connection::linger() {
  ERR_clear_error();
  if (phase_ == Phase::open) SSL_shutdown(ssl_.get());
  phase_ = Phase::lingering;
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
  if (protocol_) protocol_->on_gone();
  deadline_ = now() + linger_max;
  wait_readable();
}

void Connection::discard() {
  auto& buffer = shard_->scratch();
  const ssize_t size = ::recv(descriptor_.native_handle(), buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return wait_readable();
  if (size <= 0) return close();
  discarded_ += static_cast<std::size_t>(size);
  if (discarded_ > discard_bytes_max) return close();
  wait_readable();
}

void Connection::drain() {
  if (phase_ != Phase::open) return close();
  protocol_->drain();
}

void Connection::tick(Instant at) {
  const bool timed = phase_ != Phase::open || waiting_writable_;
  if ((timed && at >= deadline_) || at >= peer_until_) return close();
  if (phase_ == Phase::open) protocol_->tick(at);
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();
  const bool told = phase_ == Phase::lingering;
  phase_ = Phase::closed;
  if (protocol_ && !told) protocol_->on_gone();
  // Unless it is marked as ended properly, OpenSSL throws the session away and none is resumed.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  ssl_.reset();
  std::string().swap(out_);
  sent_ = 0;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  shard_->remove(place_);
}

}  // namespace signet::net
