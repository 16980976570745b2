// A socket file that this process serves: made where a dead process left one, never where a living
// one serves, seen by nobody before its mode is set, gone with the server.
//
//   TRY(auto file, SocketFile::claim("/run/signet/gate.sock"));
//   { const NarrowUmask narrow; ... bind and listen there ... }
//   TRY_VOID(file.let_in(0660));
//
// Shape    who holds PATH.lock, by flock, may make PATH and take it away. The lock file stays; the
//          kernel lets go of it with the process. A server that knows no such lock keeps its socket
//          as long as it answers.
// Errors   conflict: another process serves there, or PATH is no socket; invalid: too long a path;
//          unavailable: the directory does not let us.
// Limits   107 bytes of path (unix(7)).
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <optional>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace signet::net {

Result<sockaddr_un> unix_address(const std::string& path);

class SocketFile {
 public:
  static Result<SocketFile> claim(std::string path);

  SocketFile(SocketFile&& other) noexcept = default;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();  // removes it

  // Who may connect from now on.
  Result<void> let_in(mode_t mode, std::optional<gid_t> group = std::nullopt) const;

 private:
  SocketFile(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  Fd lock_;
};

// Nobody but the owner may connect to a socket made while one of these lives. A process has one
// umask: only before other threads make files.
class NarrowUmask {
 public:
  NarrowUmask();
  ~NarrowUmask();
  NarrowUmask(const NarrowUmask&) = delete;
  NarrowUmask& operator=(const NarrowUmask&) = delete;

 private:
  mode_t before_;
};

}  // namespace signet::net
