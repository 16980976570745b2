// A whole number in a query.
//
// Errors   400 in the words of Go's strconv, which are wire facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/form.h"
#include "machinery/api_error.h"

namespace signet::machinery {

// Nothing where `key` is not there; an empty value is no number.
ApiResult<std::optional<std::int64_t>> query_number(const codec::Query& query,
                                                    std::string_view key);

// Anything but "false" and "0" is true, an empty value too; false where `key` is not there.
bool query_flag(const codec::Query& query, std::string_view key);

}  // namespace signet::machinery
