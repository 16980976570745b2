#include "kinds/pod_schema.h"

#include "kinds/common_schema.h"
#include "kinds/pod_container_schema.h"
#include "kinds/pod_placement_schema.h"
#include "kinds/pod_security_schema.h"
#include "kinds/pod_status_schema.h"
#include "kinds/pod_volume_schema.h"

namespace signet::kinds {
namespace {

constexpr Field host_alias_fields[] = {
    text(1, "ip").required(),
    list_of(2, "hostnames", Type::text),
};
constexpr Schema host_alias{"HostAlias", host_alias_fields};

constexpr Field pod_dns_config_option_fields[] = {
    text(1, "name"),
    text(2, "value").optional(),
};
constexpr Schema pod_dns_config_option{"PodDNSConfigOption", pod_dns_config_option_fields};

constexpr Field pod_dns_config_fields[] = {
    list_of(1, "nameservers", Type::text),
    list_of(2, "searches", Type::text),
    list(3, "options", pod_dns_config_option),
};
constexpr Schema pod_dns_config{"PodDNSConfig", pod_dns_config_fields};

constexpr Field pod_readiness_gate_fields[] = {
    text(1, "conditionType").required(),
};
constexpr Schema pod_readiness_gate{"PodReadinessGate", pod_readiness_gate_fields};

constexpr Field pod_os_fields[] = {
    text(1, "name").required(),
};
constexpr Schema pod_os{"PodOS", pod_os_fields};

constexpr Field pod_scheduling_gate_fields[] = {
    text(1, "name").required(),
};
constexpr Schema pod_scheduling_gate{"PodSchedulingGate", pod_scheduling_gate_fields};

constexpr Field pod_resource_claim_fields[] = {
    text(1, "name").required(),
    text(3, "resourceClaimName").optional(),
    text(4, "resourceClaimTemplateName").optional(),
};
constexpr Schema pod_resource_claim{"PodResourceClaim", pod_resource_claim_fields};

constexpr Field pod_spec_fields[] = {
    list(1, "volumes", volume).merged_by("name").with_retained_keys(),
    list(20, "initContainers", container).merged_by("name"),
    list(2, "containers", container).required().merged_by("name"),
    list(34, "ephemeralContainers", ephemeral_container).merged_by("name"),
    text(3, "restartPolicy"),
    int64(4, "terminationGracePeriodSeconds").optional(),
    int64(5, "activeDeadlineSeconds").optional(),
    text(6, "dnsPolicy"),
    map_of(7, "nodeSelector", Type::text).whole(),
    text(8, "serviceAccountName"),
    text(9, "serviceAccount"),
    boolean(21, "automountServiceAccountToken").optional(),
    text(10, "nodeName"),
    boolean(11, "hostNetwork"),
    boolean(12, "hostPID"),
    boolean(13, "hostIPC"),
    boolean(27, "shareProcessNamespace").optional(),
    message(14, "securityContext", pod_security_context).optional(),
    list(15, "imagePullSecrets", local_object_reference).merged_by("name"),
    text(16, "hostname"),
    text(17, "subdomain"),
    message(18, "affinity", affinity).optional(),
    text(19, "schedulerName"),
    list(22, "tolerations", toleration),
    list(23, "hostAliases", host_alias).merged_by("ip"),
    text(24, "priorityClassName"),
    int32(25, "priority").optional(),
    message(26, "dnsConfig", pod_dns_config).optional(),
    list(28, "readinessGates", pod_readiness_gate),
    text(29, "runtimeClassName").optional(),
    boolean(30, "enableServiceLinks").optional(),
    text(31, "preemptionPolicy").optional(),
    map_of(32, "overhead", Type::quantity),
    list(33, "topologySpreadConstraints", topology_spread_constraint)
        .merged_by("topologyKey")
        .listed_by("topologyKey", "whenUnsatisfiable"),
    boolean(35, "setHostnameAsFQDN").optional(),
    message(36, "os", pod_os).optional(),
    boolean(37, "hostUsers").optional(),
    list(38, "schedulingGates", pod_scheduling_gate).merged_by("name"),
    list(39, "resourceClaims", pod_resource_claim).merged_by("name").with_retained_keys(),
    message(40, "resources", resource_requirements).optional(),
    text(41, "hostnameOverride").optional(),
};
constexpr Schema pod_spec{"PodSpec", pod_spec_fields};

constexpr Field pod_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", pod_spec),
    message(3, "status", pod_status),
};

}  // namespace

constinit const Schema pod_schema{"Pod", pod_fields};

}  // namespace signet::kinds
