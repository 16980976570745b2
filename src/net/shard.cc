#include "net/shard_impl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "net/address.h"
#include "net/connection_impl.h"
#include "net/http_text.h"

namespace signet::net {
namespace {

// Connections accepted in a row before requests get their turn.
constexpr int accepts_max = 32;
// How long an answer waits for others to leave with.
constexpr std::chrono::microseconds turn_delay_max{200};

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// A peer that vanished without a word is noticed within about two minutes.
void configure(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

std::string to_text(const sockaddr_storage& address) {
  if (address.ss_family == AF_UNIX) return "unix:";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return host_port(text.data(), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return host_port(text.data(), ntohs(v6.sin6_port));
}

// A quarter of the shortest timeout, so that none is late by more than that.
std::chrono::milliseconds tick_of(const ServerOptions& options) {
  const auto shortest =
      std::min({options.handshake_timeout, options.head_timeout, options.body_timeout,
                options.idle_timeout, options.request_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
}

}  // namespace

Shard::Shard(Loop& loop, Handler handler, std::shared_ptr<Common> common, int listener)
    : loop_(loop),
      handler_(std::move(handler)),
      common_(std::move(common)),
      listener_(io().get_executor(), listener),
      timer_(io().get_executor()),
      tick_(tick_of(common_->options)) {}

void Shard::start() {
  wait_for_connection();
  tick();
}

Response Shard::error_response(int status, std::string_view message) const {
  if (common_->error_body) return common_->error_body(status, message);
  Response response{.status = status, .content_type = "text/plain", .headers = {}, .body = {}};
  response.body = cat(message, "\n");
  return response;
}

std::string_view Shard::date() {
  const auto second = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (second != date_of_) {
    date_of_ = second;
    date_ = http_date(second);
  }
  return date_;
}

void Shard::wait_for_connection() {
  listener_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error) self->accept_some();
                       });
}

void Shard::accept_some() {
  if (draining_ || closed_) return;
  for (int i = 0; i < accepts_max; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      admit(fd, to_text(address));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      log::warn("cannot accept connections: out of file descriptors or memory");
      accept_paused_ = true;
      return;
    }
  }
  wait_for_connection();
}

void Shard::admit(int fd, std::string remote) {
  if (!common_->connections.enter(remote)) {
    ::close(fd);
    return;
  }
  auto wire = wire_for(fd);
  if (!wire) {
    common_->connections.leave(remote);
    ::close(fd);
    return;
  }
  const auto connection =
      std::make_shared<Connection>(shared_from_this(), fd, std::move(wire), std::move(remote));
  connections_.push_back(connection);
  connection->start(std::prev(connections_.end()));
}

std::unique_ptr<Wire> Shard::wire_for(int fd) {
  if (options().unix_path.empty()) configure(fd);
  const auto context = common_->context.with([](const auto& current) { return current; });
  if (!context) return make_plain_wire(fd);
  Ssl ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  return make_tls_wire(std::move(ssl), fd);
}

void Shard::tick() {
  if (closed_) return;
  const Instant at = std::chrono::steady_clock::now();
  for (auto next = connections_.begin(); next != connections_.end();) {
    const auto connection = *next++;
    connection->tick(at);
  }
  if (std::exchange(accept_paused_, false)) wait_for_connection();
  timer_.expires_after(tick_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->tick();
  });
}

void Shard::turn_soon(std::shared_ptr<Connection> connection) {
  due_.push_back(std::move(connection));
  if (due_.size() > 1) return;
  due_since_ = std::chrono::steady_clock::now();
  asio::post(io().get_executor(), [self = shared_from_this()] { self->take_turns(); });
}

void Shard::turn_in_time() {
  if (due_.size() > 1 && std::chrono::steady_clock::now() - due_since_ > turn_delay_max) {
    take_turns();
  }
}

void Shard::take_turns() {
  // What they ask for meanwhile is for the next time.
  std::swap(due_, taking_);
  for (const auto& connection : taking_) connection->turn();
  taking_.clear();
}

void Shard::drain(std::function<void()> done) {
  drained_ = std::move(done);
  draining_ = true;
  boost::system::error_code ignored;
  listener_.close(ignored);
  const Connections all = connections_;
  for (const auto& connection : all) connection->drain();
  if (connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void Shard::close() {
  closed_ = true;
  drained_ = nullptr;
  boost::system::error_code ignored;
  listener_.close(ignored);
  timer_.cancel();
  const Connections all = connections_;
  for (const auto& connection : all) connection->close();
  due_.clear();  // they hold us, and the loop may never run again
}

void Shard::remove(Connections::iterator place) {
  common_->connections.leave((*place)->remote());
  connections_.erase(place);
  if (draining_ && connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

}  // namespace signet::net
