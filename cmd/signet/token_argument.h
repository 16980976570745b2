// A token given as an argument, or "-" for standard input.
#pragma once

#include <string>

#include "base/result.h"

namespace signet::cmd {

// Surrounding white space is not part of a token.
Result<std::string> read_token(const std::string& argument);

}  // namespace signet::cmd
