// PartialObjectMetadata: an object without anything but its metadata, complete with kind and
// apiVersion.
//
// Source   api.md A.5, D.
#pragma once

#include <string>
#include <string_view>

#include "machinery/object.h"

namespace signet::machinery {

// `version` is that of meta.k8s.io.
std::string partial_metadata_json(const Object& object, std::string_view version);

}  // namespace signet::machinery
