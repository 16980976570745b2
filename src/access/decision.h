// Whether somebody may do something, and why.
#pragma once

#include <string>

namespace signet::access {

struct Decision {
  bool allowed = false;
  std::string reason;  // what to tell of it, if anything
};

}  // namespace signet::access
