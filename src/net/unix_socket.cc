#include "net/unix_socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/cat.h"
#include "base/try.h"

namespace signet::net {
namespace {

std::unexpected<Error> system_failure(std::string_view path, int number) {
  return fail(ErrorKind::unavailable, cat(path, ": ", std::generic_category().message(number)));
}

std::unexpected<Error> served(std::string_view path) {
  return fail(ErrorKind::conflict, cat("another process serves ", path));
}

// Whether a process listens there.
bool answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::close(fd);
  return result == 0 || error == EAGAIN;  // EAGAIN: its queue is full
}

// What a dead process left there is gone afterwards.
Result<void> make_way(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return system_failure(path, errno);
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail(ErrorKind::conflict, cat(path, " is there and is no socket"));
  }
  if (answers(address)) return served(path);
  if (::unlink(path.c_str()) != 0) return system_failure(path, errno);
  return {};
}

Result<int> take_lock(const std::string& path) {
  const auto lock = cat(path, ".lock");
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return system_failure(lock, errno);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return served(path);
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

Result<SocketFile> SocketFile::claim(std::string path) {
  TRY(const auto address, unix_address(path));
  TRY(const int lock, take_lock(path));
  if (auto free = make_way(path, address); !free) {
    ::close(lock);
    return std::unexpected(std::move(free).error());
  }
  return SocketFile(std::move(path), lock);
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

SocketFile::~SocketFile() {
  if (lock_ < 0) return;
  ::unlink(path_.c_str());
  ::close(lock_);
}

Result<void> SocketFile::let_in(mode_t mode, std::optional<gid_t> group) const {
  // First the group: the mode is what lets it in.
  if (group && ::chown(path_.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return system_failure(path_, errno);
  }
  if (::chmod(path_.c_str(), mode) != 0) return system_failure(path_, errno);
  return {};
}

NarrowUmask::NarrowUmask() : before_(::umask(0177)) {}

NarrowUmask::~NarrowUmask() {
  ::umask(before_);
}

}  // namespace signet::net
