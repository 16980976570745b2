// What a service-account token says: composing the payload byte for byte, reading it strictly.
//
//   auto payload = compose(claims);
//   TRY(auto parsed, parse_claims(std::move(jws.payload)));    // after the signature was checked
//
// Shape    claims are views: into the caller's strings when composed, into the parsed payload when
//          read. ParsedClaims owns that payload and keeps the views valid when it is moved.
//          Members in byte order of their names, no white space, < > & as \u003c \u003e \u0026.
// Units    whole Unix seconds; a fraction is cut off when read.
// Errors   invalid: not one JSON object, a name twice, a registered claim of another type, a number
//          out of range. Names are case-sensitive; unknown members are checked and skipped.
// Limits   16 to 12,288 bytes, depth 16, 128 members an object, 64 audiences, times up to 2^53.
// Source   RFC 7519 s4.1; Kubernetes bound and legacy tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace signet::token {

inline constexpr std::string_view legacy_issuer = "kubernetes/serviceaccount";

struct ObjectRef {
  std::string_view name;
  std::string_view uid;

  friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

// Empty views and missing optionals are omitted when composed.
struct BoundClaims {
  std::vector<std::string_view> audiences;
  std::optional<UnixTime> expires_at;
  std::optional<UnixTime> issued_at;
  std::optional<UnixTime> not_before;
  std::string_view issuer;
  std::string_view id;  // `jti`
  std::string_view subject;
  std::string_view ns;
  ObjectRef service_account;
  std::optional<ObjectRef> pod;
  std::optional<ObjectRef> secret;
  std::optional<ObjectRef> node;
  std::optional<UnixTime> warn_after;

  friend bool operator==(const BoundClaims&, const BoundClaims&) = default;
};

struct LegacyClaims {
  std::string_view subject;
  std::string_view ns;
  std::string_view secret_name;
  std::string_view service_account_name;
  std::string_view service_account_uid;
  std::vector<std::string_view> audiences;  // none in any token Kubernetes made

  friend bool operator==(const LegacyClaims&, const LegacyClaims&) = default;
};

std::string compose(const BoundClaims& claims);
std::string compose(const LegacyClaims& claims);  // without `aud`

enum class NameRule : std::uint8_t {
  exact,        // a claim is what is spelled like it; others are skipped
  unambiguous,  // and a top-level name that only looks like a registered one is a fault
};

class ParsedClaims {
 public:
  // By the value of `iss`: legacy_issuer or anything else.
  const BoundClaims* bound() const { return std::get_if<BoundClaims>(&claims_); }
  const LegacyClaims* legacy() const { return std::get_if<LegacyClaims>(&claims_); }
  std::string_view issuer() const { return legacy() != nullptr ? legacy_issuer : bound()->issuer; }

  ParsedClaims(ParsedClaims&&) noexcept = default;
  ParsedClaims& operator=(ParsedClaims&&) noexcept = default;
  ParsedClaims(const ParsedClaims&) = delete;
  ParsedClaims& operator=(const ParsedClaims&) = delete;
  ~ParsedClaims() = default;

 private:
  friend Result<ParsedClaims> parse_claims(std::string payload, NameRule names);
  ParsedClaims(std::string payload, std::variant<BoundClaims, LegacyClaims> claims)
      : payload_(std::move(payload)), claims_(std::move(claims)) {}

  std::string payload_;  // longer than a short string, so that moving it moves no bytes
  std::variant<BoundClaims, LegacyClaims> claims_;
};

Result<ParsedClaims> parse_claims(std::string payload, NameRule names = NameRule::exact);

}  // namespace signet::token
