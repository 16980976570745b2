#include "access/bearer.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/utf8.h"

namespace signet::access {
namespace {

constexpr std::string_view protocol_header = "sec-websocket-protocol";
constexpr std::string_view token_protocol = "base64url.bearer.authorization.k8s.io.";

constexpr std::string_view space_characters = " \t\r\n\v\f";

// Calls `use` with every element of a comma-separated header.
template <typename Use>
void for_each_element(std::string_view list, Use&& use) {
  while (true) {
    const auto comma = list.find(',');
    use(trimmed(list.substr(0, comma), space_characters));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool opens_websocket(const net::Request& request) {
  if (!equal_ignoring_case(request.header("upgrade"), "websocket")) return false;
  bool upgrade = false;
  for_each_element(request.header("connection"), [&](std::string_view option) {
    upgrade = upgrade || equal_ignoring_case(option, "upgrade");
  });
  return upgrade;
}

}  // namespace

BearerText bearer_text(std::string_view authorization) {
  const auto text = trimmed(authorization, space_characters);
  const auto space = text.find(' ');
  if (space == std::string_view::npos || !equal_ignoring_case(text.substr(0, space), "bearer")) {
    return {};
  }
  const auto rest = text.substr(space + 1);
  const auto token = rest.substr(0, rest.find(' '));
  if (token.empty()) return {.token = std::nullopt, .extra_space = true};
  return {.token = token, .extra_space = false};
}

Result<std::optional<std::string>> websocket_bearer(const net::Request& request) {
  if (!opens_websocket(request)) return std::nullopt;
  std::optional<std::string_view> encoded;
  bool twice = false;
  bool others = false;
  for (const auto& [name, value] : request.headers) {
    if (name != protocol_header) continue;
    for_each_element(value, [&](std::string_view protocol) {
      if (!protocol.starts_with(token_protocol)) {
        others = true;
        return;
      }
      twice = twice || encoded.has_value();
      encoded = protocol.substr(token_protocol.size());
    });
  }
  if (!encoded) return std::nullopt;
  const auto refuse = [](std::string message) {
    return fail(ErrorKind::unauthenticated, std::move(message));
  };
  if (twice) return refuse("multiple base64.bearer.authorization tokens specified");
  auto token = codec::base64url_decode(*encoded);
  if (!token) return refuse("invalid base64.bearer.authorization token encoding");
  if (!codec::is_utf8(*token)) return refuse("invalid base64.bearer.authorization token");
  // The answer names a subprotocol, and must not name the one with the token.
  if (!others) return refuse("missing additional subprotocol");
  if (token->empty()) return std::nullopt;
  return *std::move(token);
}

void strip_credentials(net::Request& request) {
  std::erase_if(request.headers,
                [](const auto& header) { return header.first == "authorization"; });
  for (auto& [name, value] : request.headers) {
    if (name != protocol_header || !value.contains(token_protocol)) continue;
    std::string kept;
    for_each_element(value, [&](std::string_view protocol) {
      if (protocol.starts_with(token_protocol)) return;
      append(kept, kept.empty() ? "" : ", ", protocol);
    });
    value = std::move(kept);
  }
}

}  // namespace signet::access
