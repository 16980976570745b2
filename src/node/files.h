// The few file operations that volumes need, relative to an open directory and never through a
// symbolic link that somebody else may have put there.
//
//   TRY(auto directory, open_directory(AT_FDCWD, path));
//   TRY_VOID(remove_tree(directory.get(), "kube-api-access-x2x4z"));
//
// Errors   "mkdir data: Permission denied"; the kind follows errno (not_found, forbidden, exhausted
//          for a full disk, conflict for what exists already).
// Threads  no state.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/secret.h"

namespace signet::node {

// The error for the current errno, or the given one.
std::unexpected<Error> fail_errno(std::string_view what, int code);

// The last component may not be a symbolic link.
Result<Fd> open_directory(int at, const std::string& path);

// mkdir -p; directories that are made get exactly `mode`, whatever the umask.
Result<void> make_directories(const std::string& path, mode_t mode);

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;  // a symbolic link to one is none
};
Result<std::vector<DirectoryEntry>> list_directory(int directory);

// At most `bytes_max`; the last component may not be a symbolic link.
Result<Secret> read_file(int at, const std::string& path, std::size_t bytes_max);

// Makes a new file that holds `bytes` and has exactly `mode`. `owner` -1: the caller.
Result<void> write_new_file(int at, const std::string& path, std::string_view bytes, mode_t mode,
                            uid_t owner);

// The text of a link; not_found if there is nothing.
Result<std::string> read_link(int at, const std::string& path);

// Deletes whatever `name` is, with everything below it; nothing there is a success. Symbolic links
// are deleted, never followed. Depth of the tree costs neither stack nor descriptors.
Result<void> remove_tree(int at, const std::string& name);

}  // namespace signet::node
