#include "machinery/openapi_schemas.h"

#include <utility>

#include "base/cat.h"
#include "machinery/meta_schema.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view meta_group = "meta.k8s.io";

std::string package_of(const TypeName& type) {
  if (type.group == meta_group) return std::string(meta_package);
  const auto label = type.group.empty() ? "core" : type.group.substr(0, type.group.find('.'));
  return cat("io.k8s.api.", label, '.', type.version);
}

JsonObject scalar_type(std::string_view type, std::string_view format = {}) {
  JsonObject out;
  out["type"] = type;
  if (!format.empty()) out["format"] = format;
  return out;
}

// v3 can say that there is a choice; v2 has a format for it.
JsonObject either(OpenApi form, std::string_view first, std::string_view second,
                  std::string_view format) {
  if (form == OpenApi::v2) return scalar_type("string", format);
  JsonObject out;
  out["oneOf"] = JsonArray{scalar_type(first), scalar_type(second)};
  if (!format.empty()) out["format"] = format;
  return out;
}

// How server-side apply takes a list.
void add_list_type(const Field& field, JsonObject& out) {
  const bool as_merged = field.ownership == Ownership::by_merge;
  if (field.ownership == Ownership::by_key || (as_merged && field.merge == ListMerge::by_key)) {
    out["x-kubernetes-list-type"] = "map";
    JsonArray keys;
    for (const auto key : field.keys()) keys.emplace_back(key);
    out["x-kubernetes-list-map-keys"] = std::move(keys);
  } else if (field.ownership == Ownership::set || (as_merged && field.merge == ListMerge::set)) {
    out["x-kubernetes-list-type"] = "set";
  } else {
    out["x-kubernetes-list-type"] = "atomic";
  }
}

void add_list_extensions(const Field& field, JsonObject& out) {
  add_list_type(field, out);
  if (field.merge == ListMerge::replace) return;
  out["x-kubernetes-patch-strategy"] = field.retain_keys ? "merge,retainKeys" : "merge";
  if (field.merge == ListMerge::by_key) out["x-kubernetes-patch-merge-key"] = field.merge_key;
}

}  // namespace

JsonObject group_version_kind(const TypeName& type) {
  JsonObject out;
  out["group"] = type.group;
  out["kind"] = type.kind;
  out["version"] = type.version;
  return out;
}

std::string definition_name(const TypeName& type) {
  return cat(package_of(type), '.', type.kind);
}

OpenApiSchemas::OpenApiSchemas(OpenApi form) : form_(form) {
  // What every path refers to.
  add_type({"", "v1", "Status"}, status_schema, "A Status is what an operation came to.");
  add_type({"", "v1", "DeleteOptions"}, delete_options_schema,
           "DeleteOptions say how an object is to be deleted.");
  auto patch = scalar_type("object");
  patch["description"] = "A Patch is a change in one of the forms that the content type names.";
  definitions_[cat(meta_package, ".Patch")] = std::move(patch);
  name_of(list_meta, {});
}

void OpenApiSchemas::add_kind(const Kind& kind) {
  if (kind.schema == nullptr) return;
  const TypeName type{kind.group, kind.version, kind.kind};
  add_type(type, *kind.schema, kind.description);
  if (kind.stored) add_list(kind);
  for (const auto& subresource : kind.subresources) {
    if (subresource.schema == nullptr) continue;
    const bool own = subresource.version.empty();
    add_type({own ? kind.group : subresource.group, own ? kind.version : subresource.version,
              subresource.kind},
             *subresource.schema, {});
  }
}

void OpenApiSchemas::add_type(const TypeName& type, const Schema& schema,
                              std::string_view description) {
  const auto package = schema.package.empty() ? package_of(type) : std::string(schema.package);
  const auto name = cat(package, '.', type.kind);
  if (definitions_.contains(name)) return;
  names_.emplace(Use(&schema, package), name);
  taken_.insert(name);
  JsonObject properties;
  properties["apiVersion"] = scalar_type("string");
  properties["kind"] = scalar_type("string");
  for (auto& [key, value] : properties_of(schema, package)) properties[key] = std::move(value);
  JsonObject definition;
  if (!description.empty()) definition["description"] = description;
  definition["type"] = "object";
  definition["properties"] = std::move(properties);
  definition["x-kubernetes-group-version-kind"] = JsonArray{group_version_kind(type)};
  definitions_[name] = std::move(definition);
}

void OpenApiSchemas::add_list(const Kind& kind) {
  const auto list_kind = kind.list_kind();
  const TypeName item{kind.group, kind.version, kind.kind};
  const TypeName list{kind.group, kind.version, list_kind};
  JsonObject items = scalar_type("array");
  items["items"] = reference(item);
  JsonObject properties;
  properties["apiVersion"] = scalar_type("string");
  properties["kind"] = scalar_type("string");
  properties["metadata"] = named(name_of(list_meta, {}));
  properties["items"] = std::move(items);
  JsonObject definition;
  definition["description"] = cat(list_kind, " is a list of ", kind.plural, '.');
  definition["type"] = "object";
  definition["properties"] = std::move(properties);
  definition["x-kubernetes-group-version-kind"] = JsonArray{group_version_kind(list)};
  definitions_[definition_name(list)] = std::move(definition);
}

JsonObject OpenApiSchemas::named(std::string_view name) const {
  JsonObject out;
  out["$ref"] = cat(form_ == OpenApi::v2 ? "#/definitions/" : "#/components/schemas/", name);
  return out;
}

JsonObject OpenApiSchemas::reference(const TypeName& type) const {
  return named(definition_name(type));
}

JsonObject OpenApiSchemas::render() {
  while (!waiting_.empty()) {
    const auto [schema, package] = std::move(waiting_.back());
    waiting_.pop_back();
    const auto& name = name_of(*schema, package);
    if (definitions_.contains(name)) continue;  // a kind of its own
    JsonObject definition = scalar_type("object");
    definition["properties"] = properties_of(*schema, package);
    if (schema->whole) definition["x-kubernetes-map-type"] = "atomic";
    definitions_[name] = std::move(definition);
  }
  return std::move(definitions_);
}

const std::string& OpenApiSchemas::name_of(const Schema& schema, const std::string& package) {
  Use use(&schema, schema.package.empty() ? package : std::string(schema.package));
  const auto known = names_.find(use);
  if (known != names_.end()) return known->second;
  const auto plain = cat(use.second, '.', schema.name);
  auto name = plain;
  for (int number = 2; !taken_.insert(name).second; ++number) name = cat(plain, number);
  waiting_.push_back(use);
  return names_.emplace(std::move(use), std::move(name)).first->second;
}

JsonObject OpenApiSchemas::properties_of(const Schema& schema, const std::string& package) {
  JsonObject properties;
  for (const auto& field : schema.fields) {
    // Embedded messages have their members beside the others.
    if (!field.name.empty()) properties[field.name] = field_schema(field, package);
  }
  return properties;
}

JsonObject OpenApiSchemas::field_schema(const Field& field, const std::string& package) {
  if (field.shape == Shape::single) return element_schema(field, package);
  JsonObject out;
  if (field.shape == Shape::map) {
    out["type"] = "object";
    out["additionalProperties"] = element_schema(field, package);
    if (field.ownership == Ownership::whole) out["x-kubernetes-map-type"] = "atomic";
    return out;
  }
  out["type"] = "array";
  out["items"] = element_schema(field, package);
  add_list_extensions(field, out);
  return out;
}

JsonObject OpenApiSchemas::shared_scalar(std::string_view name, JsonObject definition) {
  definitions_.emplace(name, std::move(definition));
  return named(name);
}

JsonObject OpenApiSchemas::element_schema(const Field& field, const std::string& package) {
  switch (field.type) {
    case Type::text:
      return scalar_type("string");
    case Type::boolean:
      return scalar_type("boolean");
    case Type::int32:
      return scalar_type("integer", "int32");
    case Type::int64:
      return scalar_type("integer", "int64");
    case Type::bytes:
      return scalar_type("string", "byte");
    case Type::time:
      return shared_scalar(cat(meta_package, ".Time"), scalar_type("string", "date-time"));
    case Type::micro_time:
      return shared_scalar(cat(meta_package, ".MicroTime"), scalar_type("string", "date-time"));
    case Type::quantity:
      return shared_scalar("io.k8s.apimachinery.pkg.api.resource.Quantity",
                           either(form_, "string", "number", {}));
    case Type::int_or_string:
      return shared_scalar("io.k8s.apimachinery.pkg.util.intstr.IntOrString",
                           either(form_, "integer", "string", "int-or-string"));
    case Type::text_list: {
      auto out = scalar_type("array");
      out["items"] = scalar_type("string");
      return out;
    }
    case Type::message:
      return named(name_of(*field.schema, package));
    case Type::raw:
      break;
  }
  return scalar_type("object");
}

}  // namespace signet::machinery
