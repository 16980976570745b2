// The types of an OpenAPI document: from the schemas of kinds to definitions with names.
//
//   OpenApiSchemas schemas(OpenApi::v3);
//   schemas.add_kind(kind);
//   auto ref = schemas.reference({"", "v1", "Pod"});      // {"$ref":"#/components/schemas/..."}
//   auto definitions = schemas.render();                  // all of that, and what it refers to
//
// Shape    a type that a kind uses is named after the package its schema says, or the kind's own;
//          two types of one name get numbers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json.h"
#include "machinery/kind.h"

namespace signet::machinery {

enum class OpenApi : std::uint8_t { v2, v3 };

struct TypeName {
  std::string_view group;
  std::string_view version;
  std::string_view kind;
};

// {"group":...,"kind":...,"version":...}
codec::JsonObject group_version_kind(const TypeName& type);
// "io.k8s.api.core.v1.Pod", "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
std::string definition_name(const TypeName& type);

class OpenApiSchemas {
 public:
  explicit OpenApiSchemas(OpenApi form);

  // The kind, its list when it is kept, and what its subresources are asked with.
  void add_kind(const Kind& kind);
  codec::JsonObject reference(const TypeName& type) const;
  codec::JsonObject render();

 private:
  using Use = std::pair<const Schema*, std::string>;  // a schema and the package it is in

  void add_type(const TypeName& type, const Schema& schema, std::string_view description);
  void add_list(const Kind& kind);
  codec::JsonObject named(std::string_view name) const;
  codec::JsonObject properties_of(const Schema& schema, const std::string& package);
  codec::JsonObject field_schema(const Field& field, const std::string& package);
  codec::JsonObject element_schema(const Field& field, const std::string& package);
  codec::JsonObject shared_scalar(std::string_view name, codec::JsonObject definition);
  const std::string& name_of(const Schema& schema, const std::string& package);

  OpenApi form_;
  codec::JsonObject definitions_;
  std::map<Use, std::string> names_;
  std::set<std::string, std::less<>> taken_;
  std::vector<Use> waiting_;
};

}  // namespace signet::machinery
