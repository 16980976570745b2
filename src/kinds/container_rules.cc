#include "kinds/container_rules.h"

#include <algorithm>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/pod_defaults.h"
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
    const auto name = codec::string_at(port, "name");
    if (!name.empty() && !names.insert(name).second) {
      errors.duplicate(cat(at, ".name"), quoted(name));
    }
    validate_port_number(port, "containerPort", at, true, errors);
    validate_port_number(port, "hostPort", at, false, errors);
    validate_choice(port, "protocol", at, {"SCTP", "TCP", "UDP"}, errors);
  }
}

void validate_value_from(const Json& source, const std::string& where, FieldErrors& errors) {
  int sources = 0;
  if (const auto* ref = member(source, "fieldRef")) {
    ++sources;
    validate_field_ref(*ref, cat(where, ".fieldRef"), env_field_paths, errors);
  }
  if (const auto* ref = member(source, "resourceFieldRef")) {
    ++sources;
    if (codec::string_at(*ref, "resource").empty()) {
      errors.required(cat(where, ".resourceFieldRef.resource"));
    }
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
  }
  if (sources > 1) {
    errors.invalid(where, quoted(""), "may not have more than one field specified at a time");
  }
}

void validate_env(const Json& container, const std::string& where, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& variable : codec::array_at(container, "env")) {
    const auto at = cat(where, ".env[", index++, ']');
    if (codec::string_at(variable, "name").empty()) errors.required(cat(at, ".name"));
    const auto* source = member(variable, "valueFrom");
    if (source == nullptr) continue;
    if (!codec::string_at(variable, "value").empty()) {
      errors.invalid(cat(at, ".valueFrom"), quoted(""),
                     "may not be specified when `value` is not empty");
    }
    validate_value_from(*source, cat(at, ".valueFrom"), errors);
  }
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
      if (!below.empty()) validate_local_path(below, cat(at, '.', key), errors);
    }
  }
}

void validate_resources(const Json& container, const std::string& where, FieldErrors& errors) {
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
  validate_mounts(container, where, volumes, errors);
  validate_choice(container, "imagePullPolicy", where, {"Always", "IfNotPresent", "Never"}, errors);
  validate_resources(container, where, errors);
}

}  // namespace signet::kinds
