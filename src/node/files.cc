#include "node/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <system_error>

#include "base/cat.h"
#include "base/try.h"

namespace signet::node {
namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::forbidden;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorKind::conflict;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return ErrorKind::exhausted;
    default:
      return ErrorKind::internal;
  }
}

constexpr std::string_view parked_prefix = "..removing.";

// Empties one directory: what is no empty directory and no file is moved to `top` under a new
// name, and that name appended to `later`.
Result<void> empty_directory(int directory, int top, std::vector<std::string>& later,
                             std::size_t& parked) {
  TRY(const auto entries, list_directory(directory));
  for (const auto& entry : entries) {
    if (!entry.is_directory) {
      if (::unlinkat(directory, entry.name.c_str(), 0) != 0 && errno != ENOENT) {
        return fail_errno(cat("unlink ", entry.name), errno);
      }
      continue;
    }
    if (::unlinkat(directory, entry.name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
    if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno(cat("rmdir ", entry.name), errno);
    if (directory == top) {
      later.push_back(entry.name);
      continue;
    }
    auto name = cat(parked_prefix, parked++);
    while (::renameat(directory, entry.name.c_str(), top, name.c_str()) != 0) {
      if (errno == EACCES &&
          ::fchmodat(directory, entry.name.c_str(), 0700, AT_SYMLINK_NOFOLLOW) == 0) {
        if (::renameat(directory, entry.name.c_str(), top, name.c_str()) == 0) break;
      }
      if (errno != EEXIST && errno != ENOTEMPTY) {
        return fail_errno(cat("rename ", entry.name), errno);
      }
      name = cat(parked_prefix, parked++);
    }
    later.push_back(std::move(name));
  }
  return {};
}

Result<Fd> open_for_removal(int at, const std::string& name) {
  auto opened = open_directory(at, name);
  if (opened || opened.error().kind != ErrorKind::forbidden) return opened;
  // A directory of ours without permissions for us; root never gets here.
  if (::fchmodat(at, name.c_str(), 0700, AT_SYMLINK_NOFOLLOW) != 0) return opened;
  return open_directory(at, name);
}

}  // namespace

std::unexpected<Error> fail_errno(std::string_view what, int code) {
  return fail(kind_of(code), cat(what, ": ", std::generic_category().message(code)));
}

Result<Fd> open_directory(int at, const std::string& path) {
  Fd fd(::openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno(cat("open ", path), errno);
  return fd;
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) == 0) {
      if (::chmod(part.c_str(), mode) != 0) return fail_errno(cat("chmod ", part), errno);
    } else if (errno != EEXIST) {
      return fail_errno(cat("mkdir ", part), errno);
    }
    if (end == std::string::npos) return {};
  }
}

Result<std::vector<DirectoryEntry>> list_directory(int directory) {
  // A description of its own: fdopendir takes the descriptor and moves its offset.
  const int own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return fail_errno("open directory", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), &::closedir);
  if (!stream) {
    ::close(own);
    return fail_errno("open directory", errno);
  }
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const auto* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): own stream
    if (entry == nullptr) {
      if (errno != 0) return fail_errno("read directory", errno);
      return entries;
    }
    const std::string name(static_cast<const char*>(entry->d_name));
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat status{};
      is_directory = ::fstatat(own, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                     S_ISDIR(status.st_mode);
    }
    entries.push_back({.name = name, .is_directory = is_directory});
  }
}

Result<Secret> read_file(int at, const std::string& path, std::size_t bytes_max) {
  const Fd fd(::openat(at, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno(cat("open ", path), errno);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(cat("stat ", path), errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::invalid, cat(path, ": not a regular file"));
  if (static_cast<std::size_t>(status.st_size) > bytes_max) {
    return fail(ErrorKind::exhausted, cat(path, ": larger than ", bytes_max, " bytes"));
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(cat("read ", path), errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return Secret(std::move(bytes));
}

Result<void> write_new_file(int at, const std::string& path, std::string_view bytes, mode_t mode,
                            uid_t owner) {
  const Fd fd(
      ::openat(at, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(cat("create ", path), errno);
  if (!write_all(fd.get(), bytes)) return fail_errno(cat("write ", path), errno);
  if (owner != static_cast<uid_t>(-1) && ::fchown(fd.get(), owner, static_cast<gid_t>(-1)) != 0) {
    return fail_errno(cat("chown ", path), errno);
  }
  if (::fchmod(fd.get(), mode) != 0) return fail_errno(cat("chmod ", path), errno);
  return {};
}

Result<std::string> read_link(int at, const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const auto length = ::readlinkat(at, path.c_str(), text.data(), text.size());
  if (length < 0) return fail_errno(cat("readlink ", path), errno);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

Result<void> remove_tree(int at, const std::string& name) {
  if (::unlinkat(at, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return fail_errno(cat("unlink ", name), errno);
  auto top = open_for_removal(at, name);
  if (!top) {
    if (top.error().kind == ErrorKind::not_found) return {};
    return std::unexpected(std::move(top).error());
  }
  std::vector<std::string> later;
  std::size_t parked = 0;
  TRY_VOID(empty_directory(top->get(), top->get(), later, parked));
  while (!later.empty()) {
    const auto child = std::move(later.back());
    later.pop_back();
    TRY(const auto directory, open_for_removal(top->get(), child));
    TRY_VOID(empty_directory(directory.get(), top->get(), later, parked));
    if (::unlinkat(top->get(), child.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
      return fail_errno(cat("rmdir ", child), errno);
    }
  }
  if (::unlinkat(at, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return fail_errno(cat("rmdir ", name), errno);
  }
  return {};
}

}  // namespace signet::node
