#include "kinds/pod_host_rules.h"

#include <set>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/network_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::NameRule;
using machinery::quoted;

void validate_id_value(std::int64_t id, std::string path, FieldErrors& errors) {
  constexpr std::int64_t id_max = 2147483647;
  if (id >= 0 && id <= id_max) return;
  errors.invalid(std::move(path), cat(id), "must be between 0 and 2147483647, inclusive");
}

// In the host's network a container listens on the host's ports.
void validate_host_network(const Json& pod, FieldErrors& errors) {
  const auto& containers = codec::array_at(pod, "spec.containers");
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const auto& ports = codec::array_at(containers[i], "ports");
    for (std::size_t j = 0; j < ports.size(); ++j) {
      const auto inside = codec::int_at(ports[j], "containerPort").value_or(0);
      if (inside == codec::int_at(ports[j], "hostPort").value_or(0)) continue;
      errors.invalid(cat("spec.containers[", i, "].ports[", j, "].containerPort"), cat(inside),
                     "must match `hostPort` when `hostNetwork` is true");
    }
  }
}

}  // namespace

void validate_id(const Json& context, std::string_view key, const std::string& where,
                 FieldErrors& errors) {
  if (const auto id = codec::int_at(context, key)) {
    validate_id_value(*id, cat(where, '.', key), errors);
  }
}

void validate_pod_security(const Json& pod, FieldErrors& errors) {
  if (codec::bool_at(pod, "spec.hostNetwork").value_or(false)) validate_host_network(pod, errors);
  const auto* context = codec::find(pod, "spec.securityContext");
  if (context == nullptr) return;
  const std::string where = "spec.securityContext";
  for (const std::string_view key : {"fsGroup", "runAsUser", "runAsGroup"}) {
    validate_id(*context, key, where, errors);
  }
  std::size_t index = 0;
  for (const Json& group : codec::array_at(*context, "supplementalGroups")) {
    if (const auto* id = group.if_int64()) {
      validate_id_value(*id, cat(where, ".supplementalGroups[", index, ']'), errors);
    }
    ++index;
  }
  if (codec::bool_at(pod, "spec.shareProcessNamespace").value_or(false) &&
      codec::bool_at(pod, "spec.hostPID").value_or(false)) {
    errors.invalid(cat(where, ".shareProcessNamespace"), "true",
                   "ShareProcessNamespace and HostPID cannot both be enabled");
  }
}

void validate_host_ports(const Json& pod, std::string_view list, FieldErrors& errors) {
  std::set<std::string> taken;
  const auto& containers = codec::array_at(pod, list);
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const auto& ports = codec::array_at(containers[i], "ports");
    for (std::size_t j = 0; j < ports.size(); ++j) {
      const auto number = codec::int_at(ports[j], "hostPort").value_or(0);
      if (number == 0) continue;
      auto place = cat(codec::string_at(ports[j], "protocol"), '/',
                       codec::string_at(ports[j], "hostIP"), '/', number);
      if (taken.contains(place)) {
        errors.duplicate(cat(list, '[', i, "].ports[", j, "].hostPort"), quoted(place));
      } else {
        taken.insert(std::move(place));
      }
    }
  }
}

void validate_dns(const Json& pod, FieldErrors& errors) {
  constexpr std::size_t servers_max = 3;
  validate_one_of(*codec::find(pod, "spec"), "dnsPolicy", "spec",
                  {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}, false, errors);
  const bool needed = codec::string_at(pod, "spec.dnsPolicy") == "None";
  const auto* config = codec::find(pod, "spec.dnsConfig");
  if (config == nullptr) {
    if (needed) {
      errors.required("spec.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    return;
  }
  const auto& servers = codec::array_at(*config, "nameservers");
  if (servers.empty() && needed) {
    errors.required("spec.dnsConfig.nameservers",
                    "must provide at least one DNS nameserver when `dnsPolicy` is None");
  }
  if (servers.size() > servers_max) {
    errors.invalid("spec.dnsConfig.nameservers", codec::to_json(Json(servers)),
                   "must not have more than 3 nameservers");
  }
  std::size_t index = 0;
  for (const Json& server : servers) {
    if (const auto* text = server.if_string()) {
      validate_ip(*text, cat("spec.dnsConfig.nameservers[", index, ']'), errors);
    }
    ++index;
  }
}

void validate_host_names(const Json& pod, FieldErrors& errors) {
  for (const std::string_view path : {"spec.hostname", "spec.subdomain"}) {
    const auto name = codec::string_at(pod, path);
    if (!name.empty()) machinery::validate_name(NameRule::dns_label, name, path, errors);
  }
}

void validate_host_aliases(const Json& pod, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& alias : codec::array_at(pod, "spec.hostAliases")) {
    const auto at = cat("spec.hostAliases[", index++, ']');
    validate_ip(codec::string_at(alias, "ip"), cat(at, ".ip"), errors);
    std::size_t place = 0;
    for (const Json& name : codec::array_at(alias, "hostnames")) {
      const auto path = cat(at, ".hostnames[", place++, ']');
      if (const auto* text = name.if_string()) {
        machinery::validate_name(NameRule::dns_subdomain, *text, path, errors);
      }
    }
  }
}

}  // namespace signet::kinds
