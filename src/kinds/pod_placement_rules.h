// What may stand in the fields of a pod that say where it may run: nodeSelector, affinity,
// tolerations, topologySpreadConstraints.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

void validate_node_selector(const codec::Json& pod, machinery::FieldErrors& errors);
void validate_affinity(const codec::Json& pod, machinery::FieldErrors& errors);
void validate_tolerations(const codec::Json& pod, machinery::FieldErrors& errors);
void validate_topology_spread(const codec::Json& pod, machinery::FieldErrors& errors);

}  // namespace signet::kinds
