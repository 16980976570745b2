// What may stand in a container of a pod.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include <string>

#include "codec/json.h"
#include "kinds/pod_volume_rules.h"
#include "machinery/field_error.h"

namespace signet::kinds {

// `where` is the container's path; the name is checked, but not against other containers.
void validate_container(const codec::Json& container, const std::string& where,
                        const VolumeNames& volumes, machinery::FieldErrors& errors);

}  // namespace signet::kinds
