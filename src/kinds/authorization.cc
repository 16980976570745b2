// The questions of authorization.k8s.io/v1: may somebody, may I, and what may I. Asked, never
// stored; who answers is access/access_review.h.
#include "base/cat.h"
#include "kinds/authorization_schema.h"
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/label_selector_rules.h"

namespace signet::kinds {
namespace {

using codec::Json;
using codec::string_at;
using machinery::FieldErrors;
using machinery::quoted;

constexpr std::string_view group = "authorization.k8s.io";

// Far more than a directory puts anybody in; each one is looked up.
constexpr std::size_t groups_max = 4096;

// As Kubernetes prints its internal type, whose members have the names of Go.
std::string printed_paths(const Json& attributes) {
  const codec::JsonObject printed{{"Path", string_at(attributes, "path")},
                                  {"Verb", string_at(attributes, "verb")}};
  return codec::to_json(printed, codec::Escape::html);
}

// A newer client may ask with operators that are not known here, so they are no mistake; what they
// would have narrowed is asked for without them, which is more.
void validate_field_requirement(const Json& requirement, const std::string& where,
                                FieldErrors& errors) {
  const auto op = string_at(requirement, "operator");
  const bool has_values = !codec::array_at(requirement, "values").empty();
  if (string_at(requirement, "key").empty()) errors.required(where + ".key", "must be specified");
  if ((op == "In" || op == "NotIn") && !has_values) {
    errors.required(where + ".values", "must be specified when `operator` is 'In' or 'NotIn'");
  }
  if ((op == "Exists" || op == "DoesNotExist") && has_values) {
    errors.forbidden(where + ".values",
                     "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
}

void validate_label_requirement(const Json& requirement, const std::string& where,
                                FieldErrors& errors) {
  validate_requirement(requirement, {.unknown_operators = true}, where, errors);
}

void validate_selector(const Json& attributes, std::string_view key,
                       void (*validate_one)(const Json&, const std::string&, FieldErrors&),
                       FieldErrors& errors) {
  const auto* selector = member(attributes, key);
  if (selector == nullptr) return;
  const auto where = cat("spec.resourceAttributes.", key);
  const auto raw = string_at(*selector, "rawSelector");
  const auto& requirements = codec::array_at(*selector, "requirements");
  if (!raw.empty() && !requirements.empty()) {
    errors.invalid(where + ".rawSelector", quoted(raw),
                   "may not specified at the same time as requirements");
  }
  if (raw.empty() && requirements.empty()) {
    errors.required(where + ".requirements",
                    cat("when ", where, " is specified, requirements or rawSelector is required"));
  }
  std::size_t index = 0;
  for (const Json& requirement : requirements) {
    validate_one(requirement, cat(where, ".requirements[", index++, ']'), errors);
  }
}

void validate_one_question(const Json& object, FieldErrors& errors) {
  const auto* resource = codec::find(object, "spec.resourceAttributes");
  const auto* path = codec::find(object, "spec.nonResourceAttributes");
  if (resource != nullptr && path != nullptr) {
    errors.invalid("spec.nonResourceAttributes", printed_paths(*path),
                   "cannot be specified in combination with resourceAttributes");
  }
  if (resource == nullptr && path == nullptr) {
    errors.invalid("spec.resourceAttributes", R"("null")",
                   "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
}

void validate_selectors(const Json& object, FieldErrors& errors) {
  const auto* resource = codec::find(object, "spec.resourceAttributes");
  if (resource == nullptr) return;
  validate_selector(*resource, "fieldSelector", validate_field_requirement, errors);
  validate_selector(*resource, "labelSelector", validate_label_requirement, errors);
}

void validate_subject(const Json& object, FieldErrors& errors) {
  const auto count = codec::array_at(object, "spec.groups").size();
  if (string_at(object, "spec.user").empty() && count == 0) {
    errors.invalid("spec.user", R"("")", "at least one of user or group must be specified");
  }
  if (count > groups_max) {
    errors.add({.kind = machinery::FieldError::Kind::too_many,
                .path = "spec.groups",
                .value = cat(count),
                .detail = cat("must have at most ", groups_max, " items")});
  }
}

// Nothing is made, so there is nothing to name.
void validate_metadata(const Json& object, bool namespaced, FieldErrors& errors) {
  const auto& metadata = codec::object_at(object, "metadata");
  for (const auto& one : metadata) {
    const std::string_view name = one.key();
    if (name == "managedFields" || (namespaced && name == "namespace")) continue;
    return errors.invalid("metadata", codec::to_json(metadata, codec::Escape::html),
                          namespaced ? "must be empty except for namespace" : "must be empty");
  }
}

void validate_review(const Json& object, FieldErrors& errors) {
  validate_one_question(object, errors);
  validate_subject(object, errors);
  validate_selectors(object, errors);
  validate_metadata(object, false, errors);
}

void validate_self_review(const Json& object, FieldErrors& errors) {
  validate_one_question(object, errors);
  validate_selectors(object, errors);
  validate_metadata(object, false, errors);
}

void validate_local_review(const Json& object, FieldErrors& errors) {
  validate_one_question(object, errors);
  validate_subject(object, errors);
  validate_selectors(object, errors);
  validate_metadata(object, true, errors);
  const auto asked = string_at(object, "spec.resourceAttributes.namespace");
  if (codec::find(object, "spec.resourceAttributes") != nullptr &&
      asked != string_at(object, "metadata.namespace")) {
    errors.invalid("spec.resourceAttributes.namespace", quoted(asked),
                   "must match metadata.namespace");
  }
  if (const auto* path = codec::find(object, "spec.nonResourceAttributes")) {
    errors.invalid("spec.nonResourceAttributes", printed_paths(*path),
                   "disallowed on this kind of request");
  }
}

}  // namespace

constinit const machinery::Kind local_subject_access_review{
    .group = group,
    .version = "v1",
    .kind = "LocalSubjectAccessReview",
    .plural = "localsubjectaccessreviews",
    .singular = "localsubjectaccessreview",
    .description =
        "A LocalSubjectAccessReview asks whether somebody may do something in the "
        "namespace in which it is asked.",
    .verbs = create_verb,
    .schema = &local_subject_access_review_schema,
    .stored = false,
    .validate = validate_local_review,
};

constinit const machinery::Kind self_subject_access_review{
    .group = group,
    .version = "v1",
    .kind = "SelfSubjectAccessReview",
    .plural = "selfsubjectaccessreviews",
    .singular = "selfsubjectaccessreview",
    .description = "A SelfSubjectAccessReview asks whether the caller may do something.",
    .verbs = create_verb,
    .scope = machinery::Scope::cluster,
    .schema = &self_subject_access_review_schema,
    .stored = false,
    .validate = validate_self_review,
};

constinit const machinery::Kind self_subject_rules_review{
    .group = group,
    .version = "v1",
    .kind = "SelfSubjectRulesReview",
    .plural = "selfsubjectrulesreviews",
    .singular = "selfsubjectrulesreview",
    .description = "A SelfSubjectRulesReview asks what the caller may do in a namespace.",
    .verbs = create_verb,
    .scope = machinery::Scope::cluster,
    .schema = &self_subject_rules_review_schema,
    .stored = false,
};

constinit const machinery::Kind subject_access_review{
    .group = group,
    .version = "v1",
    .kind = "SubjectAccessReview",
    .plural = "subjectaccessreviews",
    .singular = "subjectaccessreview",
    .description = "A SubjectAccessReview asks whether somebody may do something.",
    .verbs = create_verb,
    .scope = machinery::Scope::cluster,
    .schema = &subject_access_review_schema,
    .stored = false,
    .validate = validate_review,
};

}  // namespace signet::kinds
