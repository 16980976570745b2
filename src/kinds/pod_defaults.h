// What the server fills into a pod: the defaults of the API and, on create, the status.
//
// Source   node.md E.1, E.5.
#pragma once

#include <optional>
#include <string_view>

#include "codec/json.h"
#include "machinery/kind.h"

namespace signet::kinds {

// Idempotent: admission may add containers and volumes after a first round.
void set_pod_defaults(codec::Json& pod);
void prepare_pod(codec::Json& pod, const machinery::WriteContext& context);

// "BestEffort", "Burstable" or "Guaranteed".
std::string_view qos_class(const codec::Json& pod);

// A Kubernetes quantity as a number: "500m" is 0.5, "1Ki" is 1024. Nothing where it is none.
std::optional<double> quantity_value(const codec::Json& quantity);

}  // namespace signet::kinds
