#include "machinery/discovery.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "base/cat.h"
#include "codec/form.h"
#include "machinery/accept.h"
#include "machinery/discovery_documents.h"
#include "machinery/negotiate.h"
#include "machinery/openapi.h"

namespace signet::machinery {
namespace {

constexpr std::array<std::string_view, 2> aggregated_versions = {"v2", "v2beta1"};

// Names bytes for caches, nothing more: FNV-1a, 64 bit.
std::string etag_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (unsigned shift = 64; shift > 0; shift -= 4) out += digits[(hash >> (shift - 4)) & 15U];
  return out;
}

struct Document {
  explicit Document(std::string document)
      : etag(cat('"', etag_of(document), '"')),
        bytes(std::make_shared<const std::string>(std::move(document))) {}

  std::string etag;
  std::shared_ptr<const std::string> bytes;
};

// JSON as it is sent: with a final newline.
Document json_document(std::string json) {
  json += '\n';
  return Document(std::move(json));
}

// RFC 9110 s13.1.2, without weakness: our tags are strong, and a weak comparison suffices.
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.contains(etag);
}

net::Response send(const net::Request& request, const Document& document,
                   std::string content_type) {
  net::Response response;
  response.headers.emplace_back("etag", document.etag);
  response.headers.emplace_back("vary", "Accept");
  if (matches(request.header("if-none-match"), document.etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = std::move(content_type);
  response.body = document.bytes;
  return response;
}

// The version of the aggregated form that the client prefers over the plain one; empty: none.
std::string_view aggregated_version(const net::Request& request) {
  for (const auto& clause : parse_accept(request)) {
    const auto as = clause.parameter("as");
    if (as.empty()) {
      if (clause.covers("application", "json") || clause.covers("application", "yaml")) return {};
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

bool wants_protobuf(const net::Request& request) {
  for (const auto& clause : parse_accept(request)) {
    if (clause.covers("application", "json")) return false;
    if (clause.covers("application", "com.github.proto-openapi.spec.v2@v1.0+protobuf") ||
        clause.covers("application", "com.github.proto-openapi.spec.v2.v1.0+protobuf")) {
      return true;
    }
  }
  return false;
}

std::string group_version_path(std::string_view group, std::string_view version) {
  return group.empty() ? cat("api/", version) : cat("apis/", group, '/', version);
}

// An index entry names the bytes it leads to, so that clients may keep them for ever.
std::string openapi_v3_index(const std::map<std::string, std::string>& etags) {
  std::string out = R"({"paths":{)";
  std::string_view separator;
  for (const auto& [path, etag] : etags) {
    append(out, separator, '"', path, R"(":{"serverRelativeURL":"/openapi/v3/)", path,
           "?hash=", etag, R"("})");
    separator = ",";
  }
  return out + "}}";
}

}  // namespace

struct Discovery::Documents {
  std::map<std::string, Document, std::less<>> plain;       // by path
  std::map<std::string, Document, std::less<>> aggregated;  // by path and version
  std::map<std::string, Document, std::less<>> openapi_v3;  // by path
  Document openapi_v2_json{std::string()};
  Document openapi_v2_protobuf{std::string()};

  void add_plain(std::string path, std::string json) {
    plain.emplace(std::move(path), json_document(std::move(json)));
  }
};

Discovery::Discovery(const Registry& registry, std::string_view server_address)
    : documents_(std::make_unique<Documents>()) {
  const auto groups = groups_of(registry);
  documents_->add_plain("/apis", group_list_json(groups));
  std::map<std::string, std::string> v3_etags;
  for (const auto& group : groups) {
    if (group.name.empty()) {
      documents_->add_plain("/api", api_versions_json(group, server_address));
    } else {
      documents_->add_plain(cat("/apis/", group.name), group_json(group));
    }
    for (const auto version : group.versions) {
      const auto path = group_version_path(group.name, version);
      documents_->add_plain(cat('/', path), resource_list_json(registry, group.name, version));
      auto v3 = json_document(openapi_v3_json(registry, group.name, version));
      v3_etags.emplace(path, v3.etag.substr(1, v3.etag.size() - 2));
      documents_->openapi_v3.emplace(cat("/openapi/v3/", path), std::move(v3));
    }
  }
  for (const auto version : aggregated_versions) {
    for (const bool core : {true, false}) {
      documents_->aggregated.emplace(
          cat(core ? "/api" : "/apis", ' ', version),
          json_document(aggregated_json(registry, groups, core, version)));
    }
  }
  documents_->openapi_v3.emplace("/openapi/v3", json_document(openapi_v3_index(v3_etags)));
  documents_->openapi_v2_json = json_document(openapi_v2_json(registry));
  documents_->openapi_v2_protobuf = Document(openapi_v2_protobuf(registry));
}

Discovery::~Discovery() = default;

std::optional<net::Response> Discovery::answer(const net::Request& request,
                                               std::string_view path) const {
  if (path.ends_with('/')) path.remove_suffix(1);
  const auto plain = documents_->plain.find(path);
  const auto v3 = documents_->openapi_v3.find(path);
  const bool v2 = path == "/openapi/v2";
  if (plain == documents_->plain.end() && v3 == documents_->openapi_v3.end() && !v2) {
    return std::nullopt;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return respond(ApiError::method_not_allowed(), error_format(request));
  }
  if (v3 != documents_->openapi_v3.end()) return send(request, v3->second, "application/json");
  if (v2) {
    // A type with "@" is more than kubectl's parser of media types can take.
    return wants_protobuf(request)
               ? send(request, documents_->openapi_v2_protobuf, "application/octet-stream")
               : send(request, documents_->openapi_v2_json, "application/json");
  }
  if (path == "/api" || path == "/apis") {
    if (const auto version = aggregated_version(request); !version.empty()) {
      auto response = send(
          request, documents_->aggregated.find(cat(path, ' ', version))->second,
          cat("application/json;g=apidiscovery.k8s.io;v=", version, ";as=APIGroupDiscoveryList"));
      response.headers.emplace_back("cache-control", "public");
      return response;
    }
  }
  const auto query = codec::Query::parse(request.query);
  const auto negotiated = negotiate(request, query ? query->get("pretty") : std::string_view(), {});
  if (!negotiated) return respond(negotiated.error(), error_format(request));
  if (negotiated->format == Format::json) return send(request, plain->second, "application/json");
  return respond(200, plain->second.bytes->substr(0, plain->second.bytes->size() - 1),
                 negotiated->format);
}

}  // namespace signet::machinery
