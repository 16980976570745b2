// Text by its characters, as CEL counts: Unicode code points. All text here is UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace signet::cel {

std::int64_t length(std::string_view text);
// Where character number `index` begins; the end for index == length(text); none beyond or below.
std::optional<std::size_t> byte_offset(std::string_view text, std::int64_t index);
// Without white space, as Unicode defines it, at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace signet::cel
