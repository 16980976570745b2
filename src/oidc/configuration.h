// Which issuers besides our own this server believes: the file of --authentication-config.
//
//   TRY(auto configuration, oidc::parse_configuration(text));
//   TRY(auto compiled, oidc::compile(configuration, own_issuers));     // oidc/compile.h
//
// Shape    field by field what the file says; nothing is checked but its form.
// Errors   invalid: not YAML or JSON, another kind or version, a field that does not exist or is of
//          another type.
// Limits   1 MiB.
// Source   apiserver.config.k8s.io/v1 AuthenticationConfiguration (v1beta1 and v1alpha1 are the
//          same for what is here).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/anonymous.h"
#include "base/result.h"

namespace signet::oidc {

inline constexpr std::size_t configuration_bytes_max = std::size_t{1024} * 1024;

struct Issuer {
  std::string url;
  std::string discovery_url;  // empty: url/.well-known/openid-configuration
  std::string certificate_authority;
  std::vector<std::string> audiences;
  std::string audience_match_policy;
  std::string egress_selector_type;

  friend bool operator==(const Issuer&, const Issuer&) = default;
};

// One of claim and expression, or neither.
struct Mapping {
  std::string claim;
  std::string expression;
  std::optional<std::string> prefix;
};
struct ExtraMapping {
  std::string key;
  std::string value_expression;
};
struct ClaimRule {
  std::string claim;
  std::string required_value;
  std::string expression;
  std::string message;
};
struct UserRule {
  std::string expression;
  std::string message;
};

struct JwtAuthenticator {
  Issuer issuer;
  std::vector<ClaimRule> claim_rules;
  Mapping username;
  Mapping groups;
  Mapping uid;
  std::vector<ExtraMapping> extra;
  std::vector<UserRule> user_rules;
};

struct Configuration {
  std::vector<JwtAuthenticator> jwt;
  std::optional<access::AnonymousAccess> anonymous;
};

Result<Configuration> parse_configuration(std::string_view text);

}  // namespace signet::oidc
