#include "signer/socket_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/cat.h"

namespace signet::signer {
namespace {

std::unexpected<Error> system_failure(const std::string& path, int number) {
  return fail(ErrorKind::unavailable, cat(path, ": ", std::generic_category().message(number)));
}

}  // namespace

Result<SocketLock> SocketLock::take(const std::string& socket) {
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(ErrorKind::invalid, cat("the socket's path ", socket, " is longer than ",
                                        sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  const auto path = socket + ".lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return system_failure(path, errno);
  SocketLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::conflict, cat("another process serves ", socket));
  }
  struct stat found{};
  if (::lstat(socket.c_str(), &found) != 0) {
    if (errno == ENOENT) return lock;
    return system_failure(socket, errno);
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail(ErrorKind::conflict, cat(socket, " is there and is no socket"));
  }
  if (::unlink(socket.c_str()) != 0) return system_failure(socket, errno);
  return lock;
}

SocketLock::SocketLock(SocketLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

SocketLock::~SocketLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace signet::signer
