// Which audiences a token and a question have in common.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::token {

// Each requested audience the token names, in the order and multiplicity of the request.
std::vector<std::string> intersect_audiences(std::span<const std::string> requested,
                                             std::span<const std::string_view> of_token);
// The same for a token that names none and is good for all that `known` lists.
std::vector<std::string> intersect_audiences(std::span<const std::string> requested,
                                             std::span<const std::string> known);

// True when every one of `audiences` is among `known`.
bool all_among(std::span<const std::string> audiences, std::span<const std::string> known);

}  // namespace signet::token
