#include "party/policy_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "party/documents.h"

namespace signet::party {
namespace {

constexpr std::size_t files_max = 4'096;
constexpr std::size_t bytes_max = std::size_t{64} * 1024 * 1024;

bool is_policy_name(std::string_view name) {
  constexpr std::array<std::string_view, 3> endings{".yaml", ".yml", ".json"};
  return !name.starts_with('.') && std::ranges::any_of(endings, [&](std::string_view ending) {
    return name.ends_with(ending);
  });
}

std::unexpected<Error> unreadable(const std::string& path, const std::error_code& code) {
  return fail(ErrorKind::unavailable, cat(path, ": ", code.message()));
}

// What an operator names may be a pipe, read once; one in a directory would be waited for.
enum class Found : std::uint8_t { by_name, in_directory };

Result<FileMark> mark_of(const std::string& path, Found how) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    return unreadable(path, std::error_code(errno, std::generic_category()));
  }
  if (how == Found::in_directory && !S_ISREG(found.st_mode)) {
    return fail(ErrorKind::invalid, cat(path, ": not a file"));
  }
  constexpr std::int64_t second = 1'000'000'000;
  return FileMark{.path = path,
                  .inode = found.st_ino,
                  .changed_ns = found.st_mtim.tv_sec * second + found.st_mtim.tv_nsec,
                  .bytes = found.st_size};
}

}  // namespace

Result<PolicyMark> mark_policy(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code code;
  std::vector<std::string> paths;
  auto how = Found::by_name;
  if (fs::is_directory(path, code)) {
    how = Found::in_directory;
    for (auto entry = fs::directory_iterator(path, code);
         !code && entry != fs::directory_iterator(); entry.increment(code)) {
      if (!is_policy_name(entry->path().filename().native())) continue;
      if (paths.size() == files_max) {
        return fail(ErrorKind::exhausted, cat(path, ": more than ", files_max, " files"));
      }
      paths.push_back(entry->path().native());
    }
    if (code) return unreadable(path, code);
    std::ranges::sort(paths);
  } else {
    paths.push_back(path);
  }
  PolicyMark mark;
  for (const auto& file : paths) {
    TRY(auto made, mark_of(file, how));
    mark.push_back(std::move(made));
  }
  return mark;
}

Result<std::vector<PolicyFile>> read_policy_files(const PolicyMark& mark) {
  std::vector<PolicyFile> files;
  std::size_t bytes = 0;
  for (const auto& file : mark) {
    TRY(auto text, read_file(file.path, policy_file_bytes_max));
    bytes += text.size();
    if (bytes > bytes_max) return fail(ErrorKind::exhausted, "the policy is larger than 64 MiB");
    files.push_back({.path = file.path, .text = std::move(text)});
  }
  return files;
}

}  // namespace signet::party
