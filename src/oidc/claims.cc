#include "oidc/claims.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "cel/from_json.h"
#include "codec/go_quote.h"

namespace signet::oidc {
namespace {

using codec::go_quote;
using codec::Json;
using codec::JsonObject;

constexpr std::string_view no_strings = "expression must return a string or a list of strings";

template <typename... Parts>
std::unexpected<Error> refuse(const Parts&... parts) {
  return fail(ErrorKind::unauthenticated, cat("oidc: ", parts...));
}

std::unexpected<Error> mistyped(const Json& value, std::string_view wanted) {
  std::string_view kind = "object";
  if (value.is_string()) kind = "string";
  if (value.is_bool()) kind = "bool";
  if (value.is_number()) kind = "number";
  if (value.is_array()) kind = "array";
  return fail(ErrorKind::unauthenticated,
              cat("json: cannot unmarshal ", kind, " into Go value of type ", wanted));
}

Result<std::string> text_claim(const JsonObject& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr) return fail(ErrorKind::unauthenticated, "claim not present");
  if (value->is_null()) return std::string();
  if (!value->is_string()) return mistyped(*value, "string");
  return std::string(std::string_view(value->get_string()));
}

Result<cel::Value> evaluate(const cel::Program& program, const cel::Activation& activation) {
  auto value = program.evaluate(activation);
  if (value) return value;
  return fail(ErrorKind::unauthenticated,
              cat("expression '", program.text(), "' resulted in error: ", value.error().message));
}

// A text, or a list of them; empty ones count as not there.
Result<std::vector<std::string>> texts_of(const cel::Value& value) {
  std::vector<std::string> out;
  const auto add = [&](const cel::Value& element) {
    if (element.kind() != cel::Kind::string) return false;
    if (!element.text().empty()) out.push_back(element.text());
    return true;
  };
  if (value.is_null()) return out;
  const bool good =
      value.kind() == cel::Kind::list ? std::ranges::all_of(value.list(), add) : add(value);
  if (!good) return fail(ErrorKind::unauthenticated, std::string(no_strings));
  return out;
}

class Mapper {
 public:
  Mapper(const CompiledAuthenticator& rules, const JsonObject& claims)
      : rules_(rules), claims_(claims) {
    if (needs_values()) {
      cel::Map entries;
      for (const auto& [name, value] : claims) {
        entries.emplace(cel::Value::of(std::string_view(name)), cel::from_json(value));
      }
      activation_.emplace("claims", cel::Value::of(std::move(entries)));
    }
  }

  Result<token::UserInfo> user();

 private:
  bool needs_values() const {
    return rules_.username || rules_.groups || rules_.uid || !rules_.extra.empty() ||
           !rules_.claim_rules.empty();
  }
  Result<void> no_distributed_groups() const;
  Result<std::string> username() const;
  Result<void> verified_email() const;
  Result<std::vector<std::string>> groups() const;
  Result<std::string> uid() const;
  Result<token::Extra> extra() const;
  Result<void> claim_rules() const;
  Result<void> user_rules(const token::UserInfo& user) const;
  static Result<void> hold(const std::vector<CompiledRule>& rules,
                           const cel::Activation& activation, std::string_view what);

  const CompiledAuthenticator& rules_;
  const JsonObject& claims_;
  cel::Activation activation_;
};

// Groups that the issuer keeps elsewhere (OpenID Connect Core 1.0 s5.6.2) are not fetched; who is
// in some must not be taken for somebody who is in none.
Result<void> Mapper::no_distributed_groups() const {
  const auto& claim = rules_.source.groups.claim;
  if (claim.empty() || claims_.contains(claim)) return {};
  const auto* names = claims_.if_contains("_claim_names");
  if (names == nullptr || !names->is_object() || !names->get_object().contains(claim)) return {};
  return refuse("could not expand distributed claims: they are not fetched");
}

Result<void> Mapper::verified_email() const {
  const auto* verified = claims_.if_contains("email_verified");
  if (verified == nullptr) return {};
  if (!verified->is_bool()) {
    return refuse("parse 'email_verified' claim: ", mistyped(*verified, "bool").error().message);
  }
  if (!verified->get_bool()) return refuse("email not verified");
  return {};
}

Result<std::string> Mapper::username() const {
  const auto& mapping = rules_.source.username;
  if (rules_.username) {
    constexpr std::string_view what = "error evaluating username claim expression: ";
    const auto value = evaluate(*rules_.username, activation_);
    if (!value) return refuse(what, value.error().message);
    if (value->kind() != cel::Kind::string) {
      return refuse(what, "username claim expression must return a string");
    }
    if (value->text().empty()) return refuse("username is empty");
    return value->text();
  }
  const auto name = text_claim(claims_, mapping.claim);
  if (!name) {
    return refuse("parse username claims ", go_quote(mapping.claim), ": ", name.error().message);
  }
  if (mapping.claim == "email") TRY_VOID(verified_email());
  if (name->empty()) return refuse("username is empty");
  return cat(mapping.prefix.value_or(""), *name);
}

Result<std::vector<std::string>> Mapper::groups() const {
  const auto& mapping = rules_.source.groups;
  if (rules_.groups) {
    constexpr std::string_view what = "error evaluating group claim expression: ";
    const auto value = evaluate(*rules_.groups, activation_);
    if (!value) return refuse(what, value.error().message);
    auto texts = texts_of(*value);
    if (!texts) return refuse(what, texts.error().message);
    return texts;
  }
  std::vector<std::string> out;
  const auto* claim = mapping.claim.empty() ? nullptr : claims_.if_contains(mapping.claim);
  if (claim == nullptr || claim->is_null()) return out;
  const auto prefix = mapping.prefix.value_or("");
  const auto add = [&](const Json& value) {
    if (value.is_string()) out.push_back(cat(prefix, std::string_view(value.get_string())));
    return value.is_string();
  };
  const bool good = claim->is_array() ? std::ranges::all_of(claim->get_array(), add) : add(*claim);
  if (!good) {
    return refuse("parse groups claim ", go_quote(mapping.claim), ": ",
                  mistyped(*claim, "string").error().message);
  }
  return out;
}

Result<std::string> Mapper::uid() const {
  const auto& claim = rules_.source.uid.claim;
  if (!claim.empty()) {
    auto uid = text_claim(claims_, claim);
    if (!uid) return refuse("parse uid claim ", go_quote(claim), ": ", uid.error().message);
    return uid;
  }
  if (!rules_.uid) return std::string();
  constexpr std::string_view what = "error evaluating uid claim expression: ";
  const auto value = evaluate(*rules_.uid, activation_);
  if (!value) return refuse(what, value.error().message);
  if (value->kind() != cel::Kind::string) {
    return refuse(what, "uid claim expression must return a string");
  }
  return value->text();
}

Result<token::Extra> Mapper::extra() const {
  token::Extra out;
  for (const auto& [key, program] : rules_.extra) {
    const auto value = evaluate(program, activation_);
    if (!value) return refuse("error evaluating extra claim expression: ", value.error().message);
    auto texts = texts_of(*value);
    if (!texts) {
      return refuse("error evaluating extra claim expression: ", program.text(), ": ",
                    texts.error().message);
    }
    if (!texts->empty()) out.emplace(key, *std::move(texts));
  }
  return out;
}

Result<void> Mapper::hold(const std::vector<CompiledRule>& rules, const cel::Activation& activation,
                          std::string_view what) {
  for (const auto& [program, message] : rules) {
    const auto value = evaluate(program, activation);
    if (!value) return refuse("error evaluating ", what, ": ", value.error().message);
    if (value->kind() != cel::Kind::boolean) {
      return refuse("error evaluating ", what, ": validation expression must return a boolean");
    }
    if (!value->boolean()) {
      return refuse("error evaluating ", what, ": validation expression '", program.text(),
                    "' failed: ", message);
    }
  }
  return {};
}

Result<void> Mapper::claim_rules() const {
  for (const auto& rule : rules_.source.claim_rules) {
    if (rule.claim.empty()) continue;
    if (!claims_.contains(rule.claim)) {
      return refuse("required claim ", rule.claim, " not present in ID token");
    }
    const auto value = text_claim(claims_, rule.claim);
    if (!value) return refuse("parse claim ", rule.claim, ": ", value.error().message);
    if (*value != rule.required_value) {
      return refuse("required claim ", rule.claim, " value does not match. Got = ", *value,
                    ", want = ", rule.required_value);
    }
  }
  return hold(rules_.claim_rules, activation_, "claim validation expression");
}

cel::Value list_of(const std::vector<std::string>& texts) {
  cel::List out;
  for (const auto& text : texts) out.push_back(cel::Value::of(text));
  return cel::Value::of(std::move(out));
}

Result<void> Mapper::user_rules(const token::UserInfo& user) const {
  if (rules_.user_rules.empty()) return {};
  cel::Map extra;
  for (const auto& [key, values] : user.extra) {
    extra.emplace(cel::Value::of(key), list_of(values));
  }
  cel::Map fields;
  fields.emplace(cel::Value::of("username"), cel::Value::of(user.username));
  fields.emplace(cel::Value::of("uid"), cel::Value::of(user.uid));
  fields.emplace(cel::Value::of("groups"), list_of(user.groups));
  fields.emplace(cel::Value::of("extra"), cel::Value::of(std::move(extra)));
  return hold(rules_.user_rules, {{"user", cel::Value::of(std::move(fields))}},
              "user info validation rule");
}

// In Kubernetes' order, so that the same error comes first.
Result<token::UserInfo> Mapper::user() {
  TRY_VOID(no_distributed_groups());
  token::UserInfo out;
  TRY(out.username, username());
  TRY(out.groups, groups());
  TRY(out.uid, uid());
  TRY(out.extra, extra());
  TRY_VOID(claim_rules());
  TRY_VOID(user_rules(out));
  return out;
}

}  // namespace

Result<token::UserInfo> user_of(const CompiledAuthenticator& authenticator,
                                const codec::JsonObject& claims) {
  return Mapper(authenticator, claims).user();
}

}  // namespace signet::oidc
