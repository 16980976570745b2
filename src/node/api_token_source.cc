#include "node/api_token_source.h"

#include "base/cat.h"
#include "base/try.h"
#include "codec/form.h"
#include "codec/rfc3339.h"

namespace signet::node {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

Result<IssuedToken> ApiTokenSource::create_token(const TokenRequest& request) {
  JsonObject spec;
  JsonArray audiences;
  for (const auto& audience : request.audiences) audiences.emplace_back(audience);
  spec["audiences"] = std::move(audiences);
  if (request.expiration_seconds > 0) spec["expirationSeconds"] = request.expiration_seconds;
  spec["boundObjectRef"] = JsonObject{
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"name", request.pod_name}, {"uid", request.pod_uid}};
  const Json body = JsonObject{{"apiVersion", "authentication.k8s.io/v1"},
                               {"kind", "TokenRequest"},
                               {"spec", std::move(spec)}};
  TRY(const auto answer,
      api_.create(cat("/api/v1/namespaces/", codec::percent_encode(request.space),
                      "/serviceaccounts/", codec::percent_encode(request.account), "/token"),
                  body));
  const auto token = codec::string_at(answer, "status.token");
  const auto expires = codec::string_at(answer, "status.expirationTimestamp");
  if (token.empty()) return fail(ErrorKind::unavailable, "the server answered without a token");
  TRY(const auto expires_at, codec::parse_rfc3339(expires));
  return IssuedToken{.bytes = Secret(std::string(token)),
                     .expires_at = expires_at,
                     .lifetime_seconds = codec::int_at(answer, "spec.expirationSeconds")};
}

Result<bool> ApiTokenSource::serves_tokens() {
  TRY(const auto resources, api_.get("/api/v1"));
  for (const auto& resource : codec::array_at(resources, "resources")) {
    if (codec::string_at(resource, "name") == "serviceaccounts/token") return true;
  }
  return false;
}

}  // namespace signet::node
