#include "node/container_spec.h"

#include <algorithm>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "net/address.h"

namespace signet::node {
namespace {

using codec::Json;
using Environment = std::vector<std::pair<std::string, std::string>>;

const std::string* lookup(const Environment& environment, std::string_view name) {
  const auto found = std::ranges::find(environment, name, &Environment::value_type::first);
  return found == environment.end() ? nullptr : &found->second;
}

void set(Environment& environment, std::string_view name, std::string value) {
  const auto found = std::ranges::find(environment, name, &Environment::value_type::first);
  if (found != environment.end()) {
    found->second = std::move(value);
  } else {
    environment.emplace_back(name, std::move(value));
  }
}

// References to names that are not set stay as they are.
std::string expand(std::string_view text, const Environment& environment) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.size() < 2) {
      out += text;
      break;
    }
    if (text[1] == '$') {
      out += '$';
      text.remove_prefix(2);
      continue;
    }
    const auto close = text.find(')');
    if (text[1] != '(' || close == std::string_view::npos) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const auto reference = text.substr(0, close + 1);
    const auto* value = lookup(environment, reference.substr(2, close - 2));
    out += value == nullptr ? reference : std::string_view(*value);
    text.remove_prefix(reference.size());
  }
  return out;
}

void add_service(Environment& environment, const ServiceEndpoint& endpoint) {
  const auto port = std::to_string(endpoint.port);
  const auto url = cat("tcp://", net::host_port(endpoint.host, endpoint.port));
  const auto prefix = cat("KUBERNETES_PORT_", port, "_TCP");
  set(environment, "KUBERNETES_SERVICE_HOST", endpoint.host);
  set(environment, "KUBERNETES_SERVICE_PORT", port);
  set(environment, "KUBERNETES_SERVICE_PORT_HTTPS", port);
  set(environment, "KUBERNETES_PORT", url);
  set(environment, prefix, url);
  set(environment, prefix + "_PROTO", "tcp");
  set(environment, prefix + "_PORT", port);
  set(environment, prefix + "_ADDR", endpoint.host);
}

Result<std::string> text_of(const Json& value, bool base64) {
  const std::string_view text = value.is_string() ? value.get_string() : std::string_view();
  if (!base64) return std::string(text);
  return codec::base64_decode(text);
}

class EnvironmentBuilder {
 public:
  EnvironmentBuilder(const Json& pod, ObjectReader& objects, Environment& out)
      : pod_(pod),
        objects_(objects),
        out_(out),
        space_(codec::string_at(pod, "metadata.namespace")) {}

  Result<void> add_all(const Json& source) {
    const auto prefix = codec::string_at(source, "prefix");
    for (const bool secret : {false, true}) {
      const auto* reference = codec::find(source, secret ? "secretRef" : "configMapRef");
      if (reference == nullptr) continue;
      TRY(const auto object, read(*reference, secret));
      for (const auto& [key, value] : codec::object_at(object, "data")) {
        TRY(auto text, text_of(value, secret));
        set(out_, cat(prefix, std::string_view(key)), std::move(text));
      }
    }
    return {};
  }

  Result<void> add(const Json& variable) {
    const auto name = codec::string_at(variable, "name");
    const auto* from = codec::find(variable, "valueFrom");
    if (from == nullptr) {
      set(out_, name, expand(codec::string_at(variable, "value"), out_));
      return {};
    }
    if (const auto* field = codec::find(*from, "fieldRef")) {
      TRY(auto text, pod_field(pod_, codec::string_at(*field, "fieldPath")));
      set(out_, name, std::move(text));
      return {};
    }
    for (const bool secret : {false, true}) {
      const auto* reference = codec::find(*from, secret ? "secretKeyRef" : "configMapKeyRef");
      if (reference != nullptr) return add_key(name, *reference, secret);
    }
    return fail(ErrorKind::invalid, cat("environment variable ", name, ": unsupported valueFrom"));
  }

 private:
  Result<Json> read(const Json& reference, bool secret) {
    const std::string name(codec::string_at(reference, "name"));
    auto object = secret ? objects_.secret(space_, name) : objects_.config_map(space_, name);
    if (!object && object.error().kind == ErrorKind::not_found &&
        codec::bool_at(reference, "optional").value_or(false)) {
      return Json();
    }
    return object;
  }

  Result<void> add_key(std::string_view name, const Json& reference, bool secret) {
    TRY(const auto object, read(reference, secret));
    const auto key = codec::string_at(reference, "key");
    const auto* value = codec::object_at(object, "data").if_contains(key);
    if (value == nullptr) {
      if (codec::bool_at(reference, "optional").value_or(false)) return {};
      return fail(ErrorKind::not_found,
                  cat("couldn't find key ", key, " in ", secret ? "Secret " : "ConfigMap ", space_,
                      '/', codec::string_at(reference, "name")));
    }
    TRY(auto text, text_of(*value, secret));
    set(out_, name, std::move(text));
    return {};
  }

  const Json& pod_;
  ObjectReader& objects_;
  Environment& out_;
  std::string space_;
};

Result<std::vector<ContainerMount>> mounts_of(const Json& container,
                                              const ContainerSurroundings& around) {
  std::vector<ContainerMount> mounts;
  for (const auto& mount : codec::array_at(container, "volumeMounts")) {
    const auto name = codec::string_at(mount, "name");
    for (const std::string_view member : {"subPath", "subPathExpr"}) {
      if (!codec::string_at(mount, member).empty()) {
        return fail(ErrorKind::invalid,
                    cat("volumeMount ", name, ": ", member, " is not supported"));
      }
    }
    auto directory = around.volume_directory(name);
    if (directory.empty()) {
      return fail(ErrorKind::invalid, cat("volumeMount ", name, ": no such volume"));
    }
    // Only an empty directory may be written: everything else is the agent's.
    const bool writable = directory.find("/kubernetes.io~empty-dir/") != std::string::npos &&
                          !codec::bool_at(mount, "readOnly").value_or(false);
    mounts.push_back({.source = std::move(directory),
                      .target = std::string(codec::string_at(mount, "mountPath")),
                      .read_only = !writable});
  }
  return mounts;
}

std::vector<gid_t> groups_of(const Json& pod) {
  std::vector<gid_t> groups;
  for (const auto& group : codec::array_at(pod, "spec.securityContext.supplementalGroups")) {
    if (group.is_int64()) groups.push_back(static_cast<gid_t>(group.get_int64()));
  }
  if (const auto group = volume_owner(pod).group) groups.push_back(*group);
  return groups;
}

}  // namespace

Result<ContainerSpec> container_spec(const Json& pod, const Json& container,
                                     const ContainerSurroundings& around) {
  ContainerSpec spec;
  spec.pod_uid = codec::string_at(pod, "metadata.uid");
  spec.pod_name = codec::string_at(pod, "metadata.name");
  spec.pod_namespace = codec::string_at(pod, "metadata.namespace");
  spec.name = codec::string_at(container, "name");
  spec.image = codec::string_at(container, "image");
  spec.working_directory = codec::string_at(container, "workingDir");
  spec.log_path = around.log_path;
  if (codec::array_at(container, "command").empty()) {
    return fail(ErrorKind::invalid,
                "no command: images are not pulled, so a container needs "
                "spec.containers[].command");
  }

  auto& environment = spec.environment;
  // The host's home directories are no container's.
  environment = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                 {"HOME", "/tmp"},
                 {"HOSTNAME", spec.pod_name}};
  add_service(environment, around.endpoint);
  EnvironmentBuilder builder(pod, around.objects, environment);
  for (const auto& source : codec::array_at(container, "envFrom")) {
    TRY_VOID(builder.add_all(source));
  }
  for (const auto& variable : codec::array_at(container, "env")) TRY_VOID(builder.add(variable));

  for (const std::string_view list : {"command", "args"}) {
    for (const auto& word : codec::array_at(container, list)) {
      if (word.is_string()) spec.command.push_back(expand(word.get_string(), environment));
    }
  }
  TRY(spec.mounts, mounts_of(container, around));
  spec.user = security_id(pod, container, "runAsUser");
  spec.group = security_id(pod, container, "runAsGroup");
  spec.supplemental_groups = groups_of(pod);
  if (codec::bool_at(container, "securityContext.runAsNonRoot")
          .value_or(codec::bool_at(pod, "spec.securityContext.runAsNonRoot").value_or(false)) &&
      spec.user.value_or(0) == 0) {
    return fail(ErrorKind::invalid, "container has runAsNonRoot and would run as root");
  }
  return spec;
}

}  // namespace signet::node
