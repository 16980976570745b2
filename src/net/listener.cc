#include "net/listener_impl.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "base/cat.h"
#include "base/try.h"
#include "net/address.h"

namespace signet::net {
namespace {

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::string where(const ServerOptions& options) {
  if (!options.unix_path.empty()) return options.unix_path;
  return host_port(options.host, options.port);
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
Result<Fd> bind_one(const ServerOptions& options, const Address& address, Sharing sharing) {
  Fd socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return refuse(options, errno);
  }
  if (sharing == Sharing::shared) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0) {
    return refuse(options, errno);
  }
  // From here on further sockets of this process may join.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  return socket;
}

// One socket for all loops: the kernel has no SO_REUSEPORT for these.
Result<Listening> bind_unix(const ServerOptions& options, std::size_t count) {
  TRY(const auto address, unix_address(options.unix_path));
  TRY(auto file, SocketFile::claim(options.unix_path));
  Fd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!first) return refuse(options, errno);
  {
    const NarrowUmask narrow;
    const auto* bytes = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(first.get(), bytes, sizeof address) != 0) return refuse(options, errno);
  }
  TRY_VOID(file.let_in(options.unix_mode));
  if (::listen(first.get(), SOMAXCONN) != 0) return refuse(options, errno);
  std::vector<Fd> sockets;
  for (std::size_t i = 1; i < count; ++i) {
    sockets.emplace_back(::fcntl(first.get(), F_DUPFD_CLOEXEC, 0));
    if (!sockets.back()) return refuse(options, errno);
  }
  sockets.push_back(std::move(first));
  return Listening{.sockets = std::move(sockets), .file = std::move(file)};
}

}  // namespace

Result<Listening> bind_all(ServerOptions& options, std::size_t count) {
  if (!options.unix_path.empty()) return bind_unix(options, count);
  TRY(Address address, resolve(options));
  std::vector<Fd> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(auto socket, bind_one(options, address, i == 0 ? Sharing::exclusive : Sharing::shared));
    if (i == 0) {
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
      sockaddr_in v4{};
      sockaddr_in6 v6{};
      std::memcpy(&v4, &address.bytes, sizeof v4);
      std::memcpy(&v6, &address.bytes, sizeof v6);
      options.port = ntohs(address.bytes.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
    }
    sockets.push_back(std::move(socket));
  }
  for (const Fd& socket : sockets) {
    if (::listen(socket.get(), SOMAXCONN) != 0) return refuse(options, errno);
  }
  return Listening{.sockets = std::move(sockets), .file = std::nullopt};
}

}  // namespace signet::net
