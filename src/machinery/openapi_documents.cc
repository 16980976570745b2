#include "machinery/openapi_documents.h"

#include "base/cat.h"
#include "codec/form.h"
#include "machinery/accept.h"
#include "machinery/negotiate.h"
#include "machinery/openapi.h"

namespace signet::machinery {
namespace {

constexpr std::string_view v2_path = "/openapi/v2";
constexpr std::string_view v3_path = "/openapi/v3";

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

bool accepts_json(const net::Request& request) {
  for (const auto& clause : parse_accept(request)) {
    if (clause.covers("application", "json")) return true;
  }
  return false;
}

// "api/v1" of "/openapi/v3/api/v1"; empty for other paths.
std::string_view below_v3(std::string_view path) {
  if (!path.starts_with(v3_path)) return {};
  path.remove_prefix(v3_path.size());
  return path.starts_with('/') ? path.substr(1) : std::string_view();
}

std::string address(std::string_view path, std::string_view hash) {
  return cat(v3_path, '/', path, "?hash=", hash);
}

}  // namespace

OpenApiDocuments::OpenApiDocuments(const Registry& registry) : registry_(registry) {
  for (const auto* kind : registry.kinds()) {
    auto path = kind->group.empty() ? cat("api/", kind->version)
                                    : cat("apis/", kind->group, '/', kind->version);
    auto& of = v3_[std::move(path)];
    of.group = kind->group;
    of.version = kind->version;
  }
}

std::vector<std::string> OpenApiDocuments::paths() const {
  std::vector<std::string> out = {std::string(v2_path), std::string(v3_path)};
  for (const auto& [path, of] : v3_) out.push_back(cat(v3_path, '/', path));
  return out;
}

bool OpenApiDocuments::serves(std::string_view path) const {
  return path == v2_path || path == v3_path || v3_.contains(below_v3(path));
}

net::Response OpenApiDocuments::answer(const net::Request& request, std::string_view path) const {
  if (path == v2_path) return answer_v2(request);
  const auto found = v3_.find(below_v3(path));
  if (found == v3_.end()) return v3_index().answer(request, "application/json");
  return answer_v3(request, found->first, found->second);
}

net::Response OpenApiDocuments::answer_v2(const net::Request& request) const {
  if (wants_protobuf(request)) {
    const auto& document = v2_protobuf_.get(
        [this] { return SharedDocument(openapi_v2_protobuf(openapi_v2(registry_))); });
    // A type with "@" is more than kubectl's parser of media types can take.
    return document.answer(request, "application/octet-stream");
  }
  const auto& document =
      v2_json_.get([this] { return json_document(codec::to_json(openapi_v2(registry_))); });
  return document.answer(request, "application/json");
}

const SharedDocument& OpenApiDocuments::document(const GroupVersion& of) const {
  return of.document.get(
      [&] { return json_document(codec::to_json(openapi_v3(registry_, of.group, of.version))); });
}

net::Response OpenApiDocuments::answer_v3(const net::Request& request, std::string_view path,
                                          const GroupVersion& of) const {
  if (!accepts_json(request)) {
    return respond(
        ApiError::not_acceptable("only the following media types are accepted: application/json"),
        error_format(request));
  }
  const auto& found = document(of);
  const auto query = codec::Query::parse(request.query);
  const auto hash = query ? query->get("hash") : std::string_view();
  if (!hash.empty() && hash != found.tag()) {
    net::Response moved;
    moved.status = 301;
    moved.headers.emplace_back("location", address(path, found.tag()));
    return moved;
  }
  auto response = found.answer(request, "application/json");
  if (!hash.empty()) {
    response.headers.emplace_back("cache-control", "public, immutable, max-age=31536000");
  }
  return response;
}

const SharedDocument& OpenApiDocuments::v3_index() const {
  return v3_index_.get([this] {
    std::string out = R"({"paths":{)";
    std::string_view separator;
    for (const auto& [path, of] : v3_) {
      append(out, separator, '"', path, R"(":{"serverRelativeURL":")",
             address(path, document(of).tag()), R"("})");
      separator = ",";
    }
    return json_document(out + "}}");
  });
}

}  // namespace signet::machinery
