// Whether a name fits a pattern: "*" stands for any characters, also none, "?" for one.
//
//   glob_matches("shop-*", "shop-eu");    // true
//
// Cost     at most pattern times text, no recursion.
#pragma once

#include <string_view>

namespace signet::party {

bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace signet::party
