#include "net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/cat.h"
#include "base/try.h"

namespace signet::net {
namespace {

// Whether a process listens there.
bool answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::close(fd);
  return result == 0 || error == EAGAIN;  // EAGAIN: its queue is full
}

}  // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::invalid, "the path of a socket must have 1 to 107 bytes");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path, path.data(), path.size());
  return address;
}

Result<void> make_way(const std::string& path) {
  TRY(const auto address, unix_address(path));
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return fail(ErrorKind::conflict, cat(path, " is no socket"));
  if (answers(address)) return fail(ErrorKind::conflict, cat("somebody serves at ", path));
  ::unlink(path.c_str());
  return {};
}

NarrowUmask::NarrowUmask() : before_(::umask(0177)) {}

NarrowUmask::~NarrowUmask() {
  ::umask(before_);
}

}  // namespace signet::net
