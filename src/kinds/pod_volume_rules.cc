#include "kinds/pod_volume_rules.h"

#include <algorithm>
#include <ranges>
#include <vector>

#include "base/ascii.h"
#include "base/cat.h"
#include "kinds/common.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr std::string_view volume_field_paths[] = {
    "metadata.annotations", "metadata.labels", "metadata.name",
    "metadata.namespace",   "metadata.uid",
};

// Every field a reference can name, though not in every place.
constexpr std::string_view pod_field_paths[] = {
    "metadata.annotations", "metadata.labels",    "metadata.name",
    "metadata.namespace",   "metadata.uid",       "spec.nodeName",
    "spec.restartPolicy",   "spec.schedulerName", "spec.serviceAccountName",
    "status.hostIP",        "status.hostIPs",     "status.phase",
    "status.podIP",         "status.podIPs",
};

void validate_mode(const Json& holder, std::string_view key, const std::string& where,
                   FieldErrors& errors) {
  const auto mode = codec::int_at(holder, key);
  if (!mode || (*mode >= 0 && *mode <= 0777)) return;
  errors.invalid(cat(where, '.', key), cat(*mode),
                 "must be a number between 0 and 0777 (octal), both inclusive");
}

void require(const Json& holder, std::string_view key, const std::string& where,
             FieldErrors& errors) {
  if (codec::string_at(holder, key).empty()) errors.required(cat(where, '.', key));
}

// Entries {key, path, mode} of secret and configMap.
void validate_items(const Json& holder, const std::string& where, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& item : codec::array_at(holder, "items")) {
    const auto at = cat(where, ".items[", index++, ']');
    require(item, "key", at, errors);
    const auto path = codec::string_at(item, "path");
    if (path.empty()) {
      errors.required(cat(at, ".path"));
    } else {
      validate_local_path(path, cat(at, ".path"), errors);
    }
    validate_mode(item, "mode", at, errors);
  }
}

void validate_downward_items(const Json& holder, const std::string& where, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& item : codec::array_at(holder, "items")) {
    const auto at = cat(where, ".items[", index++, ']');
    const auto path = codec::string_at(item, "path");
    if (path.empty()) {
      errors.required(cat(at, ".path"));
    } else {
      validate_local_path(path, cat(at, ".path"), errors);
    }
    const auto* field = member(item, "fieldRef");
    const auto* resource = member(item, "resourceFieldRef");
    if (field != nullptr) {
      validate_field_ref(*field, cat(at, ".fieldRef"), volume_field_paths, errors);
      if (resource != nullptr) {
        errors.invalid(at, quoted("resource"),
                       "fieldRef and resourceFieldRef can not be specified simultaneously");
      }
    } else if (resource != nullptr) {
      require(*resource, "containerName", cat(at, ".resourceFieldRef"), errors);
      require(*resource, "resource", cat(at, ".resourceFieldRef"), errors);
    } else {
      errors.required(at, "one of fieldRef and resourceFieldRef is required");
    }
    validate_mode(item, "mode", at, errors);
  }
}

// The file that the node agent writes: "./a//b" is "a/b".
std::string cleaned(std::string_view path) {
  std::string out;
  for (const auto part : path | std::views::split('/')) {
    const std::string_view name(part.begin(), part.end());
    if (name.empty() || name == ".") continue;
    append(out, out.empty() ? "" : "/", name);
  }
  return out;
}

// Files that the sources of one projected volume have claimed.
class ProjectedPaths {
 public:
  ProjectedPaths(const std::string& where, FieldErrors& errors) : where_(where), errors_(errors) {}

  void claim(std::string_view path) {
    if (path.empty() || taken_.insert(cleaned(path)).second) return;
    errors_.invalid(where_, quoted(path), "conflicting duplicate paths");
  }
  void claim_items(const Json& holder) {
    for (const Json& item : codec::array_at(holder, "items")) {
      claim(codec::string_at(item, "path"));
    }
  }

 private:
  const std::string& where_;
  FieldErrors& errors_;
  std::set<std::string> taken_;
};

// The path of a token is reported at the volume, not at the source: so does Kubernetes.
void validate_token(const Json& token, const std::string& volume, const std::string& where,
                    FieldErrors& errors) {
  constexpr std::int64_t seconds_min = 600;
  constexpr std::int64_t seconds_max = std::int64_t{1} << 32U;
  const auto seconds = codec::int_at(token, "expirationSeconds").value_or(0);
  if (seconds < seconds_min) {
    errors.invalid(cat(where, ".expirationSeconds"), cat(seconds),
                   "may not specify a duration less than 10 minutes");
  }
  if (seconds > seconds_max) {
    errors.invalid(cat(where, ".expirationSeconds"), cat(seconds),
                   "may not specify a duration larger than 2^32 seconds");
  }
  const auto path = codec::string_at(token, "path");
  if (path.empty()) {
    errors.required(cat(volume, ".path"));
  } else {
    validate_local_path(path, cat(volume, ".path"), errors);
  }
}

void validate_source(const Json& source, const std::string& volume, const std::string& where,
                     ProjectedPaths& paths, FieldErrors& errors) {
  int types = 0;
  for (const std::string_view type : {"secret", "configMap"}) {
    const auto* held = member(source, type);
    if (held == nullptr) continue;
    ++types;
    const auto at = cat(where, '.', type);
    require(*held, "name", at, errors);
    validate_items(*held, at, errors);
    paths.claim_items(*held);
  }
  if (const auto* held = member(source, "downwardAPI")) {
    ++types;
    validate_downward_items(*held, cat(where, ".downwardAPI"), errors);
    paths.claim_items(*held);
  }
  if (const auto* held = member(source, "serviceAccountToken")) {
    ++types;
    validate_token(*held, volume, cat(where, ".serviceAccountToken"), errors);
    paths.claim(codec::string_at(*held, "path"));
  }
  if (const auto* held = member(source, "clusterTrustBundle")) {
    ++types;
    const auto at = cat(where, ".clusterTrustBundle.path");
    const auto path = codec::string_at(*held, "path");
    if (path.empty()) {
      errors.required(at);
    } else {
      validate_local_path(path, at, errors);
    }
    paths.claim(path);
  }
  if (const auto* held = member(source, "podCertificate")) {
    ++types;
    for (const auto* key : {"credentialBundlePath", "keyPath", "certificateChainPath"}) {
      const auto path = codec::string_at(*held, key);
      if (path.empty()) continue;
      validate_local_path(path, cat(where, ".podCertificate.", std::string_view(key)), errors);
      paths.claim(path);
    }
  }
  if (types > 1) errors.forbidden(where, "may not specify more than 1 volume type");
}

void validate_projected(const Json& held, const std::string& where, FieldErrors& errors) {
  validate_mode(held, "defaultMode", where, errors);
  ProjectedPaths paths(where, errors);
  std::size_t index = 0;
  for (const Json& source : codec::array_at(held, "sources")) {
    validate_source(source, where, cat(where, ".sources[", index++, ']'), paths, errors);
  }
}

void validate_volume_source(const Json& volume, const std::string& where, FieldErrors& errors) {
  std::size_t sources = 0;
  for (const auto& entry : volume.get_object()) {
    const std::string_view type = entry.key();
    if (type == "name") continue;
    const auto at = cat(where, '.', type);
    const Json& held = entry.value();
    if (++sources > 1) {
      errors.forbidden(at, "may not specify more than 1 volume type");
      continue;
    }
    if (type == "projected") validate_projected(held, at, errors);
    if (type == "secret" || type == "configMap") {
      require(held, type == "secret" ? "secretName" : "name", at, errors);
      validate_mode(held, "defaultMode", at, errors);
      validate_items(held, at, errors);
    }
    if (type == "downwardAPI") {
      validate_mode(held, "defaultMode", at, errors);
      validate_downward_items(held, at, errors);
    }
    if (type == "hostPath") require(held, "path", at, errors);
    if (type == "persistentVolumeClaim") require(held, "claimName", at, errors);
    if (type == "csi") require(held, "driver", at, errors);
  }
  if (sources == 0) errors.required(where, "must specify a volume type");
}

template <typename Matches>
bool has_element(std::string_view path, Matches matches) {
  return std::ranges::any_of(path | std::views::split('/'), [&](const auto& part) {
    return matches(std::string_view(part.begin(), part.end()));
  });
}

}  // namespace

void validate_descending_path(std::string_view path, const std::string& where,
                              FieldErrors& errors) {
  if (path.starts_with('/')) errors.invalid(where, quoted(path), "must be a relative path");
  if (has_element(path, [](std::string_view name) { return name == ".."; })) {
    errors.invalid(where, quoted(path), "must not contain '..'");
  }
}

void validate_local_path(std::string_view path, const std::string& where, FieldErrors& errors) {
  validate_descending_path(path, where, errors);
  if (path.starts_with("..") && !path.starts_with("../")) {
    errors.invalid(where, quoted(path), "must not start with '..'");
  }
  // Longer ones could never be written: the pod would wait for its volume for ever.
  constexpr std::size_t path_max = 4096;
  constexpr std::size_t name_max = 255;
  if (path.size() > path_max) {
    errors.too_long(where, cat("may not be more than ", path_max, " bytes"));
  } else if (has_element(path, [](std::string_view name) { return name.size() > name_max; })) {
    errors.invalid(where, quoted(path), "filenames must be less than or equal to 255 characters");
  }
}

void validate_field_ref(const Json& ref, const std::string& where,
                        std::span<const std::string_view> allowed, FieldErrors& errors) {
  require(ref, "apiVersion", where, errors);
  const auto at = cat(where, ".fieldPath");
  const auto path = codec::string_at(ref, "fieldPath");
  if (path.empty()) return errors.required(at);

  // metadata.labels['key'], metadata.annotations['key']
  if (const auto open = path.find("['"); open != path.npos && path.ends_with("']")) {
    const auto map = path.substr(0, open);
    const auto key = path.substr(open + 2, path.size() - open - 4);
    if (map != "metadata.labels" && map != "metadata.annotations") {
      return errors.invalid(
          at, quoted(path),
          cat("error converting fieldPath: field label does not support subscript: ", path));
    }
    const auto checked = map == "metadata.labels" ? std::string(key) : lower_case(key);
    for (const auto& message : machinery::qualified_name_messages(checked)) {
      errors.invalid(where, quoted(key), message);
    }
    return;
  }
  if (std::ranges::find(allowed, path) != allowed.end()) return;
  if (std::ranges::find(pod_field_paths, path) == std::ranges::end(pod_field_paths)) {
    return errors.invalid(at, quoted(path),
                          cat("error converting fieldPath: field label not supported: ", path));
  }
  errors.unsupported(at, quoted(path), {allowed.begin(), allowed.end()});
}

VolumeNames validate_volumes(const Json& pod, FieldErrors& errors) {
  VolumeNames names;
  std::size_t index = 0;
  for (const Json& volume : codec::array_at(pod, "spec.volumes")) {
    const auto where = cat("spec.volumes[", index++, ']');
    const auto name_path = cat(where, ".name");
    const auto name = codec::string_at(volume, "name");
    FieldErrors own;
    validate_volume_source(volume, where, own);
    if (name.empty()) {
      own.required(name_path);
    } else {
      machinery::validate_name(machinery::NameRule::dns_label, name, name_path, own);
    }
    if (names.contains(name)) own.duplicate(name_path, quoted(name));
    for (const auto& error : own.all()) errors.add(error);
    // A broken volume can still be mounted: one mistake is reported once.
    if (!name.empty()) names.emplace(name);
  }
  return names;
}

}  // namespace signet::kinds
