// Whole numbers in a query, and versions wherever they stand.
//
// Errors   in the words of Go's strconv, which are wire facts; a 400 where a query is to blame.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "codec/form.h"
#include "machinery/api_error.h"

namespace signet::machinery {

// Nothing where `key` is not there; an empty value is no number.
ApiResult<std::optional<std::int64_t>> query_number(const codec::Query& query,
                                                    std::string_view key);

// A resourceVersion: digits that fit 64 bits.
Result<std::uint64_t> parse_version(std::string_view text);

// Anything but "false" and "0" is true, an empty value too; false where `key` is not there.
bool query_flag(const codec::Query& query, std::string_view key);

}  // namespace signet::machinery
