#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
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

Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, int fd, std::unique_ptr<Wire> wire,
                       std::string remote)
    : shard_(std::move(shard)),
      descriptor_(shard_->io().get_executor(), fd),
      wire_(std::move(wire)),
      remote_(std::move(remote)),
      deadline_(now() + shard_->options().handshake_timeout),
      peer_until_(Instant::max()) {}

Connection::~Connection() = default;

void Connection::start(Connections::iterator place) {
  place_ = place;
  if (!wire_->needs_handshake()) open();
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
  switch (wire_->handshake()) {
    case Wire::State::done:
      break;
    case Wire::State::wants_read:
      return wait_readable();
    case Wire::State::wants_write:
      return wait_writable();
    case Wire::State::refused:
      return linger();
    case Wire::State::ended:
    case Wire::State::failed:
      return close();
  }
  open();
  // The first request often came with the end of the handshake.
  read();
}

void Connection::open() {
  peer_ = wire_->peer();
  peer_until_ = now() + wire_->peer_life_left();
  phase_ = Phase::open;
  protocol_ = wire_->speaks_http2() ? make_http2(*this) : make_http1(*this);
}

void Connection::read() {
  inside_ = true;
  auto& buffer = shard_->scratch();
  for (int i = 0; i < reads_max && phase_ == Phase::open && protocol_->wants_input(); ++i) {
    const auto got = wire_->read(buffer);
    if (got.bytes == 0) {
      if (got.state == Wire::State::ended) protocol_->on_end_of_input();
      if (got.state == Wire::State::failed) close();
      break;
    }
    protocol_->on_input({buffer.data(), got.bytes});
    if (phase_ == Phase::open && !wire_->has_pending()) break;
  }
  inside_ = false;
  turn_soon();
  shard_->turn_in_time();
}

void Connection::turn_soon() {
  if (inside_ || gone() || std::exchange(turn_is_due_, true)) return;
  shard_->turn_soon(shared_from_this());
}

void Connection::turn() {
  turn_is_due_ = false;
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
  if (!wire_->has_pending()) return wait_readable();
  if (waiting_readable_ || std::exchange(read_posted_, true)) return;
  asio::post(shard_->io().get_executor(), [self = shared_from_this()] {
    self->read_posted_ = false;
    if (self->phase_ == Phase::open) self->read();
  });
}

bool Connection::send() {
  const bool was_blocked = waiting_writable_;
  while (unsent() > 0) {
    const auto put = wire_->write(std::string_view(out_).substr(sent_));
    if (put.bytes == 0) {
      if (put.state == Wire::State::failed) {
        close();
      } else if (!was_blocked) {
        deadline_ = now() + shard_->options().body_timeout;
      }
      return false;
    }
    sent_ += put.bytes;
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
  wire_->say_end();
  close();
}

void Connection::linger() {
  if (phase_ == Phase::open) wire_->say_end();
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
  wire_->leave();
  wire_.reset();
  std::string().swap(out_);
  sent_ = 0;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  shard_->remove(place_);
}

}  // namespace signet::net
