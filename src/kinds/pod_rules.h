// What may stand in a pod, and what may change in it.
//
// Source   api.md B.4, node.md E.5; texts are wire facts.
#pragma once

#include "codec/json.h"
#include "machinery/field_error.h"
#include "machinery/kind.h"

namespace signet::kinds {

void validate_pod(const codec::Json& pod, machinery::FieldErrors& errors);
void validate_pod_update(const codec::Json& pod, const codec::Json& old, machinery::Update what,
                         machinery::FieldErrors& errors);

}  // namespace signet::kinds
