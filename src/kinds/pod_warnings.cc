#include "kinds/pod_warnings.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/pod_defaults.h"
#include "machinery/field_error.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::quoted;

using Warnings = std::vector<std::string>;
using Deprecation = std::pair<std::string_view, std::string_view>;

constexpr auto node_labels = std::to_array<Deprecation>({
    {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
    {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
    {"failure-domain.beta.kubernetes.io/region",
     "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
    {"failure-domain.beta.kubernetes.io/zone",
     "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"},
    {"beta.kubernetes.io/instance-type",
     "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"},
    {"app.kubernetes.io/created-by", "deprecated since v1.9"},
    {"scheduler.alpha.kubernetes.io/preferAvoidPods",
     "deprecated since v1.22; use Taints and Tolerations instead"},
    {"node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"},
});

constexpr auto annotations = std::to_array<Deprecation>({
    {"scheduler.alpha.kubernetes.io/critical-pod",
     "non-functional in v1.16+; use the \"priorityClassName\" field instead"},
    {"security.alpha.kubernetes.io/sysctls",
     "non-functional in v1.11+; use the \"sysctls\" field instead"},
    {"security.alpha.kubernetes.io/unsafe-sysctls",
     "non-functional in v1.11+; use the \"sysctls\" field instead"},
});

constexpr auto volume_sources = std::to_array<Deprecation>({
    {"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
    {"gitRepo", "deprecated in v1.11"},
    {"scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
    {"flocker", "deprecated in v1.22, non-functional in v1.25+"},
    {"storageos", "deprecated in v1.22, non-functional in v1.25+"},
    {"quobyte", "deprecated in v1.22, non-functional in v1.25+"},
    {"glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
    {"cephfs", "deprecated in v1.28, non-functional in v1.31+"},
    {"rbd", "deprecated in v1.28, non-functional in v1.31+"},
});

constexpr std::string_view null_selector = ": a null labelSelector results in matching no pod";
constexpr std::string_view seccomp_of_pod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view seccomp_of_container = "container.seccomp.security.alpha.kubernetes.io/";

template <std::size_t Size>
std::string_view deprecation_of(const std::array<Deprecation, Size>& table, std::string_view key) {
  for (const auto& [known, text] : table) {
    if (known == key) return text;
  }
  return {};
}

// Calls `visit` with every element of the list at `path` in `in`, and with its own path.
template <typename Visit>
void for_each(const Json& in, std::string_view path, std::string_view where, Visit visit) {
  std::size_t i = 0;
  for (const Json& element : codec::array_at(in, path)) {
    visit(element, cat(where, '[', i++, ']'));
  }
}

// Those that start first come first.
template <typename Visit>
void for_each_container(const Json& pod, Visit visit) {
  for (const auto* list : {"spec.initContainers", "spec.containers", "spec.ephemeralContainers"}) {
    for_each(pod, list, list, visit);
  }
}

void warn_of_term(const Json& term, const std::string& where, Warnings& out) {
  for_each(term, "matchExpressions", where + ".matchExpressions",
           [&](const Json& expression, const std::string& at) {
             const auto key = codec::string_at(expression, "key");
             const auto text = deprecation_of(node_labels, key);
             if (!text.empty()) out.push_back(cat(at, ".key: ", key, " is ", text));
           });
}

void warn_of_node_labels(const Json& pod, Warnings& out) {
  for (const auto& member : codec::object_at(pod, "spec.nodeSelector")) {
    const std::string_view key = member.key();
    const auto text = deprecation_of(node_labels, key);
    if (!text.empty()) out.push_back(cat("spec.nodeSelector[", key, "]: ", text));
  }
  const std::string affinity = "spec.affinity.nodeAffinity.";
  const auto required =
      affinity + "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  for_each(pod, required, required,
           [&](const Json& term, const std::string& at) { warn_of_term(term, at, out); });
  const auto preferred = affinity + "preferredDuringSchedulingIgnoredDuringExecution";
  for_each(pod, preferred, preferred, [&](const Json& weighted, const std::string& at) {
    const auto* term = codec::find(weighted, "preference");
    if (term != nullptr) warn_of_term(*term, at + ".preference", out);
  });
  constexpr std::string_view spread = "spec.topologySpreadConstraints";
  for_each(pod, spread, spread, [&](const Json& constraint, const std::string& at) {
    const auto key = codec::string_at(constraint, "topologyKey");
    const auto text = deprecation_of(node_labels, key);
    if (!text.empty()) out.push_back(cat(at, ".topologyKey: ", key, " is ", text));
    if (codec::find(constraint, "labelSelector") == nullptr) {
      out.push_back(cat(at, ".labelSelector", null_selector));
    }
  });
}

void warn_of_annotations(const Json& pod, Warnings& out) {
  for (const auto& [key, text] : annotations) {
    if (annotation(pod, key) != nullptr) {
      out.push_back(cat("metadata.annotations[", key, "]: ", text));
    }
  }
}

void warn_of_volumes(const Json& pod, Warnings& out) {
  constexpr std::string_view volumes = "spec.volumes";
  std::set<std::string_view, std::less<>> token_paths;
  for_each(pod, volumes, volumes, [&](const Json& volume, const std::string& at) {
    for (const auto& [source, text] : volume_sources) {
      if (codec::find(volume, source) == nullptr) continue;
      out.push_back(
          cat(at, '.', source == "storageos" ? std::string_view("storageOS") : source, ": ", text));
    }
    for (const Json& source : codec::array_at(volume, "projected.sources")) {
      if (const auto* token = codec::find(source, "serviceAccountToken")) {
        token_paths.insert(codec::string_at(*token, "path"));
      }
    }
  });
  const auto warn_of_path = [&](const Json& item, const std::string& at) {
    const auto path = codec::string_at(item, "path");
    if (!token_paths.contains(path)) return;
    out.push_back(cat(at, ": has duplicated path with ServiceAccountToken ", quoted(path)));
  };
  if (token_paths.empty()) return;
  for_each(pod, volumes, volumes, [&](const Json& volume, const std::string& at) {
    const auto sources = at + ".projected.sources.";
    for (const Json& source : codec::array_at(volume, "projected.sources")) {
      for_each(source, "configMap.items", sources + "configMap", warn_of_path);
      for_each(source, "secret.items", sources + "secrets", warn_of_path);
      for_each(source, "downwardAPI.items", sources + "downwardAPI", warn_of_path);
      if (const auto* bundle = codec::find(source, "clusterTrustBundle")) {
        warn_of_path(*bundle, sources + "ClusterTrustBundle");
      }
    }
  });
}

void warn_of_repeated(const Json& pod, std::string_view list, std::string_view key, Warnings& out) {
  std::set<std::string_view, std::less<>> seen;
  for_each(pod, list, list, [&](const Json& element, const std::string& at) {
    const auto value = codec::string_at(element, key);
    if (!seen.insert(value).second) {
      out.push_back(cat(at, '.', key, ": duplicate ", key, ' ', quoted(value)));
    }
  });
}

void warn_of_fractions(const Json& holder, std::string_view path, const std::string& where,
                       Warnings& out) {
  constexpr double thousandths = 1000;
  for (const std::string_view resource : {"memory", "ephemeral-storage"}) {
    const auto& amounts = codec::object_at(holder, path);
    const auto* amount = amounts.if_contains(resource);
    const auto value = amount == nullptr ? std::nullopt : quantity_value(*amount);
    if (!value || *value == std::floor(*value)) continue;
    // Kubernetes counts in thousandths, and rounds up what is less.
    const auto count = static_cast<std::int64_t>(std::ceil(*value * thousandths));
    if (count % static_cast<std::int64_t>(thousandths) == 0) continue;
    out.push_back(cat(where, '[', resource, "]: fractional byte value ", quoted(cat(count, 'm')),
                      " is invalid, must be an integer"));
  }
}

// A later variable may build on an earlier one of its name, and does so by naming it.
void warn_of_variables(const Json& container, const std::string& where, Warnings& out) {
  std::set<std::string_view, std::less<>> seen;
  for_each(container, "env", where + ".env", [&](const Json& variable, const std::string& at) {
    const auto name = codec::string_at(variable, "name");
    if (seen.insert(name).second) return;
    const auto value = codec::string_at(variable, "value");
    const auto reference = cat("$(", name, ')');
    const bool builds_on_it = codec::find(variable, "valueFrom") == nullptr && value != reference &&
                              value.contains(reference);
    if (builds_on_it) return;
    out.push_back(cat(at, ": hides previous definition of ", quoted(name),
                      ", which may be dropped when using apply"));
  });
}

void warn_of_containers(const Json& pod, Warnings& out) {
  const auto profile_in = [](const Json& holder, std::string_view path) {
    return codec::find(holder, path) != nullptr;
  };
  const auto warn_of_seccomp = [&](std::string_view key) {
    if (annotation(pod, key) == nullptr) return;
    out.push_back(cat("metadata.annotations[", key,
                      "]: non-functional in v1.27+; use the \"seccompProfile\" field instead"));
  };
  if (!profile_in(pod, "spec.securityContext.seccompProfile")) warn_of_seccomp(seccomp_of_pod);
  for_each_container(pod, [&](const Json& container, const std::string& at) {
    if (!profile_in(container, "securityContext.seccompProfile")) {
      warn_of_seccomp(cat(seccomp_of_container, codec::string_at(container, "name")));
    }
    warn_of_fractions(container, "resources.limits", at + ".resources.limits", out);
    warn_of_fractions(container, "resources.requests", at + ".resources.requests", out);
    warn_of_variables(container, at, out);
  });
}

struct Port {
  std::string where;
  std::string_view host_ip;
  std::int64_t host_port = 0;
};

// How two ports with one number and protocol get into each other's way; empty: they do not.
std::string_view meeting(const Port& a, const Port& b) {
  if (a.host_ip == b.host_ip && a.host_port == b.host_port) return "duplicate";
  if (a.host_port == 0 || b.host_port == 0) return "overlapping";
  if (a.host_port == b.host_port && a.host_ip.empty() != b.host_ip.empty()) {
    return "dangerously ambiguous";
  }
  return {};
}

void warn_of_ports(const Json& pod, Warnings& out) {
  std::map<std::string, std::vector<Port>> ports;  // by number and protocol
  const auto look_at = [&](const Json& port, const std::string& at) {
    const auto number = codec::int_at(port, "containerPort").value_or(0);
    const auto protocol = codec::string_at(port, "protocol");
    Port found{.where = at,
               .host_ip = codec::string_at(port, "hostIP"),
               .host_port = codec::int_at(port, "hostPort").value_or(0)};
    if (!found.host_ip.empty() && found.host_port == 0) {
      out.push_back(cat(at, ": hostIP set without hostPort: {Name:", codec::string_at(port, "name"),
                        " HostPort:0 ContainerPort:", number, " Protocol:", protocol,
                        " HostIP:", found.host_ip, '}'));
    }
    auto& others = ports[cat(number, '/', protocol)];
    for (const auto& other : others) {
      const auto how = meeting(found, other);
      if (!how.empty()) out.push_back(cat(at, ": ", how, " port definition with ", other.where));
    }
    others.push_back(std::move(found));
  };
  for_each_container(pod, [&](const Json& container, const std::string& at) {
    for_each(container, "ports", at + ".ports", look_at);
  });
}

void warn_of_affinity(const Json& pod, Warnings& out) {
  for (const auto* kind : {"podAffinity", "podAntiAffinity"}) {
    const auto start = cat("spec.affinity.", kind, '.');
    const auto required = start + "requiredDuringSchedulingIgnoredDuringExecution";
    for_each(pod, required, required, [&](const Json& term, const std::string& at) {
      if (codec::find(term, "labelSelector") == nullptr) {
        out.push_back(cat(at, ".labelSelector", null_selector));
      }
    });
    const auto preferred = start + "preferredDuringSchedulingIgnoredDuringExecution";
    for_each(pod, preferred, preferred, [&](const Json& weighted, const std::string& at) {
      if (codec::find(weighted, "podAffinityTerm.labelSelector") == nullptr) {
        out.push_back(cat(at, ".podAffinityTerm.labelSelector", null_selector));
      }
    });
  }
}

void warn_of_name(const Json& pod, Warnings& out) {
  const auto problems = machinery::name_messages(machinery::NameRule::dns_label,
                                                 codec::string_at(pod, "metadata.name"));
  if (problems.empty()) return;
  std::string listed;
  for (const auto& problem : problems) append(listed, listed.empty() ? "" : " ", problem);
  out.push_back(
      cat("metadata.name: this is used in the Pod's hostname, which can result in "
          "surprising behavior; a DNS label is recommended: [",
          listed, ']'));
}

}  // namespace

void warn_of_pod(const Json& pod, Warnings& out) {
  warn_of_name(pod, out);
  warn_of_node_labels(pod, out);
  warn_of_annotations(pod, out);
  warn_of_volumes(pod, out);
  warn_of_repeated(pod, "spec.hostAliases", "ip", out);
  warn_of_repeated(pod, "spec.imagePullSecrets", "name", out);
  for_each(pod, "spec.imagePullSecrets", "spec.imagePullSecrets",
           [&](const Json& secret, const std::string& at) {
             if (codec::string_at(secret, "name").empty()) {
               out.push_back(at + ".name: invalid empty name \"\"");
             }
           });
  warn_of_fractions(pod, "spec.overhead", "spec.overhead", out);
  warn_of_containers(pod, out);
  warn_of_ports(pod, out);
  if (codec::int_at(pod, "spec.terminationGracePeriodSeconds").value_or(0) < 0) {
    out.emplace_back(
        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be "
        "treated as 1");
  }
  warn_of_affinity(pod, out);
}

}  // namespace signet::kinds
