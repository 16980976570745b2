// The files of a policy: read together, and whether they changed since.
//
//   TRY(auto mark, mark_policy(path));             // cheap: what stat() says
//   TRY(auto files, read_policy_files(mark));      // of a mark that stood still
//
// Shape    a file, or those of a directory whose names end in .yaml, .yml or .json and do not begin
//          with a dot, by name. Links are followed, as mounted config maps need it.
// Errors   what cannot be read, with its path; what is no file among those of a directory.
// Limits   4,096 files, 64 MiB in all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace signet::party {

struct FileMark {
  std::string path;
  std::uint64_t inode = 0;
  std::int64_t changed_ns = 0;
  std::int64_t bytes = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};
using PolicyMark = std::vector<FileMark>;

Result<PolicyMark> mark_policy(const std::string& path);

struct PolicyFile {
  std::string path;
  std::string text;
};
Result<std::vector<PolicyFile>> read_policy_files(const PolicyMark& mark);

}  // namespace signet::party
