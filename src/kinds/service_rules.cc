#include "kinds/service_rules.h"

#include <set>
#include <string>
#include <utility>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/network_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

bool is_external(std::string_view type) {
  return type == "NodePort" || type == "LoadBalancer";
}

void validate_ports(const Json& spec, std::string_view type, FieldErrors& errors) {
  constexpr std::int64_t port_max = 65535;
  const auto& ports = codec::array_at(spec, "ports");
  const bool headless = codec::string_at(spec, "clusterIP") == "None";
  if (ports.empty() && !headless && type != "ExternalName") errors.required("spec.ports");
  std::set<std::string_view> names;
  std::set<std::pair<std::int64_t, std::string_view>> seen;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const Json& port = ports[i];
    const auto at = cat("spec.ports[", i, ']');
    validate_named_port(port, at, ports.size() > 1, errors);
    validate_port_reference(port, "targetPort", at, errors);
    const auto name = codec::string_at(port, "name");
    if (!name.empty() && !names.insert(name).second) {
      errors.duplicate(cat(at, ".name"), quoted(name));
    }
    const auto number = codec::int_at(port, "port").value_or(0);
    if (!seen.emplace(number, codec::string_at(port, "protocol")).second) {
      errors.duplicate(at, codec::to_json(port));
    }
    const auto node_port = codec::int_at(port, "nodePort").value_or(0);
    if (node_port != 0 && !is_external(type)) {
      errors.forbidden(cat(at, ".nodePort"), cat("may not be used when `type` is '", type, '\''));
    } else if (node_port < 0 || node_port > port_max) {
      errors.invalid(cat(at, ".nodePort"), cat(node_port),
                     "must be between 1 and 65535, inclusive");
    }
  }
}

void validate_cluster_ips(const Json& spec, std::string_view type, FieldErrors& errors) {
  constexpr std::size_t families = 2;
  const auto first = codec::string_at(spec, "clusterIP");
  const auto& all = codec::array_at(spec, "clusterIPs");
  if (type == "ExternalName") {
    if (!all.empty()) {
      errors.forbidden("spec.clusterIPs", "may not be set for ExternalName services");
    }
    return;
  }
  if (!all.empty() && text_of(all.front()) != first) {
    errors.invalid("spec.clusterIPs[0]", quoted(text_of(all.front())), "must match `clusterIP`");
  }
  if (all.size() > families) {
    errors.invalid("spec.clusterIPs", codec::to_json(Json(all)), "may only hold up to 2 values");
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto path = cat("spec.clusterIPs[", i, ']');
    const auto text = text_of(all[i]);
    if (text != "None") {
      validate_ip(text, path, errors);
    } else if (is_external(type)) {
      errors.invalid(path, quoted(text), cat("may not be set to 'None' for ", type, " services"));
    } else if (all.size() > 1) {
      errors.invalid(path, quoted(text), "'None' must be the first and only value");
    }
  }
}

void validate_affinity(const Json& spec, FieldErrors& errors) {
  constexpr std::int64_t timeout_max = 86400;
  validate_one_of(spec, "sessionAffinity", "spec", {"ClientIP", "None"}, false, errors);
  const auto* config = member(spec, "sessionAffinityConfig");
  if (config == nullptr) return;
  if (codec::string_at(spec, "sessionAffinity") != "ClientIP") {
    return errors.forbidden("spec.sessionAffinityConfig",
                            "must not be set when session affinity is None");
  }
  const auto timeout = codec::int_at(*config, "clientIP.timeoutSeconds").value_or(0);
  if (timeout >= 1 && timeout <= timeout_max) return;
  errors.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", cat(timeout),
                 "must be greater than 0 and less than 86400");
}

void validate_external(const Json& spec, std::string_view type, FieldErrors& errors) {
  if (type == "ExternalName") {
    auto name = codec::string_at(spec, "externalName");
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty()) {
      errors.required("spec.externalName");
    } else {
      machinery::validate_name(machinery::NameRule::dns_subdomain, name, "spec.externalName",
                               errors);
    }
  }
  std::size_t index = 0;
  for (const Json& ip : codec::array_at(spec, "externalIPs")) {
    validate_remote_ip(text_of(ip), cat("spec.externalIPs[", index++, ']'), errors);
  }
  if (!codec::array_at(spec, "loadBalancerSourceRanges").empty() && type != "LoadBalancer") {
    errors.forbidden("spec.loadBalancerSourceRanges",
                     "may only be used when `type` is 'LoadBalancer'");
  }
  if (member(spec, "loadBalancerClass") != nullptr && type != "LoadBalancer") {
    errors.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
  }
  if (member(spec, "allocateLoadBalancerNodePorts") != nullptr && type != "LoadBalancer") {
    errors.forbidden("spec.allocateLoadBalancerNodePorts",
                     "may only be used when `type` is 'LoadBalancer'");
  }
  const bool reachable = is_external(type) || !codec::array_at(spec, "externalIPs").empty();
  if (!codec::string_at(spec, "externalTrafficPolicy").empty() && !reachable) {
    errors.invalid("spec.externalTrafficPolicy",
                   quoted(codec::string_at(spec, "externalTrafficPolicy")),
                   "may only be set for externally-accessible services");
  } else {
    validate_one_of(spec, "externalTrafficPolicy", "spec", {"Cluster", "Local"}, true, errors);
  }
  validate_one_of(spec, "internalTrafficPolicy", "spec", {"Cluster", "Local"}, true, errors);
}

void validate_families(const Json& spec, FieldErrors& errors) {
  validate_one_of(spec, "ipFamilyPolicy", "spec",
                  {"PreferDualStack", "RequireDualStack", "SingleStack"}, true, errors);
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& family : codec::array_at(spec, "ipFamilies")) {
    const auto path = cat("spec.ipFamilies[", index++, ']');
    const auto text = text_of(family);
    if (text != "IPv4" && text != "IPv6") {
      errors.unsupported(path, quoted(text), {"IPv4", "IPv6"});
    } else if (!seen.insert(text).second) {
      errors.duplicate(path, quoted(text));
    }
  }
}

void validate_selector(const Json& spec, FieldErrors& errors) {
  for (const auto& label : codec::object_at(spec, "selector")) {
    const std::string_view key = label.key();
    for (const auto& message : machinery::qualified_name_messages(key)) {
      errors.invalid("spec.selector", quoted(key), message);
    }
    const auto value = text_of(label.value());
    for (const auto& message : machinery::label_value_messages(value)) {
      errors.invalid("spec.selector", quoted(value), message);
    }
  }
}

}  // namespace

void validate_service(const Json& object, FieldErrors& errors) {
  static const Json nothing = codec::JsonObject{};
  const auto* given = member(object, "spec");
  const Json& spec = given == nullptr ? nothing : *given;
  const auto type = codec::string_at(spec, "type");
  validate_ports(spec, type, errors);
  validate_affinity(spec, errors);
  validate_one_of(spec, "type", "spec", {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"},
                  false, errors);
  validate_selector(spec, errors);
  validate_cluster_ips(spec, type, errors);
  validate_external(spec, type, errors);
  validate_families(spec, errors);
}

void validate_service_update(const Json& object, const Json& old, machinery::Update /*what*/,
                             FieldErrors& errors) {
  // Who leaves ExternalName, or turns to it, starts anew.
  const auto before = codec::string_at(old, "spec.type");
  const auto now = codec::string_at(object, "spec.type");
  const auto had = codec::string_at(old, "spec.clusterIP");
  if (before == "ExternalName" || now == "ExternalName" || had.empty()) return;
  if (codec::string_at(object, "spec.clusterIP") == had) return;
  if (had == "None" && is_external(now)) return;
  errors.invalid("spec.clusterIPs[0]",
                 codec::to_json(Json(codec::array_at(object, "spec.clusterIPs"))),
                 "may not change once set");
}

}  // namespace signet::kinds
