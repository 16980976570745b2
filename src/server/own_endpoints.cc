#include "server/own_endpoints.h"

#include <cassert>
#include <utility>

#include "base/cat.h"
#include "machinery/negotiate.h"
#include "machinery/respond.h"

namespace signet::server {
namespace {

using machinery::ApiError;
using machinery::ApiResult;

ApiResult<codec::JsonObject> parse_body(const net::Request& request) {
  if (request.body.empty()) return codec::JsonObject();
  if (request.body.size() > OwnEndpoints::body_bytes_max) {
    return machinery::refuse(ApiError::too_large(OwnEndpoints::body_bytes_max));
  }
  auto body = codec::parse_json_strict(request.body, {});
  if (!body) {
    return machinery::refuse(ApiError::bad_request(cat("the body: ", body.error().message)));
  }
  auto* object = body->if_object();
  if (object == nullptr) {
    return machinery::refuse(ApiError::bad_request("the body must be one JSON object"));
  }
  return std::move(*object);
}

}  // namespace

void OwnEndpoints::add(std::string_view method, std::string_view path, OwnHandler handler) {
  assert(covers(path));
  paths_[std::string(path)].insert_or_assign(std::string(method), std::move(handler));
}

std::vector<std::string> OwnEndpoints::paths() const {
  std::vector<std::string> all;
  all.reserve(paths_.size());
  for (const auto& [path, methods] : paths_) all.push_back(path);
  return all;
}

Task<net::Response> OwnEndpoints::answer(net::Request request, std::string path, codec::Query query,
                                         token::UserInfo user) const {
  const auto format = machinery::error_format(request);
  const auto methods = paths_.find(path);
  if (methods == paths_.end()) {
    co_return machinery::respond(ApiError::no_such_resource(), format);
  }
  const auto handler = methods->second.find(request.method);
  if (handler == methods->second.end()) {
    co_return machinery::respond(ApiError::method_not_allowed(), format);
  }
  auto body = parse_body(request);
  if (!body) co_return machinery::respond(body.error(), format);
  auto answered = co_await handler->second(
      {.query = std::move(query), .body = *std::move(body), .user = std::move(user)});
  if (!answered) co_return machinery::respond(answered.error(), format);
  co_return machinery::respond(200, codec::to_json(*answered), machinery::Format::json);
}

}  // namespace signet::server
