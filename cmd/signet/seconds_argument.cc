#include "seconds_argument.h"

#include <algorithm>

#include "base/cat.h"
#include "base/try.h"
#include "codec/go_duration.h"

namespace signet::cmd {

Result<std::chrono::seconds> parse_seconds(const std::string& text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool plain = !text.empty() && std::ranges::all_of(text, digit);
  TRY(const auto span, codec::parse_go_duration(plain ? cat(text, 's') : text));
  if (span.count() < 0) return fail(ErrorKind::invalid, "must not be negative");
  return std::chrono::floor<std::chrono::seconds>(span);
}

}  // namespace signet::cmd
