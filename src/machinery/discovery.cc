#include "machinery/discovery.h"

#include <array>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/cat.h"
#include "codec/form.h"
#include "machinery/accept.h"
#include "machinery/discovery_documents.h"
#include "machinery/discovery_schema.h"
#include "machinery/negotiate.h"
#include "machinery/openapi_documents.h"
#include "machinery/shared_document.h"

namespace signet::machinery {
namespace {

constexpr std::array<std::string_view, 2> aggregated_versions = {"v2", "v2beta1"};

// The version of the aggregated form that the client prefers over the plain one; empty: none.
std::string_view aggregated_version(const net::Request& request) {
  for (const auto& clause : parse_accept(request)) {
    const auto as = clause.parameter("as");
    if (as.empty()) {
      for (const std::string_view subtype : {"json", "yaml", "vnd.kubernetes.protobuf"}) {
        if (clause.covers("application", subtype)) return {};
      }
      continue;
    }
    if (as != "APIGroupDiscoveryList" || clause.parameter("g") != "apidiscovery.k8s.io" ||
        !clause.covers("application", "json")) {
      continue;
    }
    for (const auto version : aggregated_versions) {
      if (clause.parameter("v") == version) return version;
    }
  }
  return {};
}

std::string group_version_path(std::string_view group, std::string_view version) {
  return group.empty() ? cat("api/", version) : cat("apis/", group, '/', version);
}

}  // namespace

struct Discovery::Documents {
  explicit Documents(const Registry& registry) : openapi(registry) {}

  struct Plain {
    SharedDocument document;
    const Schema* schema;  // for protobuf
  };
  std::map<std::string, Plain, std::less<>> plain;                // by path
  std::map<std::string, SharedDocument, std::less<>> aggregated;  // by path and version
  OpenApiDocuments openapi;

  void add_plain(std::string path, std::string json, const Schema& schema) {
    plain.emplace(std::move(path), Plain{json_document(std::move(json)), &schema});
  }
};

Discovery::Discovery(const Registry& registry, std::string_view server_address)
    : documents_(std::make_unique<Documents>(registry)) {
  const auto groups = groups_of(registry);
  documents_->add_plain("/apis", group_list_json(groups), api_group_list_schema);
  for (const auto& group : groups) {
    if (group.name.empty()) {
      documents_->add_plain("/api", api_versions_json(group, server_address), api_versions_schema);
    } else {
      documents_->add_plain(cat("/apis/", group.name), group_json(group), api_group_schema);
    }
    for (const auto version : group.versions) {
      documents_->add_plain(cat('/', group_version_path(group.name, version)),
                            resource_list_json(registry, group.name, version),
                            api_resource_list_schema);
    }
  }
  for (const auto version : aggregated_versions) {
    for (const bool core : {true, false}) {
      documents_->aggregated.emplace(
          cat(core ? "/api" : "/apis", ' ', version),
          json_document(aggregated_json(registry, groups, core, version)));
    }
  }
}

Discovery::~Discovery() = default;

std::optional<net::Response> Discovery::answer(const net::Request& request,
                                               std::string_view path) const {
  if (path.ends_with('/')) path.remove_suffix(1);
  const auto plain = documents_->plain.find(path);
  const bool openapi = documents_->openapi.serves(path);
  if (plain == documents_->plain.end() && !openapi) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    return respond(ApiError::method_not_allowed(), error_format(request));
  }
  if (openapi) return documents_->openapi.answer(request, path);
  if (path == "/api" || path == "/apis") {
    if (const auto version = aggregated_version(request); !version.empty()) {
      const auto& document = documents_->aggregated.find(cat(path, ' ', version))->second;
      auto response = document.answer(
          request,
          cat("application/json;g=apidiscovery.k8s.io;v=", version, ";as=APIGroupDiscoveryList"));
      response.headers.emplace_back("cache-control", "public");
      return response;
    }
  }
  const auto query = codec::Query::parse(request.query);
  const auto negotiated = negotiate(request, query ? query->get("pretty") : std::string_view(), {});
  if (!negotiated) return respond(negotiated.error(), error_format(request));
  const auto& [document, schema] = plain->second;
  if (negotiated->format == Format::json) return document.answer(request, "application/json");
  return respond(200, std::string(document.bytes().substr(0, document.bytes().size() - 1)),
                 negotiated->format, {}, schema);
}

std::vector<std::string> Discovery::paths() const {
  auto out = documents_->openapi.paths();
  for (const auto& [path, document] : documents_->plain) out.push_back(path);
  return out;
}

}  // namespace signet::machinery
