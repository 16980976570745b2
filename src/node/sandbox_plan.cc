#include "node/sandbox_plan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <set>

#include "base/cat.h"
#include "base/try.h"
#include "node/files.h"

namespace signet::node {
namespace {

constexpr std::size_t shadowed_entries_max = 2000;
constexpr int links_max = 40;

// What container runtimes leave root inside a container; above all not CAP_SYS_ADMIN, with which
// it could undo the mounts that hide other pods.
constexpr std::array root_capabilities = {
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_SYS_CHROOT",
};

std::string child(const std::string& directory, std::string_view name) {
  return directory == "/" ? cat('/', name) : cat(directory, '/', name);
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

void prepend_elements(std::deque<std::string>& pending, std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  pending.insert(pending.begin(), parts.begin(), parts.end());
}

void go_up(std::string& path) {
  path.resize(path.rfind('/'));
  if (path.empty()) path = "/";
}

struct Mount {
  std::string source;
  HostPath target;
  bool read_only = true;
};

class Planner {
 public:
  Planner(const ContainerSpec& spec, const SandboxHost& host) : spec_(spec), host_(host) {}

  Result<SandboxPlan> plan() {
    TRY_VOID(resolve_mounts());
    TRY_VOID(find_shadows());
    add({"--unshare-pid", "--unshare-ipc", "--die-with-parent", "--clearenv"});
    TRY_VOID(file_system());
    TRY_VOID(credentials());
    add({"--chdir", spec_.working_directory.empty() ? "/" : spec_.working_directory});
    TRY_VOID(environment());
    plan_.command.insert(plan_.command.end(), spec_.command.begin(), spec_.command.end());
    return std::move(plan_);
  }

 private:
  void add(std::initializer_list<std::string> options) {
    plan_.options.insert(plan_.options.end(), options);
  }

  Result<void> resolve_mounts() {
    for (const auto& mount : spec_.mounts) {
      TRY(auto target, resolve_on_host(mount.target));
      if (target.resolved == "/") {
        return fail(ErrorKind::invalid, cat("mountPath ", mount.target, ": cannot be the root"));
      }
      mounts_.push_back(
          {.source = mount.source, .target = std::move(target), .read_only = mount.read_only});
    }
    std::ranges::sort(mounts_, {}, [](const Mount& mount) { return mount.target.resolved; });
    return {};
  }

  // The mount that `path` lies below, the deepest.
  const Mount* enclosing(const std::string& path) const {
    const Mount* found = nullptr;
    for (const auto& mount : mounts_) {
      const auto& target = mount.target.resolved;
      if (target != path && is_within(path, target)) found = &mount;
    }
    return found;
  }

  Result<void> find_shadows() {
    for (const auto& mount : mounts_) {
      const auto& [resolved, existing] = mount.target;
      if (const auto* outer = enclosing(resolved)) {
        // As kubelets do: the mount point is a directory in the outer volume.
        TRY_VOID(make_directories(
            cat(outer->source, resolved.substr(outer->target.resolved.size())), 0755));
      } else if (resolved != existing) {
        shadows_.insert(existing);
        for (auto end = resolved.find('/', existing == "/" ? 1 : existing.size() + 1);
             end != std::string::npos; end = resolved.find('/', end + 1)) {
          made_.insert(resolved.substr(0, end));
        }
      }
    }
    return {};
  }

  Result<void> file_system() {
    if (!shadows_.contains("/")) add({"--dev-bind", "/", "/"});
    for (const auto& directory : shadows_) TRY_VOID(shadow(directory));
    add({"--proc", "/proc"});
    for (const auto& directory : host_.hidden) {
      TRY(const auto path, resolve_on_host(directory));
      if (path.resolved == path.existing && path.resolved != "/") {
        add({"--perms", "0755", "--tmpfs", path.resolved});
      }
    }
    for (const auto& directory : made_) add({"--perms", "0755", "--dir", directory});
    for (const auto& mount : mounts_) {
      add({mount.read_only ? "--ro-bind" : "--bind", mount.source, mount.target.resolved});
    }
    return {};
  }

  Result<void> shadow(const std::string& directory) {
    TRY(const auto fd, open_directory(AT_FDCWD, directory));
    TRY(auto entries, list_directory(fd.get()));
    if (entries.size() > shadowed_entries_max) {
      return fail(ErrorKind::exhausted, cat("a mount point is missing in ", directory,
                                            ", which has too many entries to be shadowed"));
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail_errno(cat("stat ", directory), errno);
    if (directory != "/") {
      constexpr std::string_view digits = "01234567";
      std::string mode = "0";
      for (const unsigned shift : {9U, 6U, 3U, 0U}) {
        mode += digits[(status.st_mode >> shift) & 7U];
      }
      add({"--perms", mode, "--tmpfs", directory});
    }
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    for (const auto& entry : entries) {
      const auto path = child(directory, entry.name);
      if (auto link = read_link(fd.get(), entry.name)) {
        add({"--symlink", *std::move(link), path});
      } else {
        add({"--dev-bind-try", path, path});  // it may go away meanwhile
      }
    }
    return {};
  }

  Result<void> credentials() {
    if (!host_.is_root) {
      // Only this mapping is allowed: files of the agent's user look like the container's.
      if (spec_.user || spec_.group) {
        add({"--unshare-user", "--uid", std::to_string(spec_.user.value_or(::geteuid())), "--gid",
             std::to_string(spec_.group.value_or(::getegid()))});
      }
      return {};
    }
    add({"--cap-drop", "ALL"});
    for (const auto* capability : root_capabilities) add({"--cap-add", capability});
    if (!spec_.user && !spec_.group && spec_.supplemental_groups.empty()) return {};
    if (host_.setpriv_path.empty() || host_.env_path.empty()) {
      return fail(ErrorKind::invalid, "runAsUser and runAsGroup need the programs setpriv and env");
    }
    std::string groups;
    for (const auto group : spec_.supplemental_groups) {
      append(groups, groups.empty() ? "" : ",", group);
    }
    plan_.command = {host_.setpriv_path, "--inh-caps=-all",
                     groups.empty() ? "--clear-groups" : "--groups=" + groups};
    if (spec_.user) plan_.command.push_back(cat("--reuid=", *spec_.user));
    plan_.command.push_back(cat("--regid=", spec_.group.value_or(0)));
    plan_.command.emplace_back("--");
    return {};
  }

  Result<void> environment() {
    const bool switches_user = !plan_.command.empty();
    std::vector<std::string> late;
    for (const auto& [name, value] : spec_.environment) {
      if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos ||
          value.find('\0') != std::string::npos) {
        return fail(ErrorKind::invalid, "an environment variable has an impossible name or value");
      }
      // What steers the dynamic loader must not reach setpriv, which still is root.
      if (switches_user &&
          (name.starts_with("LD_") || name.starts_with("GLIBC_") || name.starts_with("GCONV_"))) {
        late.push_back(cat(name, '=', value));
      } else {
        add({"--setenv", name, value});
      }
    }
    if (!late.empty()) {
      plan_.command.push_back(host_.env_path);
      plan_.command.insert(plan_.command.end(), late.begin(), late.end());
    }
    return {};
  }

  const ContainerSpec& spec_;
  const SandboxHost& host_;
  std::vector<Mount> mounts_;
  std::set<std::string> shadows_;  // parents sort before what is below them
  std::set<std::string> made_;
  SandboxPlan plan_;
};

}  // namespace

Result<HostPath> resolve_on_host(const std::string& path) {
  if (!path.starts_with('/')) return fail(ErrorKind::invalid, cat(path, ": not an absolute path"));
  std::deque<std::string> pending;
  prepend_elements(pending, path);
  std::string resolved = "/";
  std::string existing = "/";
  for (int links = 0; !pending.empty();) {
    const auto name = std::move(pending.front());
    pending.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      go_up(resolved);
      if (existing.size() > resolved.size()) existing = resolved;
      continue;
    }
    const bool all_exists = existing == resolved;
    auto next = child(resolved, name);
    struct stat status{};
    if (!all_exists || ::lstat(next.c_str(), &status) != 0) {
      if (all_exists && errno != ENOENT) return fail_errno(next, errno);
      resolved = std::move(next);
      continue;
    }
    if (S_ISLNK(status.st_mode)) {
      if (++links > links_max) return fail(ErrorKind::invalid, cat(path, ": too many links"));
      TRY(const auto text, read_link(AT_FDCWD, next));
      if (text.starts_with('/')) {
        resolved = "/";
        existing = "/";
      }
      prepend_elements(pending, text);
      continue;
    }
    resolved = next;
    existing = std::move(next);
  }
  return HostPath{.resolved = std::move(resolved), .existing = std::move(existing)};
}

Result<SandboxPlan> plan_sandbox(const ContainerSpec& spec, const SandboxHost& host) {
  return Planner(spec, host).plan();
}

}  // namespace signet::node
