// Secret: bytes under keys, of a type that says which keys. Rules: api.md B.3, tokens.md 1.2.
#include <array>

#include "base/cat.h"
#include "codec/base64.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/data_rules.h"
#include "kinds/kinds.h"
#include "kinds/token_secret.h"
#include "machinery/go_json.h"
#include "machinery/meta_validation.h"
#include "machinery/normalise_scalar.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    boolean(5, "immutable").optional(),
    map_of(2, "data", Type::bytes),
    map_of(4, "stringData", Type::text),
    text(3, "type"),
};
constexpr Schema schema{"Secret", fields};

constexpr std::string_view selectable[] = {"type"};
constexpr std::string_view data_fields[] = {"data"};

Json type_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "type");
}
Json data_cell(const Json& object, Instant /*now*/) {
  return Json(codec::object_at(object, "data").size());
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Type", .description = "What the secret is for", .cell = type_cell},
    {.name = "Data", .description = "Number of keys", .cell = data_cell},
    age_column,
};

// Folds stringData, which is only ever written, into data.
void set_defaults(Json& object) {
  auto& members = object.as_object();
  if (auto* plain = members.if_contains("stringData")) {
    const Json folded = std::move(*plain);
    members.erase("stringData");
    if (const auto* entries = folded.if_object(); entries != nullptr && !entries->empty()) {
      auto& data = codec::make_object_at(object, "data");
      for (const auto& entry : *entries) {
        const auto* value = entry.value().if_string();
        data[entry.key()] =
            codec::base64_encode(value == nullptr ? std::string_view{} : std::string_view(*value));
      }
    }
  }
  default_text(members, "type", "Opaque");
}

// What Go says about bytes that are to be a JSON object; empty when they are one, or null.
std::string json_object_error(std::string_view base64) {
  const auto bytes = codec::base64_decode(base64);
  if (!bytes) return bytes.error().message;
  if (auto error = machinery::go_json_error(*bytes); !error.empty()) return error;
  const auto document = codec::parse_json(*bytes, {});
  if (!document) return document.error().message;
  if (document->value.is_object() || document->value.is_null()) return {};
  return cat("json: cannot unmarshal ", machinery::json_type_name(document->value),
             " into Go value of type map[string]interface {}");
}

struct TypeRule {
  enum class Needs : std::uint8_t { all_keys, any_key, filled, json };
  std::string_view type;
  Needs needs;
  std::array<std::string_view, 2> keys;  // "" where there is one
};
constexpr TypeRule type_rules[] = {
    {"kubernetes.io/dockercfg", TypeRule::Needs::json, {".dockercfg", ""}},
    {"kubernetes.io/dockerconfigjson", TypeRule::Needs::json, {".dockerconfigjson", ""}},
    {"kubernetes.io/basic-auth", TypeRule::Needs::any_key, {"username", "password"}},
    {"kubernetes.io/ssh-auth", TypeRule::Needs::filled, {"ssh-privatekey", ""}},
    {"kubernetes.io/tls", TypeRule::Needs::all_keys, {"tls.crt", "tls.key"}},
};

void validate_rule(const TypeRule& rule, const Json& object, FieldErrors& errors) {
  const auto& data = codec::object_at(object, "data");
  FieldErrors missing;
  bool found = false;
  for (const auto key : rule.keys) {
    if (key.empty()) continue;
    const auto path = cat("data[", key, ']');
    const auto* value = data.if_contains(key);
    if (value == nullptr) {
      missing.required(path);
      continue;
    }
    found = true;
    const auto* base64 = value->if_string();
    const auto text = base64 == nullptr ? std::string_view() : std::string_view(*base64);
    if (rule.needs == TypeRule::Needs::filled && text.empty()) missing.required(path);
    if (rule.needs != TypeRule::Needs::json) continue;
    if (auto why = json_object_error(text); !why.empty()) {
      errors.invalid(path, machinery::quoted("<secret contents redacted>"), std::move(why));
    }
  }
  if (rule.needs == TypeRule::Needs::any_key && found) return;
  for (const auto& error : missing.all()) errors.add(error);
}

void validate(const Json& object, FieldErrors& errors) {
  std::size_t size = 0;
  for (const auto& entry : codec::object_at(object, "data")) {
    machinery::validate_data_key(entry.key(), "data", errors);
    if (const auto* text = entry.value().if_string()) size += decoded_size(*text);
  }
  if (size > data_bytes_max) {
    errors.too_long("data", cat("may not be more than ", data_bytes_max, " bytes"));
  }

  const auto type = codec::string_at(object, "type");
  if (type == token_secret_type && !token_secret_owner(object)) {
    errors.required(cat("metadata.annotations[", account_name_annotation, ']'));
  }
  for (const auto& rule : type_rules) {
    if (rule.type == type) validate_rule(rule, object, errors);
  }
}

void validate_update(const Json& object, const Json& old, machinery::Update /*what*/,
                     FieldErrors& errors) {
  const auto type = codec::string_at(object, "type");
  if (type != codec::string_at(old, "type")) {
    errors.invalid("type", machinery::quoted(type), "field is immutable");
  }
  validate_immutable(object, old, data_fields, errors);
}

}  // namespace

constinit const machinery::Kind secret{
    .group = "",
    .version = "v1",
    .kind = "Secret",
    .plural = "secrets",
    .singular = "secret",
    .description = "A Secret holds confidential data under keys, such as a password or a token.",
    .verbs = all_verbs,
    .schema = &schema,
    .selectable = selectable,
    .columns = columns,
    .index = index_token_secret,
    .set_defaults = set_defaults,
    .validate = validate,
    .validate_update = validate_update,
};

}  // namespace signet::kinds
