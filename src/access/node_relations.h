// Whether a node has anything to do with an object: a pod that is bound to it names the object.
//
// Shape    a look-up in the snapshot, so that it holds from the commit that binds a pod to the one
//          that removes it, and costs the same however many pods there are. Of a mirror pod, which
//          the node makes itself, nothing follows but that the node may see it.
// Source   Kubernetes' node authorizer graph; node.md N.2.
#pragma once

#include <string_view>

#include "kinds/pod_references.h"
#include "machinery/view.h"

namespace signet::access {

bool node_runs_pod(const machinery::Snapshot& snapshot, std::string_view node, std::string_view ns,
                   std::string_view name);

bool node_needs(const machinery::Snapshot& snapshot, std::string_view node, kinds::Referred what,
                std::string_view ns, std::string_view name);

}  // namespace signet::access
