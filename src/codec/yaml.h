// YAML read into the JSON data model, as API bodies and kubeconfig files use it, and JSON values
// written as YAML.
//
// Errors   invalid: bad syntax, a duplicate key, more than one document where one is expected.
// Limits   ParseLimits; aliases are refused (nobody needs them and they are how YAML explodes).
// Source   YAML 1.2 core schema, with 1.1's yes/no/on/off read as strings.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace signet::codec {

Result<Json> parse_yaml(std::string_view text, const ParseLimits& limits);
std::string to_yaml(const Json& value);

}  // namespace signet::codec
