// What a pod says that is allowed and probably not meant.
//
// Limits   as many as the pod has such places; respond.h sends 4 KiB of them.
// Source   core/v1; texts are wire facts.
#pragma once

#include <string>
#include <vector>

#include "codec/json.h"

namespace signet::kinds {

// Of a pod that is valid and has its defaults.
void warn_of_pod(const codec::Json& pod, std::vector<std::string>& out);

}  // namespace signet::kinds
