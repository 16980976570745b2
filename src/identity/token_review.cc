#include "identity/token_review.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "identity/review_spec.h"
#include "kinds/kinds.h"

namespace signet::identity {
namespace {

using codec::append_json_string;
using codec::Escape;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::refuse;

constexpr std::string_view group = "authentication.k8s.io";
constexpr std::string_view api_version = "authentication.k8s.io/v1";
// What a usual answer has beside the token.
constexpr std::size_t answer_bytes = 1'024;

void append_list(std::string& json, std::span<const std::string> texts) {
  json += '[';
  bool first = true;
  for (const auto& text : texts) {
    if (!std::exchange(first, false)) json += ',';
    append_json_string(json, text, Escape::html);
  }
  json += ']';
}

}  // namespace

void append_user_json(std::string& json, const token::UserInfo& user) {
  json += R"({"username":)";
  append_json_string(json, user.username, Escape::html);
  if (!user.uid.empty()) {
    json += R"(,"uid":)";
    append_json_string(json, user.uid, Escape::html);
  }
  if (!user.groups.empty()) {
    json += R"(,"groups":)";
    append_list(json, user.groups);
  }
  if (!user.extra.empty()) {
    json += R"(,"extra":{)";
    bool first = true;
    for (const auto& [key, values] : user.extra) {
      if (!std::exchange(first, false)) json += ',';
      append_json_string(json, key, Escape::html);
      json += ':';
      append_list(json, values);
    }
    json += '}';
  }
  json += '}';
}

Task<net::Response> TokenReviews::review(machinery::ActionRequest request) {
  const auto lacked = later_.search == nullptr ? 0 : later_.reviewer->keys_lacked();
  auto done = answer(request);
  if (later_.search != nullptr && later_.reviewer->keys_lacked() != lacked) {
    co_await later_.search->look();
    done = answer(request);
  }
  if (!done) co_return machinery::respond(done.error(), machinery::error_format(request.http));
  co_return *std::move(done);
}

ApiResult<net::Response> TokenReviews::answer(const machinery::ActionRequest& request) {
  TRY(const auto negotiated,
      machinery::negotiate(request.http, request.info.query.get("pretty"), {}));
  TRY(const auto validation,
      machinery::field_validation(request.info.query.get("fieldValidation")));
  std::vector<std::string> warnings;
  TRY(const auto spec, read_review_spec(request.http, validation, warnings));
  if (spec.token.empty()) {
    return refuse(ApiError::bad_request("token is required for TokenReview in authentication"));
  }

  std::string json;
  json.reserve(spec.token.size() + answer_bytes);
  append(json, R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":)",
         spec.metadata, R"(,"spec":{"token":)");
  append_json_string(json, spec.token, Escape::html);
  if (!spec.audiences.empty()) {
    json += R"(,"audiences":)";
    append_list(json, spec.audiences);
  }
  json += R"(},"status":{)";
  const Asker asker{.username = request.user.username, .address = request.http.remote_address};
  if (auto reviewed = review_(spec.token, spec.audiences, asker)) {
    json += R"("authenticated":true,"user":)";
    append_user_json(json, reviewed->user);
    json += R"(,"audiences":)";
    append_list(json, reviewed->audiences);
  } else {
    json += R"("user":{},"error":)";
    append_json_string(json, reviewed.error(), Escape::html);
  }
  json += "}}";
  return machinery::respond(201, std::move(json), negotiated.format, warnings,
                            kinds::token_review.schema);
}

Task<net::Response> review_self(machinery::ActionRequest request, UnixTime now) {
  const auto answer = [&]() -> ApiResult<net::Response> {
    TRY(const auto negotiated,
        machinery::negotiate(request.http, request.info.query.get("pretty"), {}));
    TRY(const auto validation,
        machinery::field_validation(request.info.query.get("fieldValidation")));
    const auto& kind = kinds::self_subject_review;
    const machinery::ExpectedKind expected{
        .api_version = api_version, .kind = kind.kind, .group = group, .schema = kind.schema};
    std::vector<std::string> warnings;
    TRY_VOID(machinery::decode_body(request.http, expected, validation, warnings));
    std::string json =
        cat(R"({"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1",)",
            R"("metadata":{"creationTimestamp":")", codec::to_rfc3339(now),
            R"("},"status":{"userInfo":)");
    append_user_json(json, request.user);
    json += "}}";
    return machinery::respond(201, std::move(json), negotiated.format, warnings, kind.schema);
  };
  auto done = answer();
  if (!done) co_return machinery::respond(done.error(), machinery::error_format(request.http));
  co_return *std::move(done);
}

}  // namespace signet::identity
