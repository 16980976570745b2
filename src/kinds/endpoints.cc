// Endpoints: the addresses that stand behind a service. Nothing here makes them; clients may.
#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/kinds.h"
#include "kinds/network_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;

constexpr Field address_fields[] = {
    text(1, "ip").required(),
    text(3, "hostname"),
    text(4, "nodeName").optional(),
    message(2, "targetRef", object_reference).optional(),
};
constexpr Schema address{"EndpointAddress", address_fields};

constexpr Field port_fields[] = {
    text(1, "name"),
    int32(2, "port").required(),
    text(3, "protocol"),
    text(4, "appProtocol").optional(),
};
constexpr Schema port{"EndpointPort", port_fields};

constexpr Field subset_fields[] = {
    list(1, "addresses", address),
    list(2, "notReadyAddresses", address),
    list(3, "ports", port),
};
constexpr Schema subset{"EndpointSubset", subset_fields};

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    list(2, "subsets", subset),
};
constexpr Schema schema{"Endpoints", fields};

constexpr std::string_view short_names[] = {"ep"};

std::string joined_address(std::string_view ip, const Json* at_port) {
  if (at_port == nullptr) return std::string(ip);
  const auto number = codec::int_at(*at_port, "port").value_or(0);
  return ip.contains(':') ? cat('[', ip, "]:", number) : cat(ip, ':', number);
}

// The first three, and how many more there are.
Json endpoints_cell(const Json& object, Instant /*now*/) {
  constexpr std::size_t shown_max = 3;
  std::string shown;
  std::size_t count = 0;
  const auto show = [&](const Json& addresses_of, const Json* at_port) {
    for (const Json& one : codec::array_at(addresses_of, "addresses")) {
      if (++count > shown_max) continue;
      append(shown, shown.empty() ? "" : ",", joined_address(codec::string_at(one, "ip"), at_port));
    }
  };
  for (const Json& one : codec::array_at(object, "subsets")) {
    const auto& ports = codec::array_at(one, "ports");
    if (ports.empty()) show(one, nullptr);
    for (const Json& each : ports) show(one, &each);
  }
  if (codec::array_at(object, "subsets").empty()) return text_cell("<none>");
  if (count > shown_max) append(shown, " + ", count - shown_max, " more...");
  return text_cell(shown);
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Endpoints", .description = "Addresses and ports", .cell = endpoints_cell},
    age_column,
};

void set_defaults(Json& object) {
  auto* subsets = object.as_object().if_contains("subsets");
  if (subsets == nullptr || !subsets->is_array()) return;
  for (auto& one : subsets->get_array()) {
    auto* ports = one.is_object() ? one.get_object().if_contains("ports") : nullptr;
    if (ports == nullptr || !ports->is_array()) continue;
    for (auto& each : ports->get_array()) {
      if (auto* members = each.if_object()) default_text(*members, "protocol", "TCP");
    }
  }
}

void validate_addresses(const Json& holder, std::string_view key, const std::string& where,
                        FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& one : codec::array_at(holder, key)) {
    const auto at = cat(where, '.', key, '[', index++, ']');
    validate_remote_ip(codec::string_at(one, "ip"), cat(at, ".ip"), errors);
    const auto hostname = codec::string_at(one, "hostname");
    if (!hostname.empty()) {
      machinery::validate_name(machinery::NameRule::dns_label, hostname, cat(at, ".hostname"),
                               errors);
    }
    const auto node_name = codec::string_at(one, "nodeName");
    if (!node_name.empty()) {
      machinery::validate_name(machinery::NameRule::dns_subdomain, node_name, cat(at, ".nodeName"),
                               errors);
    }
  }
}

void validate(const Json& object, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& one : codec::array_at(object, "subsets")) {
    const auto at = cat("subsets[", index++, ']');
    if (codec::array_at(one, "addresses").empty() &&
        codec::array_at(one, "notReadyAddresses").empty()) {
      errors.required(at, "must specify `addresses` or `notReadyAddresses`");
    }
    validate_addresses(one, "addresses", at, errors);
    validate_addresses(one, "notReadyAddresses", at, errors);
    const auto& ports = codec::array_at(one, "ports");
    for (std::size_t i = 0; i < ports.size(); ++i) {
      validate_named_port(ports[i], cat(at, ".ports[", i, ']'), ports.size() > 1, errors);
    }
  }
}

}  // namespace

constinit const machinery::Kind endpoints{
    .group = "",
    .version = "v1",
    .kind = "Endpoints",
    .plural = "endpoints",
    .singular = "endpoints",
    .description = "Endpoints are the addresses and ports behind the service of the same name.",
    .short_names = short_names,
    .verbs = all_verbs,
    .schema = &schema,
    .columns = columns,
    .set_defaults = set_defaults,
    .validate = validate,
};

}  // namespace signet::kinds
