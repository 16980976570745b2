#include "oidc/compile.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "codec/dns_name.h"
#include "oidc/issuer_rules.h"
#include "token/error_text.h"

namespace signet::oidc {
namespace {

using machinery::FieldErrors;
using machinery::quoted;

constexpr std::string_view both_set = "claim and expression can't both be set";

enum class Wanted : std::uint8_t { anything, boolean };

const cel::Environment& claims_environment() {
  using cel::Type;
  static const cel::Environment environment{
      .variables = {{.name = "claims", .type = Type::map_of(Type::of(cel::Kind::string), Type{})}}};
  return environment;
}

const cel::Environment& user_environment() {
  using cel::Type;
  static const cel::Environment environment = [] {
    const auto text = Type::of(cel::Kind::string);
    const auto texts = Type::list_of(text);
    auto user = Type::of(cel::Kind::map);
    user.object = std::make_shared<const cel::ObjectType>(
        cel::ObjectType{.name = "kubernetes.UserInfo",
                        .fields = {{"username", text},
                                   {"uid", text},
                                   {"groups", texts},
                                   {"extra", Type::map_of(text, texts)}}});
    return cel::Environment{.variables = {{.name = "user", .type = std::move(user)}}};
  }();
  return environment;
}

class Compiler {
 public:
  Compiler(const JwtAuthenticator& source, std::string path, FieldErrors& errors)
      : source_(source), path_(std::move(path)), errors_(errors) {
    out_.source = source;
  }

  CompiledAuthenticator run() {
    claim_rules(cat(path_, ".claimValidationRules"));
    mappings(cat(path_, ".claimMappings"));
    user_rules(cat(path_, ".userValidationRules"));
    return std::move(out_);
  }

 private:
  std::optional<cel::Program> compile(const std::string& text, const cel::Environment& environment,
                                      Wanted wanted, std::string path) {
    auto program = cel::Program::compile(text, environment);
    if (!program) {
      errors_.invalid(std::move(path), quoted(text),
                      cat("compilation failed: ", program.error().message));
      return std::nullopt;
    }
    // What is only known to be a bool when it runs is refused, too: `claims.x == true` is one.
    if (wanted == Wanted::boolean && program->result_type().kind != cel::Kind::boolean) {
      errors_.invalid(std::move(path), quoted(text), "must evaluate to bool");
      return std::nullopt;
    }
    return *std::move(program);
  }

  void claim_rules(const std::string& path);
  void mappings(const std::string& path);
  std::optional<cel::Program> mapping(const Mapping& mapping, const std::string& path,
                                      bool required);
  void uid(const std::string& path);
  void extra(const std::string& path);
  void extra_key(const std::string& key, const std::string& path);
  void verified_email(const std::string& path);
  void user_rules(const std::string& path);

  const JwtAuthenticator& source_;
  std::string path_;
  FieldErrors& errors_;
  CompiledAuthenticator out_;
};

void Compiler::claim_rules(const std::string& path) {
  std::set<std::string_view> claims;
  std::set<std::string_view> expressions;
  for (std::size_t i = 0; i < source_.claim_rules.size(); ++i) {
    const auto& rule = source_.claim_rules[i];
    const auto at = cat(path, '[', i, ']');
    if (!rule.claim.empty() && !rule.expression.empty()) {
      errors_.invalid(at, quoted(rule.claim), std::string(both_set));
    } else if (!rule.claim.empty()) {
      if (!rule.message.empty()) {
        errors_.invalid(cat(at, ".message"), quoted(rule.message),
                        "may not be specified when claim is set");
      }
      if (!claims.insert(rule.claim).second) {
        errors_.duplicate(cat(at, ".claim"), quoted(rule.claim));
      }
    } else if (rule.expression.empty()) {
      errors_.required(at, "claim or expression is required");
    } else {
      if (!rule.required_value.empty()) {
        errors_.invalid(cat(at, ".requiredValue"), quoted(rule.required_value),
                        "may not be specified when expression is set");
      }
      const auto field = cat(at, ".expression");
      if (!expressions.insert(rule.expression).second) {
        errors_.duplicate(field, quoted(rule.expression));
      } else if (auto program =
                     compile(rule.expression, claims_environment(), Wanted::boolean, field)) {
        out_.claim_rules.push_back({.program = *std::move(program), .message = rule.message});
      }
    }
  }
}

std::optional<cel::Program> Compiler::mapping(const Mapping& mapping, const std::string& path,
                                              bool required) {
  if (!mapping.claim.empty() && !mapping.expression.empty()) {
    errors_.invalid(path, quoted(""), std::string(both_set));
  } else if (!mapping.expression.empty()) {
    if (mapping.prefix) {
      errors_.invalid(cat(path, ".prefix"), quoted(*mapping.prefix),
                      "may not be specified when expression is set");
    }
    return compile(mapping.expression, claims_environment(), Wanted::anything,
                   cat(path, ".expression"));
  } else if (!mapping.claim.empty()) {
    if (!mapping.prefix) {
      errors_.required(
          cat(path, ".prefix"),
          "prefix is required when claim is set. It can be set to an empty string to disable "
          "prefixing");
    }
  } else if (required) {
    errors_.required(path, "claim or expression is required");
  }
  return std::nullopt;
}

void Compiler::mappings(const std::string& path) {
  out_.username = mapping(source_.username, cat(path, ".username"), true);
  out_.groups = mapping(source_.groups, cat(path, ".groups"), false);
  uid(cat(path, ".uid"));
  extra(cat(path, ".extra"));
  verified_email(cat(path, ".username.expression"));
}

void Compiler::uid(const std::string& path) {
  const auto& given = source_.uid;
  if (!given.claim.empty() && !given.expression.empty()) {
    errors_.invalid(path, quoted(""), std::string(both_set));
  } else if (!given.expression.empty()) {
    out_.uid =
        compile(given.expression, claims_environment(), Wanted::anything, cat(path, ".expression"));
  }
}

// A key that no other authenticator uses: "example.org/foo".
void Compiler::extra_key(const std::string& key, const std::string& path) {
  if (key.empty()) return errors_.required(path);
  const std::string_view text = key;
  const auto slash = text.find('/');
  const auto domain = text.substr(0, slash);
  if (slash == std::string_view::npos || slash + 1 == text.size()) {
    errors_.invalid(path, quoted(key), "must be a domain-prefixed path (such as \"acme.io/foo\")");
  } else if (!codec::is_dns_subdomain(domain)) {
    errors_.invalid(
        path, quoted(domain),
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
        "used for validation is "
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
  }
  if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    errors_.invalid(path, quoted(key), "must be lowercase");
  }
  const auto within = [&](std::string_view reserved) {
    return domain == reserved || domain.ends_with(cat('.', reserved));
  };
  if (slash != std::string_view::npos && (within("kubernetes.io") || within("k8s.io"))) {
    errors_.invalid(path, quoted(key),
                    "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
  }
}

void Compiler::extra(const std::string& path) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < source_.extra.size(); ++i) {
    const auto& [key, expression] = source_.extra[i];
    const auto at = cat(path, '[', i, ']');
    extra_key(key, cat(at, ".key"));
    if (!seen.insert(key).second) {
      errors_.duplicate(cat(at, ".key"), quoted(key));
      continue;
    }
    const auto field = cat(at, ".valueExpression");
    if (expression.empty()) {
      errors_.required(field);
    } else if (auto program = compile(expression, claims_environment(), Wanted::anything, field)) {
      out_.extra.push_back({.key = key, .program = *std::move(program)});
    }
  }
}

// An address that the issuer has not checked may be anybody's.
void Compiler::verified_email(const std::string& path) {
  if (!out_.username || !out_.username->selects("claims", "email")) return;
  const auto checks = [](const auto& part) {
    return part.program.selects("claims", "email_verified");
  };
  const bool checked = out_.username->selects("claims", "email_verified") ||
                       std::ranges::any_of(out_.extra, checks) ||
                       std::ranges::any_of(out_.claim_rules, checks);
  if (checked) return;
  errors_.invalid(path, quoted(source_.username.expression),
                  "claims.email_verified must be used in claimMappings.username.expression or "
                  "claimMappings.extra[*].valueExpression or claimValidationRules[*].expression "
                  "when claims.email is used in claimMappings.username.expression");
}

void Compiler::user_rules(const std::string& path) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < source_.user_rules.size(); ++i) {
    const auto& rule = source_.user_rules[i];
    const auto field = cat(path, '[', i, "].expression");
    if (rule.expression.empty()) {
      errors_.required(field);
    } else if (!seen.insert(rule.expression).second) {
      errors_.duplicate(field, quoted(rule.expression));
    } else if (auto program =
                   compile(rule.expression, user_environment(), Wanted::boolean, field)) {
      out_.user_rules.push_back({.program = *std::move(program), .message = rule.message});
    }
  }
}

void check_anonymous(const access::AnonymousAccess& anonymous, FieldErrors& errors) {
  if (anonymous.enabled || anonymous.paths.empty()) return;
  std::string shown = "[";
  for (const auto& path : anonymous.paths)
    append(shown, shown.size() > 1 ? "," : "", "{", path, "}");
  errors.invalid("anonymous.conditions", shown + ']',
                 "enabled should be set to true when conditions are defined");
}

}  // namespace

Result<CompiledAuthenticators> compile(const Configuration& configuration,
                                       std::span<const std::string> own_issuers) {
  constexpr std::size_t issuers_max = 64;
  if (configuration.jwt.size() > issuers_max) {
    return fail(ErrorKind::invalid, cat("jwt: Too many: ", configuration.jwt.size(),
                                        ": must have at most ", issuers_max, " items"));
  }
  FieldErrors errors;
  CompiledAuthenticators out;
  std::set<std::string_view> urls;
  std::set<std::string_view> discovery_urls;
  for (std::size_t i = 0; i < configuration.jwt.size(); ++i) {
    const auto& source = configuration.jwt[i];
    const auto& issuer = source.issuer;
    const auto path = cat("jwt[", i, ']');
    check_issuer(issuer, own_issuers, cat(path, ".issuer"), errors);
    out.push_back(
        std::make_shared<const CompiledAuthenticator>(Compiler(source, path, errors).run()));
    if (!urls.insert(issuer.url).second) {
      errors.duplicate(cat(path, ".issuer.url"), quoted(issuer.url));
    }
    if (!issuer.discovery_url.empty() && !discovery_urls.insert(issuer.discovery_url).second) {
      errors.duplicate(cat(path, ".issuer.discoveryURL"), quoted(issuer.discovery_url));
    }
  }
  if (configuration.anonymous) check_anonymous(*configuration.anonymous, errors);
  if (errors.empty()) return out;
  token::ErrorTexts texts;
  for (const auto& error : errors.all()) texts.add(cat(error.path, ": ", error.message()));
  return fail(ErrorKind::invalid, texts.text());
}

}  // namespace signet::oidc
