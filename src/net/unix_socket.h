// Socket files: where one may be made, and whose old one may go.
//
//   TRY_VOID(make_way("/run/signet/gate.sock"));   // then bind
//
// Shape    a file that nobody serves any more, as a killed process leaves it, is removed; one that
//          answers is not ours to take.
// Errors   conflict: somebody serves there, or it is no socket; invalid: too long a path.
// Limits   107 bytes of path (unix(7)).
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <string>

#include "base/result.h"

namespace signet::net {

Result<sockaddr_un> unix_address(const std::string& path);
Result<void> make_way(const std::string& path);

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
