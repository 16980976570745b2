// ConfigMap: text and bytes under keys. Rules: api.md B.3.
#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/data_rules.h"
#include "kinds/kinds.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    boolean(4, "immutable").optional(),
    map_of(2, "data", Type::text),
    map_of(3, "binaryData", Type::bytes),
};
constexpr Schema schema{"ConfigMap", fields};

constexpr std::string_view short_names[] = {"cm"};
constexpr std::string_view data_fields[] = {"data", "binaryData"};

Json data_cell(const Json& object, Instant /*now*/) {
  return Json(codec::object_at(object, "data").size() +
              codec::object_at(object, "binaryData").size());
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Data", .description = "Number of keys", .cell = data_cell},
    age_column,
};

// Checks the keys of one of the two maps against the rules and against the other map.
void validate_keys(const Json& object, std::string_view here, std::string_view there,
                   FieldErrors& errors) {
  const auto& others = codec::object_at(object, there);
  for (const auto& entry : codec::object_at(object, here)) {
    const std::string_view key = entry.key();
    const auto path = cat(here, '[', key, ']');
    machinery::validate_data_key(key, here, errors);
    if (others.contains(key)) {
      errors.invalid(path, machinery::quoted(key), cat("duplicate of key present in ", there));
    }
  }
}

void validate(const Json& object, FieldErrors& errors) {
  validate_keys(object, "data", "binaryData", errors);
  validate_keys(object, "binaryData", "data", errors);

  std::size_t size = 0;
  for (const auto& entry : codec::object_at(object, "data")) {
    if (const auto* text = entry.value().if_string()) size += text->size();
  }
  for (const auto& entry : codec::object_at(object, "binaryData")) {
    if (const auto* text = entry.value().if_string()) size += decoded_size(*text);
  }
  if (size > data_bytes_max) {
    errors.too_long("[]", cat("may not be more than ", data_bytes_max, " bytes"));
  }
}

void validate_update(const Json& object, const Json& old, machinery::Update /*what*/,
                     FieldErrors& errors) {
  validate_immutable(object, old, data_fields, errors);
}

}  // namespace

constinit const machinery::Kind config_map{
    .group = "",
    .version = "v1",
    .kind = "ConfigMap",
    .plural = "configmaps",
    .singular = "configmap",
    .description = "A ConfigMap holds settings that pods read: text and bytes under keys.",
    .short_names = short_names,
    .verbs = all_verbs,
    .schema = &schema,
    .columns = columns,
    .validate = validate,
    .validate_update = validate_update,
};

}  // namespace signet::kinds
