// Binding: puts a pod on a node, posted to `bindings` or to `pods/NAME/binding` (api.md C.9).
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/pod_actions_schema.h"

namespace signet::kinds {

constinit const machinery::Kind binding{
    .group = "",
    .version = "v1",
    .kind = "Binding",
    .plural = "bindings",
    .singular = "binding",
    .description = "A Binding puts a pod on a node.",
    .verbs = create_verb,
    .schema = &binding_schema,
    .stored = false,
};

}  // namespace signet::kinds
