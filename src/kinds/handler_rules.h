// What may stand in the probes and lifecycle hooks of a container.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include <string>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

// livenessProbe, readinessProbe, startupProbe and lifecycle of a container at path `where`. An init
// container that ends has none of them: only one that keeps `running` beside the others.
void validate_handlers(const codec::Json& container, const std::string& where, bool running,
                       machinery::FieldErrors& errors);

}  // namespace signet::kinds
