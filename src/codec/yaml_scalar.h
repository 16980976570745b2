// What a plain (unquoted) YAML scalar means.
#pragma once

#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace signet::codec {

// Invalid for what JSON cannot hold: infinities and not-a-number.
Result<Json> resolve_plain_scalar(std::string_view text);

// Whether `text` written without quotes reads back as the string it is, in YAML 1.1 and 1.2.
bool is_plain_string(std::string_view text);

}  // namespace signet::codec
