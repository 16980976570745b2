#include "kinds/service_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field port_fields[] = {
    text(1, "name"),
    text(2, "protocol").in_keys_as("TCP"),
    text(6, "appProtocol").optional(),
    int32(3, "port").required(),
    scalar(4, "targetPort", Type::int_or_string).required(),
    int32(5, "nodePort"),
};
constexpr Schema port{"ServicePort", port_fields};

constexpr Field client_ip_fields[] = {int32(1, "timeoutSeconds").optional()};
constexpr Schema client_ip{"ClientIPConfig", client_ip_fields};

constexpr Field affinity_fields[] = {message(1, "clientIP", client_ip).optional()};
constexpr Schema affinity{"SessionAffinityConfig", affinity_fields};

constexpr Field spec_fields[] = {
    list(1, "ports", port).merged_by("port").listed_by("port", "protocol"),
    map_of(2, "selector", Type::text).whole(),
    text(3, "clusterIP"),
    list_of(18, "clusterIPs", Type::text),
    text(4, "type"),
    list_of(5, "externalIPs", Type::text),
    text(7, "sessionAffinity"),
    text(8, "loadBalancerIP"),
    list_of(9, "loadBalancerSourceRanges", Type::text),
    text(10, "externalName"),
    text(11, "externalTrafficPolicy"),
    int32(12, "healthCheckNodePort"),
    boolean(13, "publishNotReadyAddresses"),
    message(14, "sessionAffinityConfig", affinity).optional(),
    list_of(19, "ipFamilies", Type::text),
    text(17, "ipFamilyPolicy").optional(),
    boolean(20, "allocateLoadBalancerNodePorts").optional(),
    text(21, "loadBalancerClass").optional(),
    text(22, "internalTrafficPolicy").optional(),
    text(23, "trafficDistribution").optional(),
};
constexpr Schema spec{"ServiceSpec", spec_fields};

constexpr Field port_status_fields[] = {
    int32(1, "port").required(),
    text(2, "protocol").required(),
    text(3, "error").optional(),
};
constexpr Schema port_status{"PortStatus", port_status_fields};

constexpr Field ingress_fields[] = {
    text(1, "ip"),
    text(2, "hostname"),
    text(3, "ipMode").optional(),
    list(4, "ports", port_status),
};
constexpr Schema ingress{"LoadBalancerIngress", ingress_fields};

constexpr Field balancer_fields[] = {list(1, "ingress", ingress)};
constexpr Schema balancer{"LoadBalancerStatus", balancer_fields};

constexpr Field condition_fields[] = {
    text(1, "type").required(),     text(2, "status").required(),
    int64(3, "observedGeneration"), scalar(4, "lastTransitionTime", Type::time).required(),
    text(5, "reason").required(),   text(6, "message").required(),
};
constexpr Schema condition{"Condition", condition_fields};

constexpr Field status_fields[] = {
    message(1, "loadBalancer", balancer),
    list(2, "conditions", condition).merged_by("type"),
};
constexpr Schema status{"ServiceStatus", status_fields};

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", spec),
    message(3, "status", status),
};

}  // namespace

constinit const Schema service_schema{"Service", fields};

}  // namespace signet::kinds
