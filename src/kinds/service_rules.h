// What may stand in a Service.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include "codec/json.h"
#include "machinery/field_error.h"
#include "machinery/kind.h"

namespace signet::kinds {

void validate_service(const codec::Json& object, machinery::FieldErrors& errors);
void validate_service_update(const codec::Json& object, const codec::Json& old,
                             machinery::Update what, machinery::FieldErrors& errors);

}  // namespace signet::kinds
