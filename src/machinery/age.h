// How long ago, as `kubectl get` prints it: "18s", "5m30s", "3h", "2d1h".
//
// Source   api.md D.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "codec/json.h"

namespace signet::machinery {

std::string age_text(std::chrono::seconds age);
// From metadata.creationTimestamp; "<unknown>" without one.
std::string object_age(const codec::Json& object, Instant now);

}  // namespace signet::machinery
