#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/cat.h"
#include "base/fd.h"

namespace signet {
namespace {

std::unexpected<Error> system_failure(std::string_view what, const std::string& path, int error) {
  const auto kind = error == ENOENT                     ? ErrorKind::not_found
                    : error == EACCES || error == EPERM ? ErrorKind::forbidden
                                                        : ErrorKind::unavailable;
  return fail(kind, cat(what, ' ', path, ": ", std::generic_category().message(error)));
}

bool sync_parent(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_failure("read", path, errno);
  std::string bytes;
  for (;;) {
    constexpr std::size_t step = 16384;
    const auto before = bytes.size();
    bytes.resize(before + step);
    const auto got = ::read(file.get(), bytes.data() + before, step);
    const int error = errno;
    bytes.resize(before + static_cast<std::size_t>(got < 0 ? 0 : got));
    if (got < 0 && error == EINTR) continue;
    if (got < 0) return system_failure("read", path, error);
    if (bytes.size() > bytes_max) {
      return fail(ErrorKind::exhausted, cat("read ", path, ": larger than ", bytes_max, " bytes"));
    }
    if (got == 0) return bytes;
  }
}

Result<void> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode) {
  const auto temporary = path + ".new";
  ::unlink(temporary.c_str());
  {
    const Fd file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) return system_failure("write", path, errno);
    if (::fchmod(file.get(), mode) != 0 || !write_all(file.get(), bytes) ||
        ::fsync(file.get()) != 0) {
      const int error = errno;
      ::unlink(temporary.c_str());
      return system_failure("write", path, error);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return system_failure("write", path, error);
  }
  if (!sync_parent(path)) return system_failure("write", path, errno);
  return {};
}

Result<void> remove_file_durably(const std::string& path) {
  if (::unlink(path.c_str()) != 0 || !sync_parent(path)) {
    return system_failure("remove", path, errno);
  }
  return {};
}

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  const int error = errno;
  if (error == EEXIST) {
    struct stat found{};
    if (::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) return {};
    return fail(ErrorKind::invalid, cat("create ", path, ": exists and is no directory"));
  }
  const auto slash = path.find_last_of('/');
  if (error != ENOENT || slash == std::string::npos || slash == 0) {
    return system_failure("create", path, error);
  }
  if (auto parent = make_directory(path.substr(0, slash), mode); !parent) return parent;
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  return system_failure("create", path, errno);
}

}  // namespace signet
