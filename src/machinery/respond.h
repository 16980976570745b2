// Makes the answer of an API request: bytes in the negotiated format, and Warning headers.
//
//   return respond(200, std::string(object->json()), negotiated.format, warnings, kind.schema);
//
// Shape    compact JSON ends with a newline, indented JSON does not. A Status needs no schema for
//          protobuf; of anything else that has none the client gets JSON, and is told so.
// Limits   warnings, duplicates left out: where they have more than 4,096 characters together, each
//          is cut to 256, and what is more is not sent.
// Source   api.md A.1 (warnings), A.5 (pretty), A.6 (protobuf), tokens.md 2.8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/api_error.h"
#include "machinery/schema.h"
#include "net/http.h"

namespace signet::machinery {

enum class Format : std::uint8_t { json, pretty_json, yaml, protobuf };

// `json` is one valid document, compact.
net::Response respond(int status, std::string json, Format format,
                      const std::vector<std::string>& warnings = {},
                      const Schema* schema = nullptr);
// `body` is in that format already.
net::Response respond_encoded(int status, std::string body, Format format,
                              const std::vector<std::string>& warnings = {});
// The Status object; with Retry-After where the error asks to try again.
net::Response respond(const ApiError& error, Format format,
                      const std::vector<std::string>& warnings = {});

// Valid JSON with two spaces a level, as Go's encoder indents: `{}` and `[]` stay short.
std::string indent_json(std::string_view json);

}  // namespace signet::machinery
