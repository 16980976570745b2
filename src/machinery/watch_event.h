// One event of a watch, as a client reads it from the stream.
//
// Shape    JSON: a line {"type":"ADDED","object":{...}}. Protobuf: the length in four bytes, the
//          highest first, and a bare WatchEvent{1: type, 2: {1: object in its own envelope}}.
// Source   api.md A.6, C.5.
#pragma once

#include <string>
#include <string_view>

#include "machinery/respond.h"
#include "machinery/schema.h"

namespace signet::machinery {

// `object` is JSON; `schema` describes it.
std::string watch_event(std::string_view type, std::string_view object, const Schema& schema,
                        Format format);

std::string_view watch_content_type(Format format);

}  // namespace signet::machinery
