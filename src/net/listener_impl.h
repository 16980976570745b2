// The listening sockets of a server: one a loop, all of one address.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/server.h"
#include "net/unix_socket.h"

namespace signet::net {

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

struct Listening {
  std::vector<Socket> sockets;
  std::optional<SocketFile> file;  // of ServerOptions::unix_path
};
// The port that the kernel chose is written into `options`.
Result<Listening> bind_all(ServerOptions& options, std::size_t count);

}  // namespace signet::net
