// The token in the value of an Authorization header, read strictly.
//
//   const auto token = bearer_token("Bearer eyJ...");      // a view into the value
//
// Shape    "Bearer", one space and a token; the scheme in any case, blanks around it all.
// Errors   NoBearer. A comma is malformed, so that two headers that a proxy joined stay two.
// Threads  pure.
// Source   RFC 6750 s2.1 (b64token), RFC 9110 s11.4.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace signet::codec {

enum class NoBearer : std::uint8_t {
  absent,     // no credential at all, or of another scheme
  malformed,  // of this scheme, and not the shape of a token
};

Result<std::string_view, NoBearer> bearer_token(std::string_view value);

}  // namespace signet::codec
