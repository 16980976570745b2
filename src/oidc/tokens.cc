#include "oidc/tokens.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/go_quote.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "jose/jws.h"
#include "oidc/claims.h"
#include "token/audience.h"

namespace signet::oidc {
namespace {

using codec::go_quote;
using codec::go_quote_list;
using codec::Json;

template <typename... Parts>
std::unexpected<Error> refuse(const Parts&... parts) {
  return fail(ErrorKind::unauthenticated, cat(parts...));
}

// As Go prints a time in UTC.
std::string go_time(UnixTime time) {
  auto text = codec::to_rfc3339(time);
  std::ranges::replace(text, 'T', ' ');
  text.pop_back();  // Z
  return text += " +0000 UTC";
}

// Google's tokens carry either name of their issuer.
std::string_view canonical(std::string_view issuer) {
  return issuer == "accounts.google.com" ? "https://accounts.google.com" : issuer;
}

Result<std::vector<std::string>> audiences_of(const Json& claims) {
  std::vector<std::string> out;
  const auto* audience = codec::find(claims, "aud");
  if (audience == nullptr || audience->is_null()) return out;
  const auto add = [&](const Json& value) {
    if (value.is_string()) out.emplace_back(std::string_view(value.get_string()));
    return value.is_string();
  };
  const bool good =
      audience->is_array() ? std::ranges::all_of(audience->get_array(), add) : add(*audience);
  if (!good) return refuse("oidc: failed to unmarshal claims: aud is not text");
  return out;
}

// Whole seconds; a fraction is cut off. None: not there.
Result<std::optional<UnixTime>> time_of(const Json& claims, std::string_view name) {
  const auto* value = codec::find(claims, name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  constexpr double seconds_max = 253402300799.0;  // the end of the year 9999
  const double seconds = value->is_number() ? value->to_number<double>() : -1;
  if (!(seconds >= 0 && seconds <= seconds_max)) {
    return refuse("oidc: failed to unmarshal claims: ", name, " is not a time");
  }
  return UnixTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

Result<void> check_audience(const Issuer& issuer, const Json& claims) {
  TRY(const auto given, audiences_of(claims));
  const bool good = std::ranges::any_of(issuer.audiences, [&](const std::string& audience) {
    return std::ranges::find(given, audience) != given.end();
  });
  if (good) return {};
  if (issuer.audiences.size() == 1) {
    return refuse("oidc: expected audience ", go_quote(issuer.audiences.front()), " got ",
                  go_quote_list(given));
  }
  auto sorted = issuer.audiences;
  std::ranges::sort(sorted);
  return refuse("oidc: expected audience in ", go_quote_list(sorted), " got ",
                go_quote_list(given));
}

Result<void> check_times(const Json& claims, Instant now) {
  constexpr std::chrono::minutes not_before_leeway{1};
  TRY(const auto expiry, time_of(claims, "exp"));
  const auto until = expiry.value_or(UnixTime{});
  if (until < now) return refuse("oidc: token is expired (Token Expiry: ", go_time(until), ')');
  TRY(const auto not_before, time_of(claims, "nbf"));
  if (not_before && now + not_before_leeway < *not_before) {
    return refuse("oidc: current time ", go_time(whole_seconds(now)),
                  " before the nbf (not before) time: ", go_time(*not_before));
  }
  return {};
}

Result<void> check_signature(const jose::Jws& jws, KeyKeeper& keeper,
                             const verify::KeySnapshot& keys) {
  if (!jws.algorithm) {
    std::vector<std::string_view> names;
    names.reserve(jose::algorithm_table.size());
    for (const auto& row : jose::algorithm_table) names.push_back(row.name);
    return refuse("oidc: id token signed with unsupported algorithm, expected ",
                  go_quote_list(names));
  }
  const auto check = jose::check_signature(jws, keys.keys, jose::WithoutKid::try_all);
  if (check == jose::SignatureCheck::good) return {};
  if (check == jose::SignatureCheck::unknown_key) keeper.miss();
  return refuse("failed to verify signature: failed to verify id token signature");
}

// Everything about the token itself. `claims` cannot be believed before this returns.
Result<void> verify_token(const LiveAuthenticator& authenticator, const jose::Jws& jws,
                          const verify::KeySnapshot& keys, const Json& claims, Instant now) {
  const auto& issuer = authenticator.rules->source.issuer;
  if (!claims.is_object()) return refuse("oidc: failed to unmarshal claims: not a JSON object");
  const auto issued_by = codec::string_at(claims, "iss");
  if (canonical(issued_by) != issuer.url) {
    return refuse("oidc: id token issued by a different provider, expected ", go_quote(issuer.url),
                  " got ", go_quote(issued_by));
  }
  TRY_VOID(check_audience(issuer, claims));
  TRY_VOID(check_times(claims, now));
  return check_signature(jws, *authenticator.keys, keys);
}

Result<token::UserInfo> user_with(const LiveAuthenticator& authenticator, std::string_view token,
                                  Instant now) {
  const auto keys = authenticator.keys->current();
  if (keys == nullptr) return refuse("oidc: authenticator not initialized");
  const auto jws = jose::parse_jws(token);
  if (!jws) return refuse("oidc: verify token: oidc: malformed jwt: ", jws.error().message);
  // Case and repetition of names must not let one reader see other claims than the next.
  const auto claims = codec::parse_json_strict(
      jws->payload, {.bytes_max = jose::payload_bytes_max, .depth_max = 16});
  if (!claims) return refuse("oidc: verify token: oidc: malformed jwt: ", claims.error().message);
  if (const auto good = verify_token(authenticator, *jws, *keys, *claims, now); !good) {
    return refuse("oidc: verify token: ", good.error().message);
  }
  return user_of(*authenticator.rules, claims->get_object());
}

}  // namespace

access::TokenVerdict OidcTokens::authenticate(std::string_view token,
                                              std::span<const std::string> audiences,
                                              const machinery::Snapshot& /*snapshot*/,
                                              const identity::TokenUse& /*use*/) {
  const auto& set = authenticators_.current();
  if (set.empty()) return access::NotMine{};
  const auto issuer = jose::peek_issuer(token);
  if (!issuer) return access::NotMine{};
  const auto found = set.find(canonical(*issuer));
  if (found == set.end()) return access::NotMine{};
  // Foreign tokens are good for this server as a whole: what they were issued for is the
  // configuration's business.
  auto shared = token::intersect_audiences(audiences, std::span<const std::string>(api_audiences_));
  if (shared.empty()) return access::NotMine{};
  auto user = user_with(found->second, token, clock_.now());
  if (!user) return access::Refused{std::move(user.error().message)};
  return identity::Reviewed{.user = *std::move(user), .audiences = std::move(shared)};
}

}  // namespace signet::oidc
