#include "identity/key_directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/try.h"

namespace signet::identity {

namespace fs = std::filesystem;

std::string DiskKeyDirectory::path_of(std::string_view name) const {
  return cat(path_, '/', name);
}

Result<std::vector<std::string>> DiskKeyDirectory::list() {
  TRY_VOID(make_directory(path_, 0700));
  struct stat found{};
  if (::stat(path_.c_str(), &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorKind::invalid,
                cat(path_,
                    ": others can write here, and decide which keys are believed; look at "
                    "what is in it, then chmod 700"));
  }
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return fail(ErrorKind::unavailable, cat("read ", path_, ": ", error.message()));
  std::ranges::sort(names);
  return names;
}

Result<std::string> DiskKeyDirectory::read(const std::string& name, std::size_t bytes_max) {
  const auto path = path_of(name);
  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0) {
    // Opening a pipe would wait for ever, and a link leads out of the directory that is ours alone.
    if (!S_ISREG(found.st_mode)) return fail(ErrorKind::invalid, cat(path, ": no regular file"));
    if (name.ends_with(".key") && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      log::warn("others can read a signing key: chmod 600 it, and rotate if they might have",
                {{"file", path}});
    }
  }
  return read_file(path, bytes_max);
}

Result<void> DiskKeyDirectory::write(const std::string& name, std::string_view bytes) {
  return write_file_durably(path_of(name), bytes, 0600);
}

Result<void> DiskKeyDirectory::remove(const std::string& name) {
  return remove_file_durably(path_of(name));
}

}  // namespace signet::identity
