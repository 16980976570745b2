#include "kinds/pod_placement_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field node_selector_requirement_fields[] = {
    text(1, "key").required(),
    text(2, "operator").required(),
    list_of(3, "values", Type::text),
};
constexpr Schema node_selector_requirement{"NodeSelectorRequirement",
                                           node_selector_requirement_fields};

constexpr Field node_selector_term_fields[] = {
    list(1, "matchExpressions", node_selector_requirement),
    list(2, "matchFields", node_selector_requirement),
};
constexpr Schema node_selector_term{"NodeSelectorTerm", node_selector_term_fields, {}, true};

constexpr Field node_selector_fields[] = {
    list(1, "nodeSelectorTerms", node_selector_term).required(),
};
constexpr Schema node_selector{"NodeSelector", node_selector_fields, {}, true};

constexpr Field preferred_scheduling_term_fields[] = {
    int32(1, "weight").required(),
    message(2, "preference", node_selector_term),
};
constexpr Schema preferred_scheduling_term{"PreferredSchedulingTerm",
                                           preferred_scheduling_term_fields};

constexpr Field node_affinity_fields[] = {
    message(1, "requiredDuringSchedulingIgnoredDuringExecution", node_selector).optional(),
    list(2, "preferredDuringSchedulingIgnoredDuringExecution", preferred_scheduling_term),
};
constexpr Schema node_affinity{"NodeAffinity", node_affinity_fields};

constexpr Field pod_affinity_term_fields[] = {
    message(1, "labelSelector", label_selector).optional(),
    list_of(2, "namespaces", Type::text),
    text(3, "topologyKey").required(),
    message(4, "namespaceSelector", label_selector).optional(),
    list_of(5, "matchLabelKeys", Type::text),
    list_of(6, "mismatchLabelKeys", Type::text),
};
constexpr Schema pod_affinity_term{"PodAffinityTerm", pod_affinity_term_fields};

constexpr Field weighted_pod_affinity_term_fields[] = {
    int32(1, "weight").required(),
    message(2, "podAffinityTerm", pod_affinity_term),
};
constexpr Schema weighted_pod_affinity_term{"WeightedPodAffinityTerm",
                                            weighted_pod_affinity_term_fields};

constexpr Field pod_affinity_fields[] = {
    list(1, "requiredDuringSchedulingIgnoredDuringExecution", pod_affinity_term),
    list(2, "preferredDuringSchedulingIgnoredDuringExecution", weighted_pod_affinity_term),
};
constexpr Schema pod_affinity{"PodAffinity", pod_affinity_fields};

constexpr Field pod_anti_affinity_fields[] = {
    list(1, "requiredDuringSchedulingIgnoredDuringExecution", pod_affinity_term),
    list(2, "preferredDuringSchedulingIgnoredDuringExecution", weighted_pod_affinity_term),
};
constexpr Schema pod_anti_affinity{"PodAntiAffinity", pod_anti_affinity_fields};

constexpr Field affinity_fields[] = {
    message(1, "nodeAffinity", node_affinity).optional(),
    message(2, "podAffinity", pod_affinity).optional(),
    message(3, "podAntiAffinity", pod_anti_affinity).optional(),
};

constexpr Field toleration_fields[] = {
    text(1, "key"),
    text(2, "operator"),
    text(3, "value"),
    text(4, "effect"),
    int64(5, "tolerationSeconds").optional(),
};

constexpr Field topology_spread_constraint_fields[] = {
    int32(1, "maxSkew").required(),          text(2, "topologyKey").required(),
    text(3, "whenUnsatisfiable").required(), message(4, "labelSelector", label_selector).optional(),
    int32(5, "minDomains").optional(),       text(6, "nodeAffinityPolicy").optional(),
    text(7, "nodeTaintsPolicy").optional(),  list_of(8, "matchLabelKeys", Type::text),
};

}  // namespace

constinit const Schema affinity{"Affinity", affinity_fields};
constinit const Schema toleration{"Toleration", toleration_fields};
constinit const Schema topology_spread_constraint{"TopologySpreadConstraint",
                                                  topology_spread_constraint_fields};

}  // namespace signet::kinds
