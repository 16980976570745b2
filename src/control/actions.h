// The subresources that act instead of being read: binding, eviction, finalize.
//
// Threads  the Api's loop.
// Source   api.md C.9.
#pragma once

#include "machinery/api.h"

namespace signet::control {

// `api` outlives the handlers it is given.
void add_actions(machinery::Api& api);

}  // namespace signet::control
