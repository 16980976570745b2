// Owners that an object names twice: kept once, and the writer is told.
//
//   drop_repeated_owners(object, warnings);
//
// Shape    only references that are equal in every member count as repeated.
// Source   Kubernetes, since 1.20; the text of the warning is a wire fact.
#pragma once

#include <string>
#include <vector>

#include "codec/json.h"

namespace signet::machinery {

void drop_repeated_owners(codec::Json& object, std::vector<std::string>& warnings);

}  // namespace signet::machinery
