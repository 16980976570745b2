// Works out how bubblewrap is to be called for a container: the host's own file system, with
// volumes in it at paths that need not exist on the host.
//
//   TRY(const auto plan, plan_sandbox(spec, host));
//
// Shape    a mount point that the host lacks is made in a tmpfs that shadows its deepest existing
//          ancestor; the ancestor's other entries are bound into the tmpfs from the host. Nothing
//          is made on the host but directories inside a volume that another volume is mounted in.
//          What a container writes into a shadowed directory itself is gone with the container.
// Errors   invalid: a user that an agent without root cannot give, a mount point that cannot be.
// Limits   2,000 entries in a shadowed directory, because each is a mount.
// I/O      reads directories of the host.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "node/runtime.h"

namespace signet::node {

struct SandboxHost {
  bool is_root = false;
  std::string setpriv_path;         // empty: not installed
  std::string env_path;             // likewise
  std::vector<std::string> hidden;  // directories that containers see empty
};

struct SandboxPlan {
  std::vector<std::string> options;  // of bwrap
  std::vector<std::string> command;
};

Result<SandboxPlan> plan_sandbox(const ContainerSpec& spec, const SandboxHost& host);

// `path` with the symbolic links of the host's file system resolved as far as it exists there.
struct HostPath {
  std::string resolved;
  std::string existing;  // the longest part of `resolved` that exists
};
Result<HostPath> resolve_on_host(const std::string& path);

}  // namespace signet::node
