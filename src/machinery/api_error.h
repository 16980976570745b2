// Why a request was refused, and the one place that turns it into a Status object.
//
// Shape    code and reason as api.md's table of Status; details are left out where `details` is
//          nullopt, and "{}" where nothing in them is set, as Kubernetes does.
// Source   metav1.Status; the texts are wire facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "machinery/field_error.h"

namespace signet::machinery {

// A resource or kind as messages name it: "tokenreviews.authentication.k8s.io", "pods".
struct GroupName {
  std::string_view group;  // "" for core
  std::string_view name;
};
std::string qualified(GroupName name);

struct StatusCause {
  std::string reason;
  std::string message;
  std::string field;
};

struct StatusDetails {
  std::string name;
  std::string group;
  std::string kind;
  std::string uid;
  std::vector<StatusCause> causes;
  int retry_after_seconds = 0;
};

struct [[nodiscard]] ApiError {
  int code = 500;
  std::string reason;  // "NotFound"; may be empty
  std::string message;
  std::optional<StatusDetails> details;
  std::string continue_token;  // ListMeta.continue of an expired list

  static ApiError bad_request(std::string message);  // 400
  static ApiError unauthorized();                    // 401
  static ApiError forbidden(GroupName resource, std::string_view name, std::string_view why);
  static ApiError forbidden_path(std::string_view why);  // non-resource
  static ApiError not_found(GroupName resource, std::string_view name);
  static ApiError no_such_resource();  // 404 "the server could not find the requested resource"
  static ApiError method_not_allowed();
  static ApiError not_acceptable(std::string message);
  static ApiError unsupported_media_type(std::string message);
  static ApiError already_exists(GroupName resource, std::string_view name);
  static ApiError conflict(GroupName resource, std::string_view name, std::string_view why);
  static ApiError expired(std::string message);        // 410
  static ApiError too_large(std::size_t limit_bytes);  // 413
  static ApiError too_large(std::string_view why);
  static ApiError invalid(GroupName kind, std::string_view name, const FieldErrors& errors);
  // 422 without a word about what is wrong, as for a JSON patch that does not apply.
  static ApiError unprocessable();
  static ApiError internal(std::string_view cause);     // "Internal error occurred: ..."
  static ApiError plain_internal(std::string message);  // 500 without a reason
  static ApiError timeout(std::string_view message);
  static ApiError unavailable(std::string message);  // 503
  static ApiError too_many_requests();               // 429, to be tried again after a second
};

template <typename T>
using ApiResult = Result<T, ApiError>;

[[nodiscard]] inline std::unexpected<ApiError> refuse(ApiError error) {
  return std::unexpected(std::move(error));
}

// The Status object as JSON, fields in the order Kubernetes writes them.
std::string to_json(const ApiError& error);
// {"kind":"Status",...,"status":"Success"} with details of what was deleted.
std::string success_json(const StatusDetails& details);

}  // namespace signet::machinery
