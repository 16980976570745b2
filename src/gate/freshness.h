// For how long a proxy that remembers answers may remember one.
//
// Shape    a minute for what keys say, ten seconds for what a cluster said, and never beyond the
//          token's end: after that a revoked caller would be let in.
// Source   verify.md B.15 (the caches of the gate itself), C.2.
#pragma once

#include <chrono>

#include "party/caller.h"

namespace signet::gate {

std::chrono::seconds answer_life(const party::Caller& caller, UnixTime now);

}  // namespace signet::gate
