#include "server/key_endpoints.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"

namespace signet::server {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using machinery::ApiError;
using machinery::ApiResult;

ApiError api_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return ApiError::bad_request(error.message);
    case ErrorKind::not_found:
      return {.code = 404, .reason = "NotFound", .message = error.message};
    case ErrorKind::conflict:
    case ErrorKind::exhausted:
      return {.code = 409, .reason = "Conflict", .message = error.message};
    case ErrorKind::unavailable:
      return ApiError::unavailable(error.message);
    default:
      return ApiError::internal(error.message);
  }
}

ApiResult<Json> to_json(const Result<identity::KeyList>& list) {
  if (!list) return machinery::refuse(api_error(list.error()));
  JsonArray keys;
  for (const auto& key : *list) {
    JsonObject item{{"kid", key.kid},
                    {"algorithm", key.algorithm},
                    {"state", key.state},
                    {"since", codec::to_rfc3339(key.since)}};
    if (key.signs_from) item["signsFrom"] = codec::to_rfc3339(*key.signs_from);
    if (key.verifies_until) item["verifiesUntil"] = codec::to_rfc3339(*key.verifies_until);
    item["why"] = key.why;
    keys.emplace_back(std::move(item));
  }
  return JsonObject{{"keys", std::move(keys)}};
}

// A member that is misspelt would be taken for one that was left out: `now` for example.
Result<void> only(const JsonObject& body, std::initializer_list<std::string_view> members) {
  for (const auto& [name, value] : body) {
    if (std::ranges::find(members, std::string_view(name)) == members.end()) {
      return fail(ErrorKind::invalid, "the body has a member that is unknown here");
    }
  }
  return {};
}

Result<bool> flag(const JsonObject& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return fail(ErrorKind::invalid, cat(name, " must be true or false"));
  return value->get_bool();
}

Result<identity::Rotation> rotation_of(const JsonObject& body) {
  TRY_VOID(only(body, {"algorithm", "rsaBits", "replace", "now"}));
  identity::Rotation rotation;
  TRY(rotation.replace, flag(body, "replace"));
  TRY(rotation.at_once, flag(body, "now"));
  const auto* algorithm = body.if_contains("algorithm");
  const auto* bits = body.if_contains("rsaBits");
  if (algorithm == nullptr && bits == nullptr) return rotation;
  if (algorithm == nullptr || !algorithm->is_string()) {
    return fail(ErrorKind::invalid, "the algorithm must be RS256, ES256, ES384 or ES512");
  }
  if (bits != nullptr && !bits->is_int64()) {
    return fail(ErrorKind::invalid, "rsaBits must be a whole number");
  }
  TRY(rotation.new_key,
      identity::new_key_of(algorithm->get_string(), bits == nullptr ? 0 : bits->get_int64()));
  return rotation;
}

struct Retirement {
  std::string kid;
  bool at_once = false;
};
Result<Retirement> retirement_of(const JsonObject& body) {
  TRY_VOID(only(body, {"kid", "now"}));
  const auto* kid = body.if_contains("kid");
  if (kid == nullptr || !kid->is_string() || kid->get_string().empty()) {
    return fail(ErrorKind::invalid, "kid must name a key");
  }
  // It is repeated in answers: no more of it than can be one.
  if (kid->get_string().size() > jose::kid_bytes_max) {
    return fail(ErrorKind::invalid, "kid is too long");
  }
  TRY(const bool now, flag(body, "now"));
  return Retirement{.kid = std::string(kid->get_string()), .at_once = now};
}

Task<ApiResult<Json>> list(identity::KeyManager* keys, net::Loop* loop) {
  co_return to_json(co_await keys->list(*loop));
}

Task<ApiResult<Json>> rotate(identity::KeyManager* keys, net::Loop* loop, JsonObject body) {
  const auto rotation = rotation_of(body);
  if (!rotation) co_return machinery::refuse(api_error(rotation.error()));
  co_return to_json(co_await keys->rotate(*rotation, *loop));
}

Task<ApiResult<Json>> retire(identity::KeyManager* keys, net::Loop* loop, JsonObject body) {
  auto retirement = retirement_of(body);
  if (!retirement) co_return machinery::refuse(api_error(retirement.error()));
  co_return to_json(co_await keys->retire(std::move(retirement->kid), retirement->at_once, *loop));
}

}  // namespace

void add_key_endpoints(OwnEndpoints& own, identity::KeyManager& keys, net::Loop& loop) {
  own.add("GET", "/signet/v1/keys",
          [&keys, &loop](const OwnRequest&) { return list(&keys, &loop); });
  own.add("POST", "/signet/v1/keys/rotate", [&keys, &loop](OwnRequest request) {
    return rotate(&keys, &loop, std::move(request.body));
  });
  own.add("POST", "/signet/v1/keys/retire", [&keys, &loop](OwnRequest request) {
    return retire(&keys, &loop, std::move(request.body));
  });
}

}  // namespace signet::server
