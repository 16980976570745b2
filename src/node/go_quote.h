// A string in double quotes with the escapes of Go's strconv.Quote, which Kubernetes puts on the
// wire and into files: downward API labels, cache keys in messages.
#pragma once

#include <string>
#include <string_view>

namespace signet::node {

std::string go_quote(std::string_view text);

}  // namespace signet::node
