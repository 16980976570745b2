// What is wrong with an expression, and where: the one form of message for all stages.
//
//   ERROR: <input>:1:7: undeclared reference to 'foo' (in container '')
//    | 1 == foo
//    | .....^
//
// Source   the form of cel-go, which Kubernetes shows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::cel {

// `offset` is a byte offset into `text`. Lines longer than 256 bytes are not shown.
std::string located(std::string_view text, std::size_t offset, std::string_view message);

}  // namespace signet::cel
