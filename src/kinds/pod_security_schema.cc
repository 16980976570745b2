#include "kinds/pod_security_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field capabilities_fields[] = {
    list_of(1, "add", Type::text),
    list_of(2, "drop", Type::text),
};
constexpr Schema capabilities{"Capabilities", capabilities_fields};

constexpr Field se_linux_options_fields[] = {
    text(1, "user"),
    text(2, "role"),
    text(3, "type"),
    text(4, "level"),
};
constexpr Schema se_linux_options{"SELinuxOptions", se_linux_options_fields};

constexpr Field windows_security_context_options_fields[] = {
    text(1, "gmsaCredentialSpecName").optional(),
    text(2, "gmsaCredentialSpec").optional(),
    text(3, "runAsUserName").optional(),
    boolean(4, "hostProcess").optional(),
};
constexpr Schema windows_security_context_options{"WindowsSecurityContextOptions",
                                                  windows_security_context_options_fields};

constexpr Field seccomp_profile_fields[] = {
    text(1, "type").required(),
    text(2, "localhostProfile").optional(),
};
constexpr Schema seccomp_profile{"SeccompProfile", seccomp_profile_fields};

constexpr Field app_armor_profile_fields[] = {
    text(1, "type").required(),
    text(2, "localhostProfile").optional(),
};
constexpr Schema app_armor_profile{"AppArmorProfile", app_armor_profile_fields};

constexpr Field security_context_fields[] = {
    message(1, "capabilities", capabilities).optional(),
    boolean(2, "privileged").optional(),
    message(3, "seLinuxOptions", se_linux_options).optional(),
    message(10, "windowsOptions", windows_security_context_options).optional(),
    int64(4, "runAsUser").optional(),
    int64(8, "runAsGroup").optional(),
    boolean(5, "runAsNonRoot").optional(),
    boolean(6, "readOnlyRootFilesystem").optional(),
    boolean(7, "allowPrivilegeEscalation").optional(),
    text(9, "procMount").optional(),
    message(11, "seccompProfile", seccomp_profile).optional(),
    message(12, "appArmorProfile", app_armor_profile).optional(),
};

constexpr Field sysctl_fields[] = {
    text(1, "name").required(),
    text(2, "value").required(),
};
constexpr Schema sysctl{"Sysctl", sysctl_fields};

constexpr Field pod_security_context_fields[] = {
    message(1, "seLinuxOptions", se_linux_options).optional(),
    message(8, "windowsOptions", windows_security_context_options).optional(),
    int64(2, "runAsUser").optional(),
    int64(6, "runAsGroup").optional(),
    boolean(3, "runAsNonRoot").optional(),
    list_of(4, "supplementalGroups", Type::int64),
    text(12, "supplementalGroupsPolicy").optional(),
    int64(5, "fsGroup").optional(),
    list(7, "sysctls", sysctl),
    text(9, "fsGroupChangePolicy").optional(),
    message(10, "seccompProfile", seccomp_profile).optional(),
    message(11, "appArmorProfile", app_armor_profile).optional(),
    text(13, "seLinuxChangePolicy").optional(),
};

}  // namespace

constinit const Schema security_context{"SecurityContext", security_context_fields};
constinit const Schema pod_security_context{"PodSecurityContext", pod_security_context_fields};

}  // namespace signet::kinds
