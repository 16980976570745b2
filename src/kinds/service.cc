// Service: a name for what a selector finds.
//
// There is no network of ours behind it, so no address is made up: a service for which none is
// asked gets clusterIP "None" where its type allows that. That is how Kubernetes says that there is
// no virtual address, and clients that wait for one are done. What a client gives is kept.
#include <string>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/network_rules.h"
#include "kinds/service_rules.h"
#include "kinds/service_schema.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view short_names[] = {"svc"};
constexpr std::string_view categories[] = {"all"};
constexpr std::string_view selectable[] = {"spec.clusterIP", "spec.type"};
constexpr machinery::Subresource subresources[] = {
    {.name = "status", .kind = "Service", .verbs = status_verbs},
};

std::string joined_texts(const JsonArray& values) {
  std::string out;
  for (const Json& value : values) {
    const auto* text = value.if_string();
    if (text != nullptr) append(out, out.empty() ? "" : ",", std::string_view(*text));
  }
  return out;
}

Json type_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "spec.type");
}

Json cluster_ip_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "spec.clusterIP", "<none>");
}

Json external_ip_cell(const Json& object, Instant /*now*/) {
  const auto type = codec::string_at(object, "spec.type");
  if (type == "ExternalName") return text_cell(object, "spec.externalName");
  std::string shown;
  if (type == "LoadBalancer") {
    for (const Json& ingress : codec::array_at(object, "status.loadBalancer.ingress")) {
      const auto ip = codec::string_at(ingress, "ip");
      const auto name = ip.empty() ? codec::string_at(ingress, "hostname") : ip;
      append(shown, shown.empty() ? "" : ",", name);
    }
  }
  const auto given = joined_texts(codec::array_at(object, "spec.externalIPs"));
  if (!given.empty()) append(shown, shown.empty() ? "" : ",", given);
  if (!shown.empty()) return text_cell(shown);
  return text_cell(type == "LoadBalancer" ? "<pending>" : "<none>");
}

Json ports_cell(const Json& object, Instant /*now*/) {
  std::string shown;
  for (const Json& port : codec::array_at(object, "spec.ports")) {
    append(shown, shown.empty() ? "" : ",", codec::int_at(port, "port").value_or(0));
    const auto node_port = codec::int_at(port, "nodePort").value_or(0);
    if (node_port > 0) append(shown, ':', node_port);
    append(shown, '/', codec::string_at(port, "protocol"));
  }
  return text_cell(shown.empty() ? "<none>" : std::string_view(shown));
}

Json selector_cell(const Json& object, Instant /*now*/) {
  std::string shown;
  for (const auto& label : codec::object_at(object, "spec.selector")) {
    const auto* value = label.value().if_string();
    append(shown, shown.empty() ? "" : ",", std::string_view(label.key()), '=',
           value == nullptr ? std::string_view{} : std::string_view(*value));
  }
  return text_cell(shown.empty() ? "<none>" : std::string_view(shown));
}

constexpr machinery::Column columns[] = {
    name_column,
    column("Type", "How it can be reached", 0, type_cell),
    column("Cluster-IP", "Its address inside the cluster", 0, cluster_ip_cell),
    column("External-IP", "Its addresses from outside", 0, external_ip_cell),
    column("Port(s)", "Its ports", 0, ports_cell),
    age_column,
    column("Selector", "Labels of the pods behind it", 1, selector_cell),
};

void default_ports(JsonObject& spec) {
  auto* ports = spec.if_contains("ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (auto& one : ports->get_array()) {
    auto* port = one.if_object();
    if (port == nullptr) continue;
    default_text(*port, "protocol", "TCP");
    auto& target = (*port)["targetPort"];
    const bool missing = target.is_null() || target == Json("") || target == Json(0);
    if (missing && port->contains("port")) target = Json(port->at("port"));
  }
}

void default_affinity(JsonObject& spec) {
  constexpr int three_hours = 10800;
  default_text(spec, "sessionAffinity", "None");
  if (spec["sessionAffinity"] == Json("None")) {
    spec.erase("sessionAffinityConfig");
  } else if (spec["sessionAffinity"] == Json("ClientIP")) {
    Json holder = std::move(spec["sessionAffinityConfig"]);
    if (!holder.is_object()) holder.emplace_object();
    default_to(codec::make_object_at(holder, "clientIP"), "timeoutSeconds", Json(three_hours));
    spec["sessionAffinityConfig"] = std::move(holder);
  }
}

// clusterIP is the first of clusterIPs, whichever of the two was given.
void mirror_cluster_ip(JsonObject& spec) {
  default_text(spec, "clusterIP", "");
  const std::string first(spec["clusterIP"].is_string() ? spec["clusterIP"].get_string() : "");
  auto& all = spec["clusterIPs"];
  const bool listed = all.is_array() && !all.get_array().empty();
  if (!first.empty() && !listed) all = JsonArray{Json(first)};
}

void default_families(JsonObject& spec) {
  default_text(spec, "ipFamilyPolicy", "SingleStack");
  auto& families = spec["ipFamilies"];
  if (families.is_array() && !families.get_array().empty()) return;
  JsonArray found;
  for (const Json& ip : codec::array_at(Json(spec), "clusterIPs")) {
    if (ip.is_string() && is_ip_v6(ip.get_string())) found.emplace_back("IPv6");
  }
  if (found.empty()) found.emplace_back("IPv4");
  spec["ipFamilies"] = std::move(found);
}

void set_defaults(Json& object) {
  auto& spec = codec::make_object_at(object, "spec");
  default_text(spec, "type", "ClusterIP");
  default_ports(spec);
  default_affinity(spec);
  const std::string type(spec["type"].is_string() ? spec["type"].get_string() : "");
  if (type == "NodePort" || type == "LoadBalancer") {
    default_text(spec, "externalTrafficPolicy", "Cluster");
  }
  if (type == "LoadBalancer") default_to(spec, "allocateLoadBalancerNodePorts", Json(true));
  if (type == "ExternalName") return;
  default_text(spec, "internalTrafficPolicy", "Cluster");
  mirror_cluster_ip(spec);
}

void settle_cluster_ip(Json& object) {
  auto& spec = codec::make_object_at(object, "spec");
  const auto type = codec::string_at(object, "spec.type");
  if (type == "ExternalName") return;
  const bool wants_one = codec::string_at(object, "spec.clusterIP").empty();
  // Without ports it would not be valid with an address either.
  if (wants_one && type == "ClusterIP" && !codec::array_at(object, "spec.ports").empty()) {
    spec["clusterIP"] = "None";
    mirror_cluster_ip(spec);
  }
  default_families(spec);
}

void prepare_create(Json& object, const machinery::WriteContext& /*context*/) {
  settle_cluster_ip(object);
  object.as_object()["status"] = JsonObject{{"loadBalancer", JsonObject{}}};
}

// An address that a write leaves out stays; one that the type cannot have goes.
void prepare_update(Json& object, const Json& old, machinery::Update what) {
  keep_other_half(object, old, what);
  if (what == machinery::Update::status) return;
  auto& spec = codec::make_object_at(object, "spec");
  const auto type = codec::string_at(object, "spec.type");
  const bool turned = type != codec::string_at(old, "spec.type");
  const auto had = codec::string_at(old, "spec.clusterIP");
  const auto now = codec::string_at(object, "spec.clusterIP");
  if (type == "ExternalName") {
    if (turned && now == had) {
      spec.erase("clusterIP");
      spec.erase("clusterIPs");
    }
    return;
  }
  // "None" was never an address: who turns to a type that has one is free of it.
  if (turned && type != "ClusterIP" && had == "None" && (now.empty() || now == had)) {
    spec.erase("clusterIP");
    spec.erase("clusterIPs");
  } else if (now.empty() && !had.empty()) {
    spec["clusterIP"] = had;
    spec["clusterIPs"] = Json(codec::array_at(old, "spec.clusterIPs"));
  }
  settle_cluster_ip(object);
}

}  // namespace

constinit const machinery::Kind service{
    .group = "",
    .version = "v1",
    .kind = "Service",
    .plural = "services",
    .singular = "service",
    .description = "A Service is a name and ports for the pods that its selector finds.",
    .short_names = short_names,
    .categories = categories,
    .verbs = all_verbs,
    .schema = &service_schema,
    .name_rule = machinery::NameRule::dns_1035_label,
    .has_status = true,
    .delete_reply = machinery::DeleteReply::object,
    .subresources = subresources,
    .selectable = selectable,
    .columns = columns,
    .set_defaults = set_defaults,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate_service,
    .validate_update = validate_service_update,
};

}  // namespace signet::kinds
