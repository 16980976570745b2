#include "kinds/pod_container_schema.h"

#include <array>

#include "kinds/common_schema.h"
#include "kinds/pod_probe_schema.h"
#include "kinds/pod_security_schema.h"
#include "kinds/pod_volume_schema.h"

namespace signet::kinds {
namespace {

constexpr Field container_port_fields[] = {
    text(1, "name"),
    int32(2, "hostPort"),
    int32(3, "containerPort").required(),
    text(4, "protocol").in_keys_as("TCP"),
    text(5, "hostIP"),
};
constexpr Schema container_port{"ContainerPort", container_port_fields};

constexpr auto config_map_env_source_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 boolean(2, "optional").optional(),
                             }));
constexpr Schema config_map_env_source{"ConfigMapEnvSource", config_map_env_source_fields};

constexpr auto secret_env_source_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 boolean(2, "optional").optional(),
                             }));
constexpr Schema secret_env_source{"SecretEnvSource", secret_env_source_fields};

constexpr Field env_from_source_fields[] = {
    text(1, "prefix"),
    message(2, "configMapRef", config_map_env_source).optional(),
    message(3, "secretRef", secret_env_source).optional(),
};
constexpr Schema env_from_source{"EnvFromSource", env_from_source_fields};

constexpr auto config_map_key_selector_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 text(2, "key").required(),
                                 boolean(3, "optional").optional(),
                             }));
constexpr Schema config_map_key_selector{
    "ConfigMapKeySelector", config_map_key_selector_fields, {}, true};

constexpr auto secret_key_selector_fields =
    joined(embedded_name(1), std::to_array<Field>({
                                 text(2, "key").required(),
                                 boolean(3, "optional").optional(),
                             }));
constexpr Schema secret_key_selector{"SecretKeySelector", secret_key_selector_fields, {}, true};

constexpr Field file_key_selector_fields[] = {
    text(1, "volumeName").required(),
    text(2, "path").required(),
    text(3, "key").required(),
    boolean(4, "optional").optional(),
};
constexpr Schema file_key_selector{"FileKeySelector", file_key_selector_fields, {}, true};

constexpr Field env_var_source_fields[] = {
    message(1, "fieldRef", object_field_selector).optional(),
    message(2, "resourceFieldRef", resource_field_selector).optional(),
    message(3, "configMapKeyRef", config_map_key_selector).optional(),
    message(4, "secretKeyRef", secret_key_selector).optional(),
    message(5, "fileKeyRef", file_key_selector).optional(),
};
constexpr Schema env_var_source{"EnvVarSource", env_var_source_fields};

constexpr Field env_var_fields[] = {
    text(1, "name").required(),
    text(2, "value"),
    message(3, "valueFrom", env_var_source).optional(),
};
constexpr Schema env_var{"EnvVar", env_var_fields};

constexpr Field resource_claim_fields[] = {
    text(1, "name").required(),
    text(2, "request"),
};
constexpr Schema resource_claim{"ResourceClaim", resource_claim_fields};

constexpr Field resource_requirements_fields[] = {
    map_of(1, "limits", Type::quantity),
    map_of(2, "requests", Type::quantity),
    list(3, "claims", resource_claim).listed_by("name"),
};

constexpr Field container_resize_policy_fields[] = {
    text(1, "resourceName").required(),
    text(2, "restartPolicy").required(),
};
constexpr Schema container_resize_policy{"ContainerResizePolicy", container_resize_policy_fields};

constexpr Field container_restart_rule_on_exit_codes_fields[] = {
    text(1, "operator"),
    list_of(2, "values", Type::int32).listed_as_set(),
};
constexpr Schema container_restart_rule_on_exit_codes{"ContainerRestartRuleOnExitCodes",
                                                      container_restart_rule_on_exit_codes_fields};

constexpr Field container_restart_rule_fields[] = {
    text(1, "action"),
    message(2, "exitCodes", container_restart_rule_on_exit_codes).optional(),
};
constexpr Schema container_restart_rule{"ContainerRestartRule", container_restart_rule_fields};

constexpr Field volume_mount_fields[] = {
    text(1, "name").required(),
    boolean(2, "readOnly"),
    text(7, "recursiveReadOnly").optional(),
    text(3, "mountPath").required(),
    text(4, "subPath"),
    text(5, "mountPropagation").optional(),
    text(6, "subPathExpr"),
};
constexpr Schema volume_mount{"VolumeMount", volume_mount_fields};

constexpr Field volume_device_fields[] = {
    text(1, "name").required(),
    text(2, "devicePath").required(),
};
constexpr Schema volume_device{"VolumeDevice", volume_device_fields};

constexpr Field container_fields[] = {
    text(1, "name").required(),
    text(2, "image"),
    list_of(3, "command", Type::text),
    list_of(4, "args", Type::text),
    text(5, "workingDir"),
    list(6, "ports", container_port)
        .merged_by("containerPort")
        .listed_by("containerPort", "protocol"),
    list(19, "envFrom", env_from_source),
    list(7, "env", env_var).merged_by("name"),
    message(8, "resources", resource_requirements),
    list(23, "resizePolicy", container_resize_policy),
    text(24, "restartPolicy").optional(),
    list(25, "restartPolicyRules", container_restart_rule),
    list(9, "volumeMounts", volume_mount).merged_by("mountPath"),
    list(21, "volumeDevices", volume_device).merged_by("devicePath"),
    message(10, "livenessProbe", probe).optional(),
    message(11, "readinessProbe", probe).optional(),
    message(22, "startupProbe", probe).optional(),
    message(12, "lifecycle", lifecycle).optional(),
    text(13, "terminationMessagePath"),
    text(20, "terminationMessagePolicy"),
    text(14, "imagePullPolicy"),
    message(15, "securityContext", security_context).optional(),
    boolean(16, "stdin"),
    boolean(17, "stdinOnce"),
    boolean(18, "tty"),
};

// What an ephemeral container shares with an ordinary one is everything.
constexpr Schema ephemeral_container_common{"EphemeralContainerCommon", container_fields};

constexpr auto ephemeral_container_fields = joined(
    embedded(1, ephemeral_container_common, container_fields), std::to_array<Field>({
                                                                   text(2, "targetContainerName"),
                                                               }));

}  // namespace

constinit const Schema resource_requirements{"ResourceRequirements", resource_requirements_fields};
constinit const Schema container{"Container", container_fields};
constinit const Schema ephemeral_container{"EphemeralContainer", ephemeral_container_fields};

}  // namespace signet::kinds
