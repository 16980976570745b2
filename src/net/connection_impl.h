// One accepted socket: what moves its bytes, what is still to be sent, and the protocol that
// speaks.
//
// Shape    a reactor: the socket says "readable", the wire reads from the descriptor itself. All
//          sending happens in turn(), never inside a call from a handler or a stream, so that
//          nobody is destroyed by a call it makes.
// Threads  its loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/shard_impl.h"
#include "net/wire_impl.h"

namespace signet::net {

// What speaks HTTP on a connection once its wire is up.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual void on_input(std::string_view bytes) = 0;
  // The peer will send nothing more.
  virtual void on_end_of_input() = 0;
  // Puts what can be sent into Connection::out().
  virtual void advance() = 0;
  virtual bool wants_input() const = 0;
  // Ends what can be ended, then the connection.
  virtual void drain() = 0;
  virtual void tick(Instant now) = 0;
  // The connection is gone: drop streams, send nothing.
  virtual void on_gone() = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shard> shard, int fd, std::unique_ptr<Wire> wire, std::string remote);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start(Connections::iterator place);

  // For protocols.
  Shard& shard() { return *shard_; }
  const std::shared_ptr<const PeerCertificate>& peer() const { return peer_; }
  const std::string& remote() const { return remote_; }
  bool gone() const { return phase_ >= Phase::lingering; }
  std::string& out() { return out_; }
  std::size_t unsent() const { return out_.size() - sent_; }
  // Calls advance() and sends, at once if the loop is in this connection anyway, else soon.
  void turn_soon();
  // Linger: the peer may still be sending, and must not lose our answer to a reset.
  enum class Ending { now, linger };
  void close_when_sent(Ending ending);
  void close_soon();

  // For the shard.
  void drain();
  void tick(Instant now);
  void turn();
  void close();

 private:
  enum class Phase { handshake, open, lingering, closed };

  void wait_readable();
  void wait_writable();
  void on_readable();
  void on_writable();
  void handshake();
  void open();
  void read();
  // False when the socket takes no more, or is gone.
  bool send();
  void end();
  void linger();
  void discard();

  std::shared_ptr<Shard> shard_;
  Descriptor descriptor_;
  std::unique_ptr<Wire> wire_;
  std::string remote_;
  std::shared_ptr<const PeerCertificate> peer_;
  std::unique_ptr<Protocol> protocol_;
  Connections::iterator place_;
  std::string out_;
  std::size_t sent_ = 0;       // of out_
  std::size_t discarded_ = 0;  // bytes, while lingering
  Instant deadline_;           // of the handshake, of sending, or of lingering
  Instant peer_until_;         // a connection does not outlive the certificate it began with
  Phase phase_ = Phase::handshake;
  Ending ending_ = Ending::now;
  bool ends_when_sent_ = false;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
  bool inside_ = false;  // a turn follows anyway
  bool turn_is_due_ = false;
  bool read_posted_ = false;
};

std::unique_ptr<Protocol> make_http1(Connection& connection);
std::unique_ptr<Protocol> make_http2(Connection& connection);

}  // namespace signet::net
