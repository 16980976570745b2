#include "node/atomic_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <set>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "node/files.h"

namespace signet::node {
namespace {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t name_bytes_max = 255;
constexpr std::string_view reserved = "..";
const std::string data_link = "..data";
const std::string next_link = "..data_tmp";

using CleanPayload = std::map<std::string, const ProjectedFile*>;

std::vector<std::string_view> elements(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

std::string_view first_element(std::string_view path) {
  return path.substr(0, path.find('/'));
}

// Every path below `directory`, files and directories.
Result<void> collect_paths(int directory, const std::string& prefix, std::set<std::string>& paths) {
  TRY(const auto entries, list_directory(directory));
  for (const auto& entry : entries) {
    auto path = cat(prefix, entry.name);
    if (entry.is_directory) {
      TRY(const auto below, open_directory(directory, entry.name));
      TRY_VOID(collect_paths(below.get(), cat(path, '/'), paths));
    }
    paths.insert(std::move(path));
  }
  return {};
}

// What `generation` holds and `payload` does not name, not even as a parent.
Result<std::set<std::string>> stale_paths(int generation, const CleanPayload& payload) {
  std::set<std::string> stale;
  TRY_VOID(collect_paths(generation, "", stale));
  for (const auto& [path, file] : payload) {
    for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
      stale.erase(path.substr(0, end));
    }
    stale.erase(path);
  }
  return stale;
}

bool holds_all(int generation, const CleanPayload& payload) {
  for (const auto& [path, file] : payload) {
    const auto bytes = read_file(generation, path, file->bytes.reveal().size());
    if (!bytes || bytes->reveal() != file->bytes.reveal()) return false;
  }
  return true;
}

// Only a name that this file could have made is ever read or deleted: a link that somebody bent
// elsewhere counts as none.
bool is_generation(std::string_view name) {
  return name.starts_with("..2") && name.find('/') == std::string_view::npos;
}

Result<void> write_files(int generation, const CleanPayload& payload) {
  for (const auto& [path, file] : payload) {
    for (auto end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
      const auto parent = path.substr(0, end);
      if (::mkdirat(generation, parent.c_str(), 0755) == 0) {
        // Readable by the container's user even under a tight umask.
        if (::fchmodat(generation, parent.c_str(), 0755, 0) != 0) {
          return fail_errno(cat("chmod ", parent), errno);
        }
      } else if (errno != EEXIST) {
        return fail_errno(cat("mkdir ", parent), errno);
      }
    }
    TRY_VOID(write_new_file(generation, path, file->bytes.reveal(), file->mode, file->owner));
  }
  return {};
}

Result<void> make_visible_links(int target, const CleanPayload& payload) {
  for (const auto& [path, file] : payload) {
    const std::string name(first_element(path));
    struct stat status{};
    if (::fstatat(target, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (errno != ENOENT) return fail_errno(cat("stat ", name), errno);
    if (::symlinkat(cat(data_link, '/', name).c_str(), target, name.c_str()) != 0) {
      return fail_errno(cat("symlink ", name), errno);
    }
  }
  return {};
}

Result<void> remove_stale_links(int target, const std::set<std::string>& stale) {
  Result<void> last;
  for (const auto& path : stale) {
    if (path.find('/') != std::string::npos) continue;
    if (::unlinkat(target, path.c_str(), 0) != 0 && errno != ENOENT) {
      last = fail_errno(cat("unlink ", path), errno);
    }
  }
  return last;
}

Result<CleanPayload> clean(const Payload& payload) {
  CleanPayload paths;
  for (const auto& [path, file] : payload) {
    TRY(auto cleaned, clean_payload_path(path));
    paths[std::move(cleaned)] = &file;
  }
  return paths;
}

}  // namespace

Result<std::string> clean_payload_path(std::string_view path) {
  const auto refuse = [](std::string_view why, std::string_view shown = {}) {
    return fail(ErrorKind::invalid, cat("invalid path: ", why, shown));
  };
  if (path.empty()) return refuse("must not be empty: \"\"");
  if (path.front() == '/') return refuse("must be relative path: ", path);
  if (path.size() > path_bytes_max) {
    return refuse(cat("must be less than or equal to ", path_bytes_max, " characters"));
  }
  if (path.find('\0') != std::string_view::npos) return refuse("must not contain a NUL byte");
  const auto parts = elements(path);
  for (const auto part : parts) {
    if (part == "..") return refuse("must not contain '..': ", path);
    if (part.size() > name_bytes_max) {
      return refuse(cat("filenames must be less than or equal to ", name_bytes_max, " characters"));
    }
  }
  if (parts.front().starts_with(reserved)) return refuse("must not start with '..': ", path);
  std::string cleaned;
  for (const auto part : parts) {
    if (part.empty() || part == ".") continue;
    if (!cleaned.empty()) cleaned += '/';
    cleaned += part;
  }
  if (cleaned.empty()) return refuse("must name a file: ", path);
  // "./..data" would only show its first element once cleaned.
  if (cleaned.starts_with(reserved)) return refuse("must not start with '..': ", path);
  return cleaned;
}

Result<std::string> AtomicWriter::make_generation(int target) const {
  const std::time_t seconds = unix_seconds(clock_.now());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> stamp{};
  std::strftime(stamp.data(), stamp.size(), "..%Y_%m_%d_%H_%M_%S.", &parts);
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto name = cat(std::string_view(stamp.data()), uniform(random_, 10'000'000'000ULL));
    if (::mkdirat(target, name.c_str(), 0755) == 0) {
      if (::fchmodat(target, name.c_str(), 0755, 0) != 0) {
        return fail_errno(cat("chmod ", name), errno);
      }
      return name;
    }
    if (errno != EEXIST) return fail_errno(cat("mkdir ", name), errno);
  }
  return fail(ErrorKind::exhausted, "no free name for a new generation");
}

Result<void> AtomicWriter::switch_to(int target, const std::string& generation) const {
  // Left over from a crash between here and the rename.
  TRY_VOID(remove_tree(target, next_link));
  if (::symlinkat(generation.c_str(), target, next_link.c_str()) != 0) {
    return fail_errno(cat("symlink ", next_link), errno);
  }
  if (::renameat(target, next_link.c_str(), target, data_link.c_str()) != 0) {
    const int code = errno;
    ::unlinkat(target, next_link.c_str(), 0);
    return fail_errno(cat("rename ", next_link), code);
  }
  return {};
}

Result<AtomicWriter::Outcome> AtomicWriter::write(
    const Payload& payload, const std::function<Result<void>()>& before_switch) {
  TRY(const auto files, clean(payload));
  TRY(const auto target, open_directory(AT_FDCWD, directory_));

  std::set<std::string> stale;
  if (auto old = read_link(target.get(), data_link)) {
    if (const auto directory = open_directory(target.get(), *old);
        is_generation(*old) && directory) {
      TRY(stale, stale_paths(directory->get(), files));
      if (stale.empty() && holds_all(directory->get(), files)) {
        TRY_VOID(make_visible_links(target.get(), files));
        return Outcome::unchanged;
      }
    }
  } else if (old.error().kind != ErrorKind::not_found) {
    return std::unexpected(std::move(old).error());
  }

  TRY(const auto name, make_generation(target.get()));
  const auto filled = [&]() -> Result<void> {
    TRY(const auto generation, open_directory(target.get(), name));
    TRY_VOID(write_files(generation.get(), files));
    if (before_switch) TRY_VOID(before_switch());
    return switch_to(target.get(), name);
  }();
  if (!filled) {
    if (const auto removed = remove_tree(target.get(), name); !removed) {
      log::warn("cannot remove an unused generation", {{"error", removed.error().message}});
    }
    return std::unexpected(filled.error());
  }
  TRY_VOID(make_visible_links(target.get(), files));
  TRY_VOID(remove_stale_links(target.get(), stale));
  return Outcome::written;
}

Result<void> AtomicWriter::sweep() const {
  TRY(const auto target, open_directory(AT_FDCWD, directory_));
  TRY(const auto current, read_link(target.get(), data_link));
  TRY(const auto entries, list_directory(target.get()));
  for (const auto& entry : entries) {
    if (!entry.is_directory || entry.name == current || !is_generation(entry.name)) continue;
    TRY_VOID(remove_tree(target.get(), entry.name));
  }
  return {};
}

}  // namespace signet::node
