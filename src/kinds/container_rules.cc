#include "kinds/container_rules.h"

#include <algorithm>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/network_rules.h"
#include "kinds/pod_defaults.h"
#include "kinds/pod_host_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr std::string_view env_field_paths[] = {
    "metadata.name",           "metadata.namespace", "metadata.uid",   "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP",      "status.hostIPs", "status.podIP",
    "status.podIPs",
};

void validate_choice(const Json& holder, std::string_view key, const std::string& where,
                     const std::vector<std::string_view>& supported, FieldErrors& errors) {
  const auto value = codec::string_at(holder, key);
  if (value.empty()) return errors.required(cat(where, '.', key));
  if (std::ranges::find(supported, value) != supported.end()) return;
  errors.unsupported(cat(where, '.', key), quoted(value), supported);
}

void validate_port_number(const Json& port, std::string_view key, const std::string& where,
                          bool required, FieldErrors& errors) {
  constexpr std::int64_t port_max = 65535;
  const auto number = codec::int_at(port, key).value_or(0);
  if (number == 0) {
    if (required) errors.required(cat(where, '.', key));
    return;
  }
  if (number > 0 && number <= port_max) return;
  errors.invalid(cat(where, '.', key), cat(number), "must be between 1 and 65535, inclusive");
}

void validate_ports(const Json& container, const std::string& where, FieldErrors& errors) {
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& port : codec::array_at(container, "ports")) {
    const auto at = cat(where, ".ports[", index++, ']');
    if (const auto name = codec::string_at(port, "name"); !name.empty()) {
      const auto before = errors.all().size();
      validate_port_name(name, cat(at, ".name"), errors);
      const bool good = errors.all().size() == before;
      if (good && !names.insert(name).second) errors.duplicate(cat(at, ".name"), quoted(name));
    }
    validate_port_number(port, "containerPort", at, true, errors);
    validate_port_number(port, "hostPort", at, false, errors);
    validate_choice(port, "protocol", at, {"SCTP", "TCP", "UDP"}, errors);
  }
}

void validate_resource_ref(const Json& ref, const std::string& where, FieldErrors& errors) {
  const auto resource = codec::string_at(ref, "resource");
  if (resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-")) {
    return;
  }
  validate_one_of(ref, "resource", where,
                  {"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
                   "requests.ephemeral-storage", "requests.memory"},
                  false, errors);
}

void validate_value_from(const Json& source, bool has_value, const std::string& where,
                         FieldErrors& errors) {
  int sources = 0;
  if (const auto* ref = member(source, "fieldRef")) {
    ++sources;
    validate_field_ref(*ref, cat(where, ".fieldRef"), env_field_paths, errors);
  }
  if (const auto* ref = member(source, "resourceFieldRef")) {
    ++sources;
    validate_resource_ref(*ref, cat(where, ".resourceFieldRef"), errors);
  }
  for (const std::string_view type : {"configMapKeyRef", "secretKeyRef"}) {
    const auto* ref = member(source, type);
    if (ref == nullptr) continue;
    ++sources;
    const auto at = cat(where, '.', type);
    if (codec::string_at(*ref, "name").empty()) errors.required(cat(at, ".name"));
    const auto key = codec::string_at(*ref, "key");
    if (key.empty()) {
      errors.required(cat(at, ".key"));
    } else {
      FieldErrors wrong;
      machinery::validate_data_key(key, "", wrong);
      for (auto error : wrong.all()) {
        error.path = cat(at, ".key");
        errors.add(std::move(error));
      }
    }
  }
  if (member(source, "fileKeyRef") != nullptr) ++sources;
  if (sources == 0) {
    errors.invalid(where, quoted(""),
                   "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
                   "`secretKeyRef`");
  } else if (has_value) {
    errors.invalid(where, quoted(""), "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    errors.invalid(where, quoted(""), "may not have more than one field specified at a time");
  }
}

void validate_env_name(std::string_view name, const std::string& path, FieldErrors& errors) {
  const bool good =
      std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
  if (good) return;
  errors.invalid(path, quoted(name),
                 "a valid environment variable name must consist only of printable ASCII "
                 "characters other than '='");
}

void validate_env(const Json& container, const std::string& where, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& variable : codec::array_at(container, "env")) {
    const auto at = cat(where, ".env[", index++, ']');
    const auto name = codec::string_at(variable, "name");
    if (name.empty()) {
      errors.required(cat(at, ".name"));
    } else {
      validate_env_name(name, cat(at, ".name"), errors);
    }
    const auto* source = member(variable, "valueFrom");
    if (source == nullptr) continue;
    const bool has_value = !codec::string_at(variable, "value").empty();
    validate_value_from(*source, has_value, cat(at, ".valueFrom"), errors);
  }
}

void validate_env_from(const Json& container, const std::string& where, FieldErrors& errors) {
  const auto list = cat(where, ".envFrom");
  std::size_t index = 0;
  for (const Json& variables : codec::array_at(container, "envFrom")) {
    const auto at = cat(list, '[', index++, ']');
    const auto prefix = codec::string_at(variables, "prefix");
    if (!prefix.empty()) validate_env_name(prefix, cat(at, ".prefix"), errors);
    int sources = 0;
    for (const std::string_view type : {"configMapRef", "secretRef"}) {
      const auto* ref = member(variables, type);
      if (ref == nullptr) continue;
      ++sources;
      if (codec::string_at(*ref, "name").empty()) errors.required(cat(at, '.', type, ".name"));
    }
    // These two stand at the list, not at its entry.
    if (sources == 0) {
      errors.invalid(list, quoted(""), "must specify one of: `configMapRef` or `secretRef`");
    } else if (sources > 1) {
      errors.invalid(list, quoted(""), "may not have more than one field specified at a time");
    }
  }
}

void validate_propagation(const Json& container, const Json& mount, const std::string& where,
                          FieldErrors& errors) {
  validate_one_of(mount, "mountPropagation", where, {"Bidirectional", "HostToContainer", "None"},
                  true, errors);
  if (codec::string_at(mount, "mountPropagation") != "Bidirectional") return;
  if (codec::bool_at(container, "securityContext.privileged").value_or(false)) return;
  errors.forbidden(cat(where, ".mountPropagation"),
                   "Bidirectional mount propagation is available only to privileged containers");
}

void validate_mounts(const Json& container, const std::string& where, const VolumeNames& volumes,
                     FieldErrors& errors) {
  std::set<std::string_view> paths;
  std::size_t index = 0;
  for (const Json& mount : codec::array_at(container, "volumeMounts")) {
    const auto at = cat(where, ".volumeMounts[", index++, ']');
    const auto name = codec::string_at(mount, "name");
    if (name.empty()) {
      errors.required(cat(at, ".name"));
    } else if (!volumes.contains(name)) {
      errors.not_found(cat(at, ".name"), quoted(name));
    }
    const auto path = codec::string_at(mount, "mountPath");
    if (path.empty()) {
      errors.required(cat(at, ".mountPath"));
    } else if (!paths.insert(path).second) {
      errors.invalid(cat(at, ".mountPath"), quoted(path), "must be unique");
    }
    for (const std::string_view key : {"subPath", "subPathExpr"}) {
      const auto below = codec::string_at(mount, key);
      if (!below.empty()) validate_descending_path(below, cat(at, '.', key), errors);
    }
    const auto expression = codec::string_at(mount, "subPathExpr");
    if (!expression.empty() && !codec::string_at(mount, "subPath").empty()) {
      errors.invalid(cat(at, ".subPathExpr"), quoted(expression),
                     "subPathExpr and subPath are mutually exclusive");
    }
    validate_propagation(container, mount, at, errors);
  }
}

// Names without a domain are Kubernetes' own; a domain makes it somebody else's.
void validate_resource_name(std::string_view name, const std::string& path, FieldErrors& errors) {
  const auto before = errors.all().size();
  for (const auto& message : machinery::qualified_name_messages(name)) {
    errors.invalid(path, quoted(name), message);
  }
  if (errors.all().size() != before) return;
  if (!name.contains('/')) {
    if (name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
        name.starts_with("hugepages-")) {
      return;
    }
    static constexpr std::string_view others[] = {"pods",
                                                  "services",
                                                  "replicationcontrollers",
                                                  "resourcequotas",
                                                  "secrets",
                                                  "persistentvolumeclaims",
                                                  "configmaps",
                                                  "services.nodeports",
                                                  "services.loadbalancers",
                                                  "storage"};
    const bool quota = name.starts_with("requests.") || name.starts_with("limits.");
    if (!quota && std::ranges::find(others, name) == std::ranges::end(others)) {
      errors.invalid(path, quoted(name), "must be a standard resource type or fully qualified");
    }
    errors.invalid(path, quoted(name), "must be a standard resource for containers");
  } else if (!name.contains("kubernetes.io/") && name.starts_with("requests.")) {
    errors.invalid(path, quoted(name), "doesn't follow extended resource name standard");
  }
}

void validate_quantities(const Json& container, std::string_view key, const std::string& where,
                         FieldErrors& errors) {
  for (const auto& entry : codec::object_at(container, cat("resources.", key))) {
    const std::string_view name = entry.key();
    const auto path = cat(where, ".resources.", key, '[', name, ']');
    validate_resource_name(name, path, errors);
    if (quantity_value(entry.value()).value_or(0) >= 0) continue;
    errors.invalid(path, codec::to_json(entry.value()), "must be greater than or equal to 0");
  }
}

void validate_resources(const Json& container, const std::string& where, FieldErrors& errors) {
  validate_quantities(container, "limits", where, errors);
  validate_quantities(container, "requests", where, errors);
  const auto& limits = codec::object_at(container, "resources.limits");
  for (const auto& request : codec::object_at(container, "resources.requests")) {
    const std::string_view resource = request.key();
    const auto* limit = limits.if_contains(request.key());
    if (limit == nullptr) continue;
    const auto most = quantity_value(*limit);
    const auto asked = quantity_value(request.value());
    if (!most || !asked || *asked <= *most) continue;
    errors.invalid(
        cat(where, ".resources.requests"), codec::to_json(request.value()),
        cat("must be less than or equal to ", resource, " limit of ",
            limit->is_string() ? std::string(limit->get_string()) : codec::to_json(*limit)));
  }
}

}  // namespace

void validate_container(const Json& container, const std::string& where, const VolumeNames& volumes,
                        FieldErrors& errors) {
  const auto name = codec::string_at(container, "name");
  if (name.empty()) {
    errors.required(cat(where, ".name"));
  } else {
    machinery::validate_name(machinery::NameRule::dns_label, name, cat(where, ".name"), errors);
  }
  const auto image = codec::string_at(container, "image");
  if (image.empty()) {
    errors.required(cat(where, ".image"));
  } else if (image.starts_with(' ') || image.ends_with(' ')) {
    errors.invalid(cat(where, ".image"), quoted(image),
                   "must not have leading or trailing whitespace");
  }
  validate_choice(container, "terminationMessagePolicy", where, {"FallbackToLogsOnError", "File"},
                  errors);
  validate_ports(container, where, errors);
  validate_env(container, where, errors);
  validate_env_from(container, where, errors);
  validate_mounts(container, where, volumes, errors);
  validate_choice(container, "imagePullPolicy", where, {"Always", "IfNotPresent", "Never"}, errors);
  validate_resources(container, where, errors);
  if (const auto* context = member(container, "securityContext")) {
    const auto at = cat(where, ".securityContext");
    validate_id(*context, "runAsUser", at, errors);
    validate_id(*context, "runAsGroup", at, errors);
  }
}

}  // namespace signet::kinds
