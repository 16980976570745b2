#include "machinery/query_number.h"

#include <charconv>

#include "base/ascii.h"
#include "base/cat.h"

namespace signet::machinery {

ApiResult<std::optional<std::int64_t>> query_number(const codec::Query& query,
                                                    std::string_view key) {
  if (!query.has(key)) return std::nullopt;
  const std::string_view text = query.get(key);
  // Go reads a leading plus, from_chars does not.
  const auto digits = text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool all_read = end == digits.data() + digits.size();
  if (error == std::errc() && all_read) return number;
  const bool too_large = error == std::errc::result_out_of_range && all_read;
  return refuse(ApiError::bad_request(cat("strconv.ParseInt: parsing ", quoted(text), ": ",
                                          too_large ? "value out of range" : "invalid syntax")));
}

Result<std::uint64_t> parse_version(std::string_view text) {
  std::uint64_t version = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, version);
  if (error == std::errc() && stop == end) return version;
  const bool too_large = error == std::errc::result_out_of_range && stop == end;
  return fail(ErrorKind::invalid, cat("strconv.ParseUint: parsing ", quoted(text), ": ",
                                      too_large ? "value out of range" : "invalid syntax"));
}

bool query_flag(const codec::Query& query, std::string_view key) {
  if (!query.has(key)) return false;
  const std::string_view text = query.get(key);
  return !equal_ignoring_case(text, "false") && text != "0";
}

}  // namespace signet::machinery
