// The header that somebody else put before our claims: believed only as far as it must be.
//
//   TRY(const auto kid, check_signed_header(answer.header));
//
// Shape    exactly the members alg, kid and typ; returns kid.
// Errors   internal, in Kubernetes' words where it has some.
// Limits   4 KiB; kid 1024 bytes.
// Source   tokens.md 10.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::signer {

Result<std::string> check_signed_header(std::string_view encoded);

}  // namespace signet::signer
