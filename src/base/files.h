// Small files read and written whole: keys, certificates, kubeconfigs.
//
// Errors   the path and the system's reason; not_found when there is no such file.
// Limits   read_file refuses what is larger than the caller says.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signet {

Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// Through a temporary file beside it, fsync and rename: afterwards the path holds the old bytes or
// the new ones, whatever happens.
Result<void> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode);

// Gone for good when it returns; not_found when there was none.
Result<void> remove_file_durably(const std::string& path);

// With its parents; the mode is given to directories that are made.
Result<void> make_directory(const std::string& path, mode_t mode);

}  // namespace signet
