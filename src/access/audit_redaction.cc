#include "access/audit_redaction.h"

#include <algorithm>
#include <span>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/form.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::string_view redacted_base64 = "W3JlZGFjdGVkXQ==";
// Where kubectl keeps the whole of what was applied, data and all.
constexpr std::string_view last_applied = "kubectl.kubernetes.io/last-applied-configuration";

// What a body under /secrets may show: members of Secret, of lists and tables of them, of
// DeleteOptions, and of the operations of a JSON patch; and, if it says that it is one, of a
// Status. Everything else may be data, misspelled.
constexpr std::string_view shown_of_secrets[] = {"kind",
                                                 "apiVersion",
                                                 "metadata",
                                                 "type",
                                                 "immutable",
                                                 "op",
                                                 "path",
                                                 "from",
                                                 "preconditions",
                                                 "propagationPolicy",
                                                 "dryRun",
                                                 "orphanDependents",
                                                 "gracePeriodSeconds",
                                                 "columnDefinitions"};
constexpr std::string_view shown_of_status[] = {"status", "message", "reason", "details", "code"};

constexpr std::string_view credential_parameters[] = {
    "access_token",  "token",         "id_token",         "refresh_token", "bearer_token",
    "authorization", "client_secret", "client_assertion", "password",      "secret"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

void replace(Json& value) {
  const auto* text = value.if_string();
  const bool empty = value.is_null() || (text != nullptr && text->empty());
  if (!empty) value = redacted;
}

void redact_secret(Json& value);

void redact_elements(Json& value) {
  if (auto* array = value.if_array()) {
    for (auto& element : *array) redact_secret(element);
  } else {
    replace(value);
  }
}

void redact_annotations(Json& object) {
  auto* annotations = codec::find(object, "metadata.annotations");
  auto* values = annotations == nullptr ? nullptr : annotations->if_object();
  auto* applied = values == nullptr ? nullptr : values->if_contains(last_applied);
  if (applied != nullptr) replace(*applied);
}

void redact_data(Json& data) {
  auto* members = data.if_object();
  if (members == nullptr) return replace(data);
  for (auto& member : *members) {
    if (!member.value().is_null()) member.value() = redacted_base64;
  }
}

void redact_row(Json& row) {
  auto* members = row.if_object();
  auto* object = members == nullptr ? nullptr : members->if_contains("object");
  if (object != nullptr) redact_secret(*object);
}

// A refusal can quote what it refuses: the start of a body that is no JSON, or the object that a
// patch came to.
void redact_refusal(JsonObject& status) {
  const auto* kind = status.if_contains("kind");
  const auto* code = status.if_contains("code");
  if (kind == nullptr || *kind != "Status" || code == nullptr) return;
  if (*code != 400 && *code != 422 && *code != 500) return;
  if (auto* message = status.if_contains("message")) replace(*message);
  auto* details = status.if_contains("details");
  if (details != nullptr && details->is_object()) details->as_object().erase("causes");
}

void redact_secret(Json& value) {
  if (value.is_array()) return redact_elements(value);  // a JSON patch
  auto* members = value.if_object();
  if (members == nullptr) return replace(value);
  redact_annotations(value);
  const auto* kind = members->if_contains("kind");
  const bool is_status = kind != nullptr && *kind == "Status";
  for (auto& member : *members) {
    const std::string_view name = member.key();
    if (name == "data") {
      redact_data(member.value());
    } else if (name == "items") {
      redact_elements(member.value());
    } else if (name == "rows" && member.value().is_array()) {
      for (auto& row : member.value().as_array()) redact_row(row);
    } else if (!is_one_of(shown_of_secrets, name) &&
               !(is_status && is_one_of(shown_of_status, name))) {
      replace(member.value());
    }
  }
}

void redact_at(Json& body, std::string_view path) {
  if (auto* value = codec::find(body, path)) replace(*value);
}

void drop_of_object(Json& value) {
  auto* metadata = codec::find(value, "metadata");
  if (metadata != nullptr && metadata->is_object()) metadata->as_object().erase("managedFields");
}

bool is_credential(std::string_view parameter) {
  const auto decoded = codec::percent_decode(parameter);
  return is_one_of(credential_parameters, lower_case(decoded ? *decoded : parameter));
}

}  // namespace

Sensitivity sensitivity_of(const machinery::RequestInfo& request) {
  if (request.group.empty() && request.resource == "secrets") return Sensitivity::secret;
  if (request.group.empty() && request.resource == "serviceaccounts" &&
      request.subresource == "token") {
    return Sensitivity::token_request;
  }
  if (request.group == "authentication.k8s.io" && request.resource == "tokenreviews") {
    return Sensitivity::token_review;
  }
  return Sensitivity::plain;
}

void redact(Sensitivity sensitivity, Json& body) {
  switch (sensitivity) {
    case Sensitivity::plain:
      return;
    case Sensitivity::secret:
      redact_secret(body);
      break;
    case Sensitivity::token_review:
      redact_at(body, "spec.token");
      redact_annotations(body);
      break;
    case Sensitivity::token_request:
      redact_at(body, "status.token");
      redact_annotations(body);
      break;
  }
  if (auto* status = body.if_object()) redact_refusal(*status);
}

void drop_managed_fields(Json& body) {
  drop_of_object(body);
  auto* members = body.if_object();
  if (members == nullptr) return;
  if (auto* items = members->if_contains("items"); items != nullptr && items->is_array()) {
    for (auto& item : items->as_array()) drop_of_object(item);
  }
  if (auto* rows = members->if_contains("rows"); rows != nullptr && rows->is_array()) {
    for (auto& row : rows->as_array()) {
      if (auto* object = codec::find(row, "object")) drop_of_object(*object);
    }
  }
}

std::string redacted_uri(std::string_view path, std::string_view query) {
  std::string uri(path);
  if (!query.empty()) uri += '?';
  while (!query.empty()) {
    const auto parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size());
    const auto name = parameter.substr(0, parameter.find('='));
    if (name.size() != parameter.size() && is_credential(name)) {
      append(uri, name, '=', redacted);
    } else {
      uri += parameter;
    }
    if (!query.empty()) {
      uri += '&';
      query.remove_prefix(1);
    }
  }
  // A token that is spelled in escapes is one all the same.
  if (uri.contains('%')) {
    if (auto decoded = codec::percent_decode(uri); decoded && scrubbed(*decoded) != *decoded) {
      return std::string(redacted);
    }
  }
  return uri;
}

}  // namespace signet::access
