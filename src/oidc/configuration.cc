#include "oidc/configuration.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/go_quote.h"
#include "codec/yaml.h"
#include "token/error_text.h"

namespace signet::oidc {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::string_view group = "apiserver.config.k8s.io/";
constexpr std::array<std::string_view, 3> versions{"v1", "v1beta1", "v1alpha1"};

std::string_view type_of(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  return value.is_array() ? "array" : "object";
}

// Reads fields by name and keeps what is wrong with them, all of it.
class Fields {
 public:
  Fields(const JsonObject& object, std::string path, token::ErrorTexts& errors)
      : object_(object), path_(std::move(path)), errors_(errors) {}

  // Those that were not named here do not exist.
  void allow(std::initializer_list<std::string_view> names) {
    for (const auto& member : object_) {
      const std::string_view name(member.key());
      if (std::ranges::find(names, name) == names.end()) {
        errors_.add(cat("strict decoding error: unknown field ", codec::go_quote(path_of(name))));
      }
    }
  }
  void read(std::string_view name, std::string& out) {
    if (const auto* value = find(name, &Json::is_string, "string")) {
      out = std::string_view(value->get_string());
    }
  }
  void read(std::string_view name, std::optional<std::string>& out) {
    if (const auto* value = find(name, &Json::is_string, "string")) {
      out.emplace(std::string_view(value->get_string()));
    }
  }
  void read(std::string_view name, bool& out) {
    if (const auto* value = find(name, &Json::is_bool, "bool")) out = value->get_bool();
  }
  void read(std::string_view name, std::vector<std::string>& out) {
    const auto* list = find(name, &Json::is_array, "array");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
      const auto& element = list->get_array()[i];
      if (element.is_string()) {
        out.emplace_back(std::string_view(element.get_string()));
      } else {
        mistyped(cat(path_of(name), '[', i, ']'), element, "string");
      }
    }
  }
  template <typename Read>
  void object(std::string_view name, Read read) {
    const auto* value = find(name, &Json::is_object, "object");
    if (value != nullptr) read(Fields(value->get_object(), path_of(name), errors_));
  }
  // `read(fields, element)` for each, which is appended to `out`.
  template <typename T, typename Read>
  void objects(std::string_view name, std::vector<T>& out, Read read) {
    const auto* list = find(name, &Json::is_array, "array");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
      const auto& element = list->get_array()[i];
      auto path = cat(path_of(name), '[', i, ']');
      if (element.is_object()) {
        read(Fields(element.get_object(), std::move(path), errors_), out.emplace_back());
      } else {
        mistyped(path, element, "object");
      }
    }
  }

 private:
  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : cat(path_, '.', name);
  }
  void mistyped(std::string_view path, const Json& value, std::string_view wanted) {
    errors_.add(
        cat("json: cannot unmarshal ", type_of(value), " into field ", path, " of type ", wanted));
  }
  // Null where it is missing, null or of another type.
  template <typename Is>
  const Json* find(std::string_view name, Is is, std::string_view wanted) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || value->is_null()) return nullptr;
    if ((value->*is)()) return value;
    mistyped(path_of(name), *value, wanted);
    return nullptr;
  }

  const JsonObject& object_;
  std::string path_;
  token::ErrorTexts& errors_;
};

void read_issuer(Fields fields, Issuer& out) {
  fields.allow({"url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy",
                "egressSelectorType"});
  fields.read("url", out.url);
  fields.read("discoveryURL", out.discovery_url);
  fields.read("certificateAuthority", out.certificate_authority);
  fields.read("audiences", out.audiences);
  fields.read("audienceMatchPolicy", out.audience_match_policy);
  fields.read("egressSelectorType", out.egress_selector_type);
}

void read_claim_rule(Fields fields, ClaimRule& out) {
  fields.allow({"claim", "requiredValue", "expression", "message"});
  fields.read("claim", out.claim);
  fields.read("requiredValue", out.required_value);
  fields.read("expression", out.expression);
  fields.read("message", out.message);
}

void read_mapping(Fields fields, Mapping& out) {
  fields.allow({"claim", "prefix", "expression"});
  fields.read("claim", out.claim);
  fields.read("prefix", out.prefix);
  fields.read("expression", out.expression);
}
void read_uid(Fields fields, Mapping& out) {
  fields.allow({"claim", "expression"});
  fields.read("claim", out.claim);
  fields.read("expression", out.expression);
}

void read_mappings(Fields fields, JwtAuthenticator& out) {
  fields.allow({"username", "groups", "uid", "extra"});
  fields.object("username",
                [&](Fields mapping) { read_mapping(std::move(mapping), out.username); });
  fields.object("groups", [&](Fields mapping) { read_mapping(std::move(mapping), out.groups); });
  fields.object("uid", [&](Fields mapping) { read_uid(std::move(mapping), out.uid); });
  fields.objects("extra", out.extra, [](Fields extra, ExtraMapping& mapping) {
    extra.allow({"key", "valueExpression"});
    extra.read("key", mapping.key);
    extra.read("valueExpression", mapping.value_expression);
  });
}

void read_authenticator(Fields fields, JwtAuthenticator& out) {
  fields.allow({"issuer", "claimValidationRules", "claimMappings", "userValidationRules"});
  fields.object("issuer", [&](Fields issuer) { read_issuer(std::move(issuer), out.issuer); });
  fields.objects("claimValidationRules", out.claim_rules, read_claim_rule);
  fields.object("claimMappings", [&](Fields mappings) { read_mappings(std::move(mappings), out); });
  fields.objects("userValidationRules", out.user_rules, [](Fields rule, UserRule& user_rule) {
    rule.allow({"expression", "message"});
    rule.read("expression", user_rule.expression);
    rule.read("message", user_rule.message);
  });
}

void read_anonymous(Fields fields, access::AnonymousAccess& out) {
  struct Condition {
    std::string path;
  };
  out.enabled = false;
  fields.allow({"enabled", "conditions"});
  fields.read("enabled", out.enabled);
  std::vector<Condition> conditions;
  fields.objects("conditions", conditions, [](Fields condition, Condition& made) {
    condition.allow({"path"});
    condition.read("path", made.path);
  });
  for (auto& condition : conditions) out.paths.push_back(std::move(condition.path));
}

Result<Json> parse_text(std::string_view text) {
  const codec::ParseLimits limits{.bytes_max = configuration_bytes_max};
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  return json ? codec::parse_json_strict(text, limits) : codec::parse_yaml(text, limits);
}

}  // namespace

Result<Configuration> parse_configuration(std::string_view text) {
  TRY(const auto json, parse_text(text));
  if (!json.is_object()) return fail(ErrorKind::invalid, "not an object");
  const auto version = codec::string_at(json, "apiVersion");
  const auto kind = codec::string_at(json, "kind");
  const bool known = version.starts_with(group) &&
                     std::ranges::find(versions, version.substr(group.size())) != versions.end();
  if (!known || kind != "AuthenticationConfiguration") {
    return fail(ErrorKind::invalid, cat("no kind ", codec::go_quote(kind),
                                        " is registered for version ", codec::go_quote(version)));
  }
  Configuration out;
  token::ErrorTexts errors;
  Fields fields(json.get_object(), "", errors);
  fields.allow({"apiVersion", "kind", "jwt", "anonymous"});
  fields.objects("jwt", out.jwt, read_authenticator);
  fields.object("anonymous", [&](Fields anonymous) {
    read_anonymous(std::move(anonymous), out.anonymous.emplace());
  });
  if (!errors.empty()) return fail(ErrorKind::invalid, errors.text());
  return out;
}

}  // namespace signet::oidc
