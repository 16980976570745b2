// One server a Unix socket: who holds PATH.lock may make PATH, and nobody else takes it away.
//
//   TRY(auto lock, SocketLock::take("/run/signer.sock"));     // a dead instance's socket is gone
//   now
//
// Shape    flock on PATH.lock, which stays; the kernel lets go of it with the process.
// Errors   conflict: somebody holds it, or PATH is no socket; invalid: the path is too long;
//          unavailable: the directory does not let us.
#pragma once

#include <string>

#include "base/result.h"

namespace signet::signer {

class SocketLock {
 public:
  static Result<SocketLock> take(const std::string& socket);

  SocketLock(SocketLock&& other) noexcept;
  SocketLock& operator=(SocketLock&&) = delete;
  ~SocketLock();

 private:
  explicit SocketLock(int file) : file_(file) {}
  int file_;
};

}  // namespace signet::signer
