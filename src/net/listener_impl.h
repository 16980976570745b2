// The listening sockets of a server: one a loop, all of one address.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "net/server.h"
#include "net/unix_socket.h"

namespace signet::net {

struct Listening {
  std::vector<Fd> sockets;
  std::optional<SocketFile> file;  // of ServerOptions::unix_path
};
// The port that the kernel chose is written into `options`.
Result<Listening> bind_all(ServerOptions& options, std::size_t count);

}  // namespace signet::net
