// What both versions of an Event are made of, and the rules they share.
//
// Source   core/v1 and events.k8s.io/v1 types.
#pragma once

#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema event_source;
extern const machinery::Schema event_series;

}  // namespace signet::kinds
