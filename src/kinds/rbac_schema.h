// The bodies of rbac.authorization.k8s.io/v1.
//
// Source   api.md A.6.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

inline constexpr std::string_view rbac_group = "rbac.authorization.k8s.io";

extern const machinery::Schema role_schema;
extern const machinery::Schema cluster_role_schema;
extern const machinery::Schema role_binding_schema;
extern const machinery::Schema cluster_role_binding_schema;

}  // namespace signet::kinds
