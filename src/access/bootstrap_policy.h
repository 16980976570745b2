// The roles and bindings that a server has from its first start, as Kubernetes has them.
//
//   for (const auto& object : bootstrap_policy()) create_or_mend(*object.kind, object.json);
//
// Shape    objects as a client would send them, labelled kubernetes.io/bootstrapping. They stay
//          what they say (control/policy_reconciler.h): what is missing of them comes back with a
//          start, what is added stays.
// Source   api.md H.5, H.6; Kubernetes' default roles, as far as they name what is served.
#pragma once

#include <vector>

#include "codec/json.h"
#include "machinery/kind.h"

namespace signet::access {

inline constexpr std::string_view auto_update_annotation =
    "rbac.authorization.kubernetes.io/autoupdate";

struct BootstrapObject {
  const machinery::Kind* kind;
  codec::Json json;
};

std::vector<BootstrapObject> bootstrap_policy();

}  // namespace signet::access
