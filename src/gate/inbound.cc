#include "gate/inbound.h"

#include "base/ascii.h"
#include "codec/bearer.h"
#include "codec/form.h"

namespace signet::gate {
namespace {

constexpr std::string_view misplaced = "access_token";  // RFC 6750 s2.2, s2.3

// What stands before `separator`; `text` becomes what follows it.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return part;
}

}  // namespace

void Inbound::header(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "authorization")) {
    ++authorizations_;
    authorization_ = value;
  } else if (equal_ignoring_case(name, "cookie")) {
    cookie(value);
  } else if (names_.is_lookalike(name)) {
    if (lookalikes_.size() == lookalikes_max) {
      too_many_ = true;
    } else {
      lookalikes_.push_back(name);
    }
  }
}

void Inbound::target(std::string_view path_and_query) {
  const auto mark = path_and_query.find('?');
  if (mark != std::string_view::npos) query(path_and_query.substr(mark + 1));
}

void Inbound::query(std::string_view query) {
  while (!query.empty()) {
    auto pair = next_part(query, '&');
    const auto name = next_part(pair, '=');
    // A name that cannot be decoded is not this one, to whoever reads it.
    const auto decoded = codec::percent_decode(name);
    if (decoded && equal_ignoring_case(*decoded, misplaced)) misplaced_ = true;
  }
}

void Inbound::cookie(std::string_view value) {
  while (!value.empty()) {
    auto pair = next_part(value, ';');
    if (equal_ignoring_case(trimmed(next_part(pair, '=')), misplaced)) misplaced_ = true;
  }
}

Result<std::string_view, NoToken> Inbound::token() const {
  if (misplaced_ || too_many_ || authorizations_ > 1) return std::unexpected(NoToken::malformed);
  return codec::bearer_token(authorization_);
}

}  // namespace signet::gate
