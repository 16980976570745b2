#include "machinery/api_error.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "codec/json.h"

namespace signet::machinery {
namespace {

StatusDetails details_of(GroupName resource, std::string_view name) {
  StatusDetails details;
  details.name = name;
  details.group = resource.group;
  details.kind = resource.name;
  return details;
}

ApiError plain(int code, std::string_view reason, std::string message) {
  ApiError error;
  error.code = code;
  error.reason = reason;
  error.message = std::move(message);
  return error;
}

ApiError about(int code, std::string_view reason, std::string message, StatusDetails details) {
  ApiError error = plain(code, reason, std::move(message));
  error.details = std::move(details);
  return error;
}

// Writes members of one JSON object, leaving out what is empty.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    codec::append_json_string(out_, value, codec::Escape::html);
  }
  void number(std::string_view name, int value) {
    if (value == 0) return;
    key(name);
    append(out_, value);
  }
  void key(std::string_view name) {
    append(out_, first_ ? "\"" : ",\"", name, "\":");
    first_ = false;
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_details(std::string& out, const StatusDetails& details) {
  Members members(out);
  members.text("name", details.name);
  members.text("group", details.group);
  members.text("kind", details.kind);
  members.text("uid", details.uid);
  if (!details.causes.empty()) {
    members.key("causes");
    char separator = '[';
    for (const StatusCause& cause : details.causes) {
      out += separator;
      separator = ',';
      Members parts(out);
      parts.text("reason", cause.reason);
      parts.text("message", cause.message);
      parts.text("field", cause.field);
      parts.end();
    }
    out += ']';
  }
  members.number("retryAfterSeconds", details.retry_after_seconds);
  members.end();
}

// One error as it is, several in brackets; a text that occurs twice is shown once.
std::string summary(const FieldErrors& errors) {
  std::vector<std::string> texts;
  for (const FieldError& error : errors.all()) {
    std::string text = cat(error.path, ": ", error.message());
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  if (texts.size() == 1) return texts.front();
  std::string out = "[";
  for (const std::string& text : texts) append(out, out.size() == 1 ? "" : ", ", text);
  out += ']';
  return out;
}

}  // namespace

std::string qualified(GroupName name) {
  return name.group.empty() ? std::string(name.name) : cat(name.name, ".", name.group);
}

ApiError ApiError::bad_request(std::string message) {
  return plain(400, "BadRequest", std::move(message));
}

ApiError ApiError::unauthorized() {
  return plain(401, "Unauthorized", "Unauthorized");
}

ApiError ApiError::forbidden(GroupName resource, std::string_view name, std::string_view why) {
  std::string message = qualified(resource);
  if (!name.empty()) append(message, " ", quoted(name));
  append(message, " is forbidden: ", why);
  return about(403, "Forbidden", std::move(message), details_of(resource, name));
}

ApiError ApiError::forbidden_path(std::string_view why) {
  return about(403, "Forbidden", cat("forbidden: ", why), {});
}

ApiError ApiError::not_found(GroupName resource, std::string_view name) {
  return about(404, "NotFound", cat(qualified(resource), " ", quoted(name), " not found"),
               details_of(resource, name));
}

ApiError ApiError::no_such_resource() {
  return about(404, "NotFound", "the server could not find the requested resource", {});
}

ApiError ApiError::method_not_allowed() {
  return about(405, "MethodNotAllowed",
               "the server does not allow this method on the requested resource", {});
}

ApiError ApiError::not_acceptable(std::string message) {
  return plain(406, "NotAcceptable", std::move(message));
}

ApiError ApiError::unsupported_media_type(std::string message) {
  return plain(415, "UnsupportedMediaType", std::move(message));
}

ApiError ApiError::already_exists(GroupName resource, std::string_view name) {
  return about(409, "AlreadyExists", cat(qualified(resource), " ", quoted(name), " already exists"),
               details_of(resource, name));
}

ApiError ApiError::conflict(GroupName resource, std::string_view name, std::string_view why) {
  return about(
      409, "Conflict",
      cat("Operation cannot be fulfilled on ", qualified(resource), " ", quoted(name), ": ", why),
      details_of(resource, name));
}

ApiError ApiError::expired(std::string message) {
  return plain(410, "Expired", std::move(message));
}

ApiError ApiError::too_large(std::size_t limit_bytes) {
  return too_large(cat("limit is ", limit_bytes));
}

ApiError ApiError::too_large(std::string_view why) {
  return plain(413, "RequestEntityTooLarge", cat("Request entity too large: ", why));
}

ApiError ApiError::invalid(GroupName kind, std::string_view name, const FieldErrors& errors) {
  StatusDetails details = details_of(kind, name);
  for (const FieldError& error : errors.all()) {
    details.causes.push_back({std::string(error.reason()), error.message(), error.path});
  }
  return about(422, "Invalid",
               cat(qualified(kind), " ", quoted(name), " is invalid: ", summary(errors)),
               std::move(details));
}

ApiError ApiError::unprocessable() {
  return about(422, "Invalid", "the server rejected our request due to an error in our request",
               {});
}

ApiError ApiError::internal(std::string_view cause) {
  StatusDetails details;
  details.causes.push_back({.reason = {}, .message = std::string(cause), .field = {}});
  return about(500, "InternalError", cat("Internal error occurred: ", cause), std::move(details));
}

ApiError ApiError::plain_internal(std::string message) {
  return plain(500, "", std::move(message));
}

ApiError ApiError::timeout(std::string_view message) {
  return about(504, "Timeout", cat("Timeout: ", message), {});
}

ApiError ApiError::unavailable(std::string message) {
  return plain(503, "ServiceUnavailable", std::move(message));
}

ApiError ApiError::too_many_requests() {
  StatusDetails details;
  details.retry_after_seconds = 1;
  return about(429, "TooManyRequests", "Too many requests, please try again later.",
               std::move(details));
}

std::string to_json(const ApiError& error) {
  std::string out;
  Members status(out);
  status.text("kind", "Status");
  status.text("apiVersion", "v1");
  status.key("metadata");
  Members metadata(out);
  metadata.text("continue", error.continue_token);
  metadata.end();
  status.text("status", "Failure");
  status.text("message", error.message);
  status.text("reason", error.reason);
  if (error.details) {
    status.key("details");
    append_details(out, *error.details);
  }
  status.number("code", error.code);
  status.end();
  return out;
}

std::string success_json(const StatusDetails& details) {
  std::string out;
  Members status(out);
  status.text("kind", "Status");
  status.text("apiVersion", "v1");
  status.key("metadata");
  Members(out).end();
  status.text("status", "Success");
  status.key("details");
  append_details(out, details);
  status.end();
  return out;
}

}  // namespace signet::machinery
