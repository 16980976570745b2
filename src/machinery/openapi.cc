#include "machinery/openapi.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "codec/json.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view title = "signet";
constexpr std::string_view gvk_extension = "x-kubernetes-group-version-kind";

// "io.k8s.api.core.v1.Pod": the names that clients know from Kubernetes.
std::string definition_name(const Kind& kind) {
  const auto package = kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.'));
  return cat("io.k8s.api.", package, '.', kind.version, '.', kind.kind);
}

JsonObject group_version_kind(const Kind& kind) {
  JsonObject out;
  out["group"] = kind.group;
  out["kind"] = kind.kind;
  out["version"] = kind.version;
  return out;
}

JsonObject document_info() {
  JsonObject info;
  info["title"] = title;
  info["version"] = "v1";
  return info;
}

// Protobuf wire format, as much as openapi.v2.Document needs: fields of bytes.
void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

void append_field(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_varint(out, (std::uint64_t{number} << 3U) | 2U);
  append_varint(out, bytes.size());
  out += bytes;
}

std::string pair_message(std::uint32_t first, std::string_view name, std::uint32_t second,
                         std::string_view value) {
  std::string out;
  append_field(out, first, name);
  append_field(out, second, value);
  return out;
}

// The schemas that one document refers to, each under a name of its own.
class Components {
 public:
  std::string reference(const Schema& schema) {
    return cat("#/components/schemas/", name_of(schema));
  }

  // Renders all that was referred to, and what that refers to.
  JsonObject render() {
    JsonObject out;
    while (!waiting_.empty()) {
      const auto* schema = waiting_.back();
      waiting_.pop_back();
      out[name_of(*schema)] = properties_of(*schema, nullptr);
    }
    return out;
  }

  JsonObject properties_of(const Schema& schema, const Kind* kind) {
    JsonObject properties;
    if (kind != nullptr) {
      properties["apiVersion"] = scalar_type("string", {});
      properties["kind"] = scalar_type("string", {});
    }
    for (const auto& field : schema.fields) properties[field.name] = field_schema(field);
    JsonObject out;
    out["type"] = "object";
    out["properties"] = std::move(properties);
    if (kind != nullptr) out[gvk_extension] = JsonArray{group_version_kind(*kind)};
    return out;
  }

 private:
  static JsonObject scalar_type(std::string_view type, std::string_view format) {
    JsonObject out;
    out["type"] = type;
    if (!format.empty()) out["format"] = format;
    return out;
  }

  // Two Go types of one name get numbered names.
  const std::string& name_of(const Schema& schema) {
    const auto known = names_.find(&schema);
    if (known != names_.end()) return known->second;
    std::string name(schema.name);
    for (int number = 2; !taken_.insert(name).second; ++number) name = cat(schema.name, number);
    waiting_.push_back(&schema);
    return names_.emplace(&schema, std::move(name)).first->second;
  }

  JsonObject element_schema(const Field& field) {
    switch (field.type) {
      case Type::text:
      case Type::quantity:
        return scalar_type("string", {});
      case Type::boolean:
        return scalar_type("boolean", {});
      case Type::int32:
        return scalar_type("integer", "int32");
      case Type::int64:
        return scalar_type("integer", "int64");
      case Type::bytes:
        return scalar_type("string", "byte");
      case Type::time:
      case Type::micro_time:
        return scalar_type("string", "date-time");
      case Type::int_or_string: {
        JsonObject out;
        out["format"] = "int-or-string";
        out["oneOf"] = JsonArray{scalar_type("integer", {}), scalar_type("string", {})};
        return out;
      }
      case Type::text_list: {
        JsonObject out;
        out["type"] = "array";
        out["items"] = scalar_type("string", {});
        return out;
      }
      case Type::message: {
        JsonObject out;
        if (field.schema != nullptr) out["$ref"] = reference(*field.schema);
        return out;
      }
      case Type::raw:
        break;
    }
    return scalar_type("object", {});
  }

  JsonObject field_schema(const Field& field) {
    if (field.shape == Shape::single) return element_schema(field);
    JsonObject out;
    if (field.shape == Shape::map) {
      out["type"] = "object";
      out["additionalProperties"] = element_schema(field);
      return out;
    }
    out["type"] = "array";
    out["items"] = element_schema(field);
    if (field.merge != ListMerge::replace) {
      out["x-kubernetes-patch-strategy"] = field.retain_keys ? "merge,retainKeys" : "merge";
      if (field.merge == ListMerge::by_key) {
        out["x-kubernetes-patch-merge-key"] = field.merge_key;
      }
    }
    return out;
  }

  std::map<const Schema*, std::string> names_;
  std::set<std::string> taken_;
  std::vector<const Schema*> waiting_;
};

std::string collection_path(const Kind& kind) {
  return cat(kind.group.empty() ? "/api/" : "/apis/", kind.group, kind.group.empty() ? "" : "/",
             kind.version, kind.namespaced() ? "/namespaces/{namespace}/" : "/", kind.plural);
}

JsonObject operation(const Kind& kind, std::string_view action) {
  JsonObject out;
  out["x-kubernetes-action"] = action;
  out[gvk_extension] = group_version_kind(kind);
  out["responses"] = JsonObject();
  return out;
}

JsonObject patch_operation(const Kind& kind) {
  auto out = operation(kind, "patch");
  JsonArray parameters;
  for (const std::string_view name : {"dryRun", "fieldManager", "fieldValidation"}) {
    JsonObject schema;
    schema["type"] = "string";
    JsonObject parameter;
    parameter["name"] = name;
    parameter["in"] = "query";
    parameter["schema"] = std::move(schema);
    parameters.push_back(std::move(parameter));
  }
  out["parameters"] = std::move(parameters);
  return out;
}

bool serves(const Kind& kind, std::string_view verb) {
  return std::ranges::find(kind.verbs, verb) != kind.verbs.end();
}

void add_paths(const Kind& kind, JsonObject& paths) {
  JsonObject collection;
  if (serves(kind, "list")) collection["get"] = operation(kind, "list");
  if (serves(kind, "create")) collection["post"] = operation(kind, "post");
  paths[collection_path(kind)] = std::move(collection);
  JsonObject item;
  if (serves(kind, "get")) item["get"] = operation(kind, "get");
  if (serves(kind, "update")) item["put"] = operation(kind, "put");
  if (serves(kind, "patch")) item["patch"] = patch_operation(kind);
  if (serves(kind, "delete")) item["delete"] = operation(kind, "delete");
  if (!item.empty()) paths[cat(collection_path(kind), "/{name}")] = std::move(item);
}

}  // namespace

std::string openapi_v2_json(const Registry& registry) {
  JsonObject definitions;
  for (const auto* kind : registry.kinds()) {
    JsonObject definition;
    definition[gvk_extension] = JsonArray{group_version_kind(*kind)};
    definitions[definition_name(*kind)] = std::move(definition);
  }
  JsonObject out;
  out["swagger"] = "2.0";
  out["info"] = document_info();
  out["paths"] = JsonObject();
  out["definitions"] = std::move(definitions);
  return codec::to_json(Json(std::move(out)));
}

std::string openapi_v2_protobuf(const Registry& registry) {
  std::string definitions;
  for (const auto* kind : registry.kinds()) {
    const auto yaml = cat("- group: \"", kind->group, "\"\n  kind: ", kind->kind,
                          "\n  version: ", kind->version, '\n');
    std::string any;
    append_field(any, 2, yaml);  // Any.yaml
    std::string schema;
    append_field(schema, 31, pair_message(1, gvk_extension, 2, any));  // vendor_extension
    append_field(definitions, 1, pair_message(1, definition_name(*kind), 2, schema));
  }
  std::string out;
  append_field(out, 1, "2.0");                            // swagger
  append_field(out, 2, pair_message(1, title, 2, "v1"));  // info
  append_field(out, 8, "");                               // paths
  append_field(out, 9, definitions);
  return out;
}

std::string openapi_v3_json(const Registry& registry, std::string_view group,
                            std::string_view version) {
  JsonObject paths;
  JsonObject schemas;
  Components components;
  for (const auto* kind : registry.kinds()) {
    if (kind->group != group || kind->version != version) continue;
    add_paths(*kind, paths);
    if (kind->schema == nullptr) continue;
    schemas[definition_name(*kind)] = components.properties_of(*kind->schema, kind);
  }
  for (auto& [name, schema] : components.render()) schemas[name] = std::move(schema);
  JsonObject parts;
  parts["schemas"] = std::move(schemas);
  JsonObject out;
  out["openapi"] = "3.0.0";
  out["info"] = document_info();
  out["paths"] = std::move(paths);
  out["components"] = std::move(parts);
  return codec::to_json(Json(std::move(out)));
}

}  // namespace signet::machinery
