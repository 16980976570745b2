// The bytes of one accepted socket, with TLS around them or as they are.
//
// Shape    never blocks: what cannot be had now says for what the socket must be waited.
// Threads  its connection's loop.
// Source   RFC 8446; for the plain one, whoever listens without TLS must trust the way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "net/tls_impl.h"

namespace signet::net {

class Wire {
 public:
  enum class State : std::uint8_t {
    done,
    wants_read,
    wants_write,
    ended,    // the peer will send nothing more
    refused,  // the peer may still read what it was told, and nothing more follows
    failed,
  };
  struct Moved {
    std::size_t bytes = 0;  // more than none: `state` is done
    State state = State::done;
  };

  Wire() = default;
  virtual ~Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Whether handshake() must be called until it is done, before anything else.
  virtual bool needs_handshake() const = 0;
  virtual State handshake() = 0;
  virtual Moved read(std::span<char> into) = 0;
  virtual Moved write(std::string_view bytes) = 0;
  // Bytes that were already taken from the socket, which will not make it readable again.
  virtual bool has_pending() const = 0;
  // Says that nothing more is sent, as far as the protocol has a word for it.
  virtual void say_end() = 0;
  // The connection ends in order; the socket is closed next.
  virtual void leave() = 0;

  // After the handshake.
  virtual std::shared_ptr<const PeerCertificate> peer() const = 0;
  virtual std::chrono::seconds peer_life_left() const = 0;
  virtual bool speaks_http2() const = 0;
};

std::unique_ptr<Wire> make_tls_wire(Ssl ssl, int fd);
std::unique_ptr<Wire> make_plain_wire(int fd);

}  // namespace signet::net
