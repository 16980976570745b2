#include "machinery/api_error.h"

#include <gtest/gtest.h>

namespace signet::machinery {
namespace {

constexpr GroupName service_accounts{"", "serviceaccounts"};
constexpr GroupName token_reviews{"authentication.k8s.io", "tokenreviews"};
constexpr std::string_view head = R"({"kind":"Status","apiVersion":"v1","metadata":{},)";

std::string status(std::string_view rest) {
  return std::string(head) + std::string(rest);
}

TEST(StatusObject, has_the_recorded_members_in_order) {
  EXPECT_EQ(to_json(ApiError::not_found(service_accounts, "web")),
            status(R"("status":"Failure","message":"serviceaccounts \"web\" not found",)"
                   R"("reason":"NotFound","details":{"name":"web","kind":"serviceaccounts"},)"
                   R"("code":404})"));
  EXPECT_EQ(to_json(ApiError::already_exists(service_accounts, "web")),
            status(R"("status":"Failure","message":"serviceaccounts \"web\" already exists",)"
                   R"("reason":"AlreadyExists",)"
                   R"("details":{"name":"web","kind":"serviceaccounts"},"code":409})"));
  EXPECT_EQ(to_json(ApiError::unauthorized()),
            status(R"("status":"Failure","message":"Unauthorized","reason":"Unauthorized",)"
                   R"("code":401})"));
  EXPECT_EQ(to_json(ApiError::no_such_resource()),
            status(R"("status":"Failure",)"
                   R"("message":"the server could not find the requested resource",)"
                   R"("reason":"NotFound","details":{},"code":404})"));
  EXPECT_EQ(to_json(ApiError::unprocessable()),
            status(R"("status":"Failure",)"
                   R"("message":"the server rejected our request due to an error in our request",)"
                   R"("reason":"Invalid","details":{},"code":422})"));
}

TEST(StatusObject, names_the_group_of_a_forbidden_resource) {
  EXPECT_EQ(to_json(ApiError::forbidden(token_reviews, "", "no")),
            status(R"("status":"Failure",)"
                   R"("message":"tokenreviews.authentication.k8s.io is forbidden: no",)"
                   R"("reason":"Forbidden","details":{"group":"authentication.k8s.io",)"
                   R"("kind":"tokenreviews"},"code":403})"));
  EXPECT_EQ(ApiError::forbidden({"", "pods"}, "x", "no").message, "pods \"x\" is forbidden: no");
  EXPECT_EQ(to_json(ApiError::forbidden_path("no")),
            status(R"("status":"Failure","message":"forbidden: no","reason":"Forbidden",)"
                   R"("details":{},"code":403})"));
}

TEST(StatusObject, escapes_html_in_messages) {
  EXPECT_EQ(to_json(ApiError::bad_request("<a> & b")),
            status(R"("status":"Failure","message":"\u003ca\u003e \u0026 b",)"
                   R"("reason":"BadRequest","code":400})"));
}

TEST(StatusObject, lists_every_error_of_an_invalid_object) {
  FieldErrors errors;
  errors.required("metadata.name");
  errors.invalid("spec.x", "1", "must be 2");
  errors.invalid("spec.x", "1", "must be 2");
  const ApiError error = ApiError::invalid({"rbac.authorization.k8s.io", "Role"}, "", errors);
  EXPECT_EQ(
      to_json(error),
      status(R"("status":"Failure","message":"Role.rbac.authorization.k8s.io \"\" is invalid: )"
             R"([metadata.name: Required value, spec.x: Invalid value: 1: must be 2]",)"
             R"("reason":"Invalid","details":{"group":"rbac.authorization.k8s.io",)"
             R"("kind":"Role","causes":[)"
             R"({"reason":"FieldValueRequired","message":"Required value",)"
             R"("field":"metadata.name"},)"
             R"({"reason":"FieldValueInvalid","message":"Invalid value: 1: must be 2",)"
             R"("field":"spec.x"},)"
             R"({"reason":"FieldValueInvalid","message":"Invalid value: 1: must be 2",)"
             R"("field":"spec.x"}]},"code":422})"));
}

TEST(StatusObject, shows_a_single_error_without_brackets) {
  FieldErrors errors;
  errors.required("metadata.name", "name or generateName is required");
  EXPECT_EQ(ApiError::invalid({"", "ServiceAccount"}, "", errors).message,
            "ServiceAccount \"\" is invalid: metadata.name: Required value: name or generateName "
            "is required");
}

TEST(StatusObject, leaves_the_reason_out_where_kubernetes_has_none) {
  EXPECT_EQ(to_json(ApiError::plain_internal("x")),
            status(R"("status":"Failure","message":"x","code":500})"));
  EXPECT_EQ(to_json(ApiError::internal("x")),
            status(R"("status":"Failure","message":"Internal error occurred: x",)"
                   R"("reason":"InternalError","details":{"causes":[{"message":"x"}]},)"
                   R"("code":500})"));
}

TEST(StatusObject, carries_continue_token_and_retry_after) {
  ApiError error = ApiError::expired("old");
  error.continue_token = "abc";
  EXPECT_EQ(to_json(error), R"({"kind":"Status","apiVersion":"v1","metadata":{"continue":"abc"},)"
                            R"("status":"Failure","message":"old","reason":"Expired","code":410})");
  EXPECT_EQ(to_json(ApiError::too_many_requests()),
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
            R"("message":"Too many requests, please try again later.",)"
            R"("reason":"TooManyRequests","details":{"retryAfterSeconds":1},"code":429})");
  ApiError slow = ApiError::timeout("Too large resource version");
  slow.details->retry_after_seconds = 1;
  EXPECT_EQ(to_json(slow),
            status(R"("status":"Failure","message":"Timeout: Too large resource version",)"
                   R"("reason":"Timeout","details":{"retryAfterSeconds":1},"code":504})"));
}

TEST(StatusObject, tells_the_limit_of_a_body) {
  EXPECT_EQ(ApiError::too_large(3145728).message, "Request entity too large: limit is 3145728");
}

TEST(StatusObject, of_success_has_no_code) {
  StatusDetails details;
  details.name = "d1";
  details.kind = "configmaps";
  details.uid = "u";
  EXPECT_EQ(success_json(details),
            status(R"("status":"Success","details":{"name":"d1","kind":"configmaps","uid":"u"}})"));
}

}  // namespace
}  // namespace signet::machinery
