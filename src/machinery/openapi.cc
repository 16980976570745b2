#include "machinery/openapi.h"

#include <utility>

#include "machinery/openapi_paths.h"
#include "machinery/openapi_schemas.h"

namespace signet::machinery {
namespace {

using codec::JsonObject;

JsonObject document_info() {
  JsonObject info;
  info["title"] = "signet";
  info["version"] = "v1";
  return info;
}

struct Parts {
  JsonObject paths;
  JsonObject definitions;
};

template <typename Selects>
Parts render(const Registry& registry, OpenApi form, Selects selects) {
  OpenApiSchemas schemas(form);
  Parts out;
  for (const auto* kind : registry.kinds()) {
    if (!selects(*kind)) continue;
    schemas.add_kind(*kind);
    add_openapi_paths(*kind, schemas, form, out.paths);
  }
  out.definitions = schemas.render();
  return out;
}

}  // namespace

codec::Json openapi_v2(const Registry& registry) {
  auto parts = render(registry, OpenApi::v2, [](const Kind&) { return true; });
  JsonObject out;
  out["swagger"] = "2.0";
  out["info"] = document_info();
  out["paths"] = std::move(parts.paths);
  out["definitions"] = std::move(parts.definitions);
  return out;
}

codec::Json openapi_v3(const Registry& registry, std::string_view group, std::string_view version) {
  auto parts = render(registry, OpenApi::v3, [&](const Kind& kind) {
    return kind.group == group && kind.version == version;
  });
  JsonObject components;
  components["schemas"] = std::move(parts.definitions);
  JsonObject out;
  out["openapi"] = "3.0.0";
  out["info"] = document_info();
  out["paths"] = std::move(parts.paths);
  out["components"] = std::move(components);
  return out;
}

}  // namespace signet::machinery
