#include "node/node_registration.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "codec/form.h"
#include "codec/rfc3339.h"

namespace signet::node {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using std::chrono::seconds;

constexpr seconds check_period{10};
constexpr seconds register_period{1};
constexpr seconds status_period{300};
constexpr int lease_seconds = 40;
constexpr std::string_view lease_group = "/apis/coordination.k8s.io/v1";

std::string first_line(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string os_image() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view key = "PRETTY_NAME=\"";
    if (line.starts_with(key) && line.ends_with('"')) {
      return line.substr(key.size(), line.size() - key.size() - 1);
    }
  }
  return "Linux";
}

// The names that container images use.
std::string architecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

utsname machine() {
  utsname names{};
  ::uname(&names);
  return names;
}

JsonObject node_info(const NodeFacts& facts) {
  const auto names = machine();
  const auto id = first_line("/etc/machine-id");
  return JsonObject{{"machineID", id},
                    {"systemUUID", id},
                    {"bootID", first_line("/proc/sys/kernel/random/boot_id")},
                    {"kernelVersion", std::string_view(static_cast<const char*>(names.release))},
                    {"osImage", os_image()},
                    {"containerRuntimeVersion", facts.runtime_version},
                    {"kubeletVersion", facts.version},
                    {"kubeProxyVersion", ""},
                    {"operatingSystem", "linux"},
                    {"architecture", architecture(static_cast<const char*>(names.machine))}};
}

JsonObject capacity(const NodeFacts& facts) {
  struct sysinfo info{};
  ::sysinfo(&info);
  const auto kib = std::uint64_t{info.totalram} * info.mem_unit / 1024;
  return JsonObject{{"cpu", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN))},
                    {"memory", cat(kib, "Ki")},
                    {"pods", std::to_string(facts.pods_max)}};
}

}  // namespace

NodeRegistration::NodeRegistration(ApiClient& api, const Clock& clock, NodeFacts facts)
    : api_(api),
      clock_(clock),
      facts_(std::move(facts)),
      path_(cat("/api/v1/nodes/", codec::percent_encode(facts_.name))),
      ready_since_(clock.now()) {}

Json NodeRegistration::status(Instant now) const {
  const auto heartbeat = codec::to_rfc3339(whole_seconds(now));
  JsonArray conditions;
  struct Pressure {
    std::string_view type, reason, message;
  };
  constexpr std::array pressures = {
      Pressure{.type = "MemoryPressure",
               .reason = "KubeletHasSufficientMemory",
               .message = "kubelet has sufficient memory available"},
      Pressure{.type = "DiskPressure",
               .reason = "KubeletHasNoDiskPressure",
               .message = "kubelet has no disk pressure"},
      Pressure{.type = "PIDPressure",
               .reason = "KubeletHasSufficientPID",
               .message = "kubelet has sufficient PID available"},
      Pressure{
          .type = "Ready", .reason = "KubeletReady", .message = "kubelet is posting ready status"}};
  for (const auto& pressure : pressures) {
    conditions.emplace_back(
        JsonObject{{"type", pressure.type},
                   {"status", pressure.type == "Ready" ? "True" : "False"},
                   {"lastHeartbeatTime", heartbeat},
                   {"lastTransitionTime", codec::to_rfc3339(whole_seconds(ready_since_))},
                   {"reason", pressure.reason},
                   {"message", pressure.message}});
  }
  return JsonObject{
      {"capacity", capacity(facts_)},
      {"allocatable", capacity(facts_)},
      {"conditions", std::move(conditions)},
      {"addresses", JsonArray{JsonObject{{"type", "InternalIP"}, {"address", facts_.host_ip}},
                              JsonObject{{"type", "Hostname"}, {"address", facts_.name}}}},
      {"nodeInfo", node_info(facts_)}};
}

Result<void> NodeRegistration::register_node() {
  const auto arch = architecture(static_cast<const char*>(machine().machine));
  const Json node = JsonObject{
      {"apiVersion", "v1"},
      {"kind", "Node"},
      {"metadata", JsonObject{{"name", facts_.name},
                              {"labels", JsonObject{{"kubernetes.io/hostname", facts_.name},
                                                    {"kubernetes.io/os", "linux"},
                                                    {"kubernetes.io/arch", arch}}}}},
      {"spec", JsonObject()},
      {"status", status(clock_.now())}};
  auto created = api_.create("/api/v1/nodes", node);
  if (!created && created.error().kind == ErrorKind::conflict) created = api_.get(path_);
  if (!created) return std::unexpected(std::move(created).error());
  uid_ = codec::string_at(*created, "metadata.uid");
  if (uid_.empty()) return fail(ErrorKind::unavailable, "the node has no uid");
  return {};
}

Result<void> NodeRegistration::patch_status(Instant now) {
  const Json change = JsonObject{{"status", status(now)}};
  const auto patched = api_.patch(path_ + "/status", change, PatchKind::strategic);
  if (!patched) return std::unexpected(patched.error());
  status_sent_at_ = now;
  return {};
}

void NodeRegistration::renew_lease(Instant now) {
  if (!serves_leases_) {
    const auto group = api_.get(std::string(lease_group));
    if (group) serves_leases_ = true;
    if (!group && group.error().kind == ErrorKind::not_found) serves_leases_ = false;
  }
  if (!serves_leases_.value_or(false)) return;
  const auto leases = cat(lease_group, "/namespaces/kube-node-lease/leases");
  const JsonObject spec{{"holderIdentity", facts_.name},
                        {"leaseDurationSeconds", lease_seconds},
                        {"renewTime", codec::to_rfc3339_micro(now)}};
  auto renewed = api_.patch(cat(leases, '/', codec::percent_encode(facts_.name)),
                            JsonObject{{"spec", spec}}, PatchKind::merge);
  if (!renewed && renewed.error().kind == ErrorKind::not_found) {
    const JsonObject owner{
        {"apiVersion", "v1"}, {"kind", "Node"}, {"name", facts_.name}, {"uid", uid_}};
    const Json lease = JsonObject{{"apiVersion", "coordination.k8s.io/v1"},
                                  {"kind", "Lease"},
                                  {"metadata", JsonObject{{"name", facts_.name},
                                                          {"namespace", "kube-node-lease"},
                                                          {"ownerReferences", JsonArray{owner}}}},
                                  {"spec", spec}};
    renewed = api_.create(leases, lease);
  }
  if (!renewed) log::debug("cannot renew the lease", {{"error", renewed.error().message}});
}

Instant NodeRegistration::tick() {
  const auto now = clock_.now();
  Result<void> done;
  if (!registered()) {
    done = register_node();
    if (done) done = patch_status(now);
  } else if (now - status_sent_at_ >= status_period || now < status_sent_at_) {
    done = patch_status(now);
  }
  if (!done) {
    log::warn("cannot report the node", {{"error", done.error().message}});
    // Somebody deleted the node: it is registered anew.
    if (done.error().kind == ErrorKind::not_found) uid_.clear();
    return now + register_period;
  }
  renew_lease(now);
  return now + check_period;
}

}  // namespace signet::node
