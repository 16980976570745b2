// The body of an answer as a JSON value, whatever form its client asked for.
//
// Errors   none: what cannot be read is not recorded.
// Source   api.md A.5, A.6.
#pragma once

#include <optional>

#include "codec/json.h"
#include "machinery/kind.h"
#include "net/http.h"

namespace signet::access {

// `schema` is that of the objects which the answer is about; null: known from JSON and YAML only.
std::optional<codec::Json> answer_as_json(const net::Response& answer,
                                          const machinery::Schema* schema);

// Whether the answer is a Status, without reading all of it.
bool is_status(const net::Response& answer);

}  // namespace signet::access
