#include "codec/bearer.h"

#include <algorithm>

#include "base/ascii.h"

namespace signet::codec {
namespace {

constexpr std::string_view scheme = "bearer";

bool is_token_character(char c) {
  constexpr std::string_view others = "-._~+/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.contains(c);
}

// "=" stands at the end only.
bool is_token(std::string_view text) {
  const auto last = text.find_last_not_of('=');
  return last != std::string_view::npos &&
         std::ranges::all_of(text.substr(0, last + 1), is_token_character);
}

}  // namespace

Result<std::string_view, NoBearer> bearer_token(std::string_view value) {
  const auto text = trimmed(value);
  const auto named = text.substr(0, scheme.size());
  if (!equal_ignoring_case(named, scheme)) return std::unexpected(NoBearer::absent);
  const auto rest = text.substr(scheme.size());
  if (rest.empty()) return std::unexpected(NoBearer::malformed);
  if (rest.front() != ' ') return std::unexpected(NoBearer::absent);
  const auto token = rest.substr(1);
  if (!is_token(token)) return std::unexpected(NoBearer::malformed);
  return token;
}

}  // namespace signet::codec
