// Pod: a workload on a node, and what its tokens are bound to. Rules: api.md B.4 and C.8, node.md
// E.

#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/pod_actions_schema.h"
#include "kinds/pod_columns.h"
#include "kinds/pod_defaults.h"
#include "kinds/pod_references.h"
#include "kinds/pod_rules.h"
#include "kinds/pod_schema.h"
#include "kinds/pod_warnings.h"

namespace signet::kinds {
namespace {

using codec::Json;
using std::chrono::seconds;

constexpr std::string_view short_names[] = {"po"};
constexpr std::string_view categories[] = {"all"};
constexpr std::string_view selectable[] = {
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
};

constexpr machinery::Subresource subresources[] = {
    {.name = "binding", .kind = "Binding", .verbs = create_verb, .schema = &binding_schema},
    {.name = "eviction",
     .kind = "Eviction",
     .group = "policy",
     .version = "v1",
     .verbs = create_verb,
     .schema = &eviction_schema},
    {.name = "status", .kind = "Pod", .verbs = status_verbs},
};

// A pod that no node runs, or that has ended, needs nobody to finish it.
seconds deletion_grace(const Json& pod, std::optional<seconds> requested) {
  constexpr std::int64_t grace_default = 30;
  const auto phase = codec::string_at(pod, "status.phase");
  if (codec::string_at(pod, "spec.nodeName").empty() || phase == "Succeeded" || phase == "Failed") {
    return seconds{0};
  }
  const seconds grace = requested.value_or(
      seconds{codec::int_at(pod, "spec.terminationGracePeriodSeconds").value_or(grace_default)});
  return grace < seconds{0} ? seconds{1} : grace;
}

}  // namespace

constinit const machinery::Kind pod{
    .group = "",
    .version = "v1",
    .kind = "Pod",
    .plural = "pods",
    .singular = "pod",
    .description =
        "A Pod is a workload on a node: containers, their volumes, and the service account they "
        "run as.",
    .short_names = short_names,
    .categories = categories,
    .verbs = all_verbs,
    .schema = &pod_schema,
    .has_status = true,
    .has_generation = true,
    .delete_reply = machinery::DeleteReply::object,
    .subresources = subresources,
    .selectable = selectable,
    .columns = pod_columns,
    .index = index_references,
    .set_defaults = set_pod_defaults,
    .prepare_create = prepare_pod,
    .prepare_update = keep_other_half,
    .validate = validate_pod,
    .validate_update = validate_pod_update,
    .deletion_grace = deletion_grace,
    .row_conditions = pod_row_conditions,
    .warnings = warn_of_pod,
};

}  // namespace signet::kinds
