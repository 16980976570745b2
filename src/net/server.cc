#include "net/server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/shard_impl.h"

namespace signet::net {
namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::string where(const ServerOptions& options) {
  const bool v6 = options.host.contains(':');
  return v6 ? cat("[", options.host, "]:", options.port) : cat(options.host, ":", options.port);
}

std::unexpected<Error> refuse(const ServerOptions& options, int error) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') {
    reason[0] = static_cast<char>(reason[0] + 32);
  }
  return fail(ErrorKind::unavailable, cat("cannot listen on ", where(options), ": ", reason));
}

Result<Address> resolve(const ServerOptions& options) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(options.host.c_str(), std::to_string(options.port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr) {
    return fail(ErrorKind::invalid,
                cat("cannot listen on ", where(options), ": ", ::gai_strerror(error)));
  }
  Address address;
  std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

enum class Sharing { exclusive, shared };

// Exclusive: a port that anybody listens on is refused, our own kind included, although
// SO_REUSEPORT would let two processes of one user split the connections between them without a
// word.
Result<Socket> bind_one(const ServerOptions& options, const Address& address, Sharing sharing) {
  Socket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket.fd() < 0 || ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return refuse(options, errno);
  }
  if (sharing == Sharing::shared) {
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) {
    return refuse(options, errno);
  }
  // From here on further sockets of this process may join.
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  return socket;
}

Result<std::vector<Socket>> bind_all(ServerOptions& options, std::size_t count) {
  TRY(Address address, resolve(options));
  std::vector<Socket> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(auto socket, bind_one(options, address, i == 0 ? Sharing::exclusive : Sharing::shared));
    if (i == 0) {
      ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
      sockaddr_in v4{};
      sockaddr_in6 v6{};
      std::memcpy(&v4, &address.bytes, sizeof v4);
      std::memcpy(&v6, &address.bytes, sizeof v6);
      options.port = ntohs(address.bytes.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
    }
    sockets.push_back(std::move(socket));
  }
  for (const Socket& socket : sockets) {
    if (::listen(socket.fd(), SOMAXCONN) != 0) return refuse(options, errno);
  }
  return sockets;
}

Result<std::shared_ptr<SSL_CTX>> shared_context(const ServerTls& tls) {
  TRY(auto context, make_server_context(tls));
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<Common> common;
  std::vector<std::shared_ptr<Shard>> shards;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, const ServerTls& tls,
                                               std::vector<Endpoint> endpoints,
                                               ErrorBody error_body) {
  if (endpoints.empty()) return fail(ErrorKind::invalid, "a server needs a loop");
  // A peer that closes while we write is an error of that connection, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  TRY(auto context, shared_context(tls));
  TRY(auto sockets, bind_all(options, endpoints.size()));
  auto impl = std::make_unique<Impl>();
  impl->common = std::make_shared<Common>(std::move(options));
  impl->common->error_body = std::move(error_body);
  impl->common->context.with([&](auto& current) { current = std::move(context); });
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto shard = std::make_shared<Shard>(*endpoints[i].loop, std::move(endpoints[i].handler),
                                               impl->common, sockets[i].release());
    impl->shards.push_back(shard);
    endpoints[i].loop->post([shard] { shard->start(); });
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  for (const auto& shard : impl_->shards) {
    shard->loop().impl().run_and_wait([&shard] { shard->close(); });
  }
}

std::uint16_t Server::port() const {
  return impl_->common->options.port;
}

Result<void> Server::replace_tls(const ServerTls& tls) {
  TRY(auto context, shared_context(tls));
  impl_->common->context.with([&](auto& current) { current = std::move(context); });
  return {};
}

void Server::drain(std::chrono::milliseconds limit) {
  struct Progress {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = 0;
  };
  const auto progress = std::make_shared<Progress>();
  progress->open = impl_->shards.size();
  for (const auto& shard : impl_->shards) {
    shard->loop().post([shard, progress] {
      shard->drain([progress] {
        const std::scoped_lock lock(progress->mutex);
        --progress->open;
        progress->changed.notify_all();
      });
    });
  }
  {
    std::unique_lock lock(progress->mutex);
    progress->changed.wait_for(lock, limit, [&] { return progress->open == 0; });
  }
  for (const auto& shard : impl_->shards) {
    shard->loop().impl().run_and_wait([&shard] { shard->close(); });
  }
}

}  // namespace signet::net
