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
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return true;
  const auto* bytes = reinterpret_cast<const sockaddr*>(&address);
  // EAGAIN: its queue is full.
  return ::connect(fd.get(), bytes, sizeof address) == 0 || errno == EAGAIN;
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

Result<Fd> take_lock(const std::string& path) {
  const auto lock = cat(path, ".lock");
  Fd file(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_failure(lock, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
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
  TRY(auto lock, take_lock(path));
  TRY_VOID(make_way(path, address));
  return SocketFile(std::move(path), std::move(lock));
}

SocketFile::~SocketFile() {
  // Before the lock goes: afterwards the path may be somebody else's.
  if (lock_) ::unlink(path_.c_str());
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
