#include "kinds/authorization_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field field_requirement_fields[] = {
    text(1, "key").required(),
    text(2, "operator").required(),
    list_of(3, "values", Type::text),
};
constexpr Schema field_requirement{"FieldSelectorRequirement", field_requirement_fields,
                                   machinery::meta_package};

constexpr Field field_selector_fields[] = {
    text(1, "rawSelector"),
    list(2, "requirements", field_requirement),
};
constexpr Schema field_selector{"FieldSelectorAttributes", field_selector_fields};

constexpr Field label_selector_fields[] = {
    text(1, "rawSelector"),
    list(2, "requirements", label_requirement),
};
constexpr Schema label_attributes{"LabelSelectorAttributes", label_selector_fields};

constexpr Field resource_attributes_fields[] = {
    text(1, "namespace"),
    text(2, "verb"),
    text(3, "group"),
    text(4, "version"),
    text(5, "resource"),
    text(6, "subresource"),
    text(7, "name"),
    message(8, "fieldSelector", field_selector).optional(),
    message(9, "labelSelector", label_attributes).optional(),
};
constexpr Schema resource_attributes{"ResourceAttributes", resource_attributes_fields};

constexpr Field path_attributes_fields[] = {text(1, "path"), text(2, "verb")};
constexpr Schema path_attributes{"NonResourceAttributes", path_attributes_fields};

constexpr Field review_spec_fields[] = {
    message(1, "resourceAttributes", resource_attributes).optional(),
    message(2, "nonResourceAttributes", path_attributes).optional(),
    text(3, "user"),
    list_of(4, "groups", Type::text),
    map_of(5, "extra", Type::text_list),
    text(6, "uid"),
};
constexpr Schema review_spec{"SubjectAccessReviewSpec", review_spec_fields};

constexpr Field self_review_spec_fields[] = {
    message(1, "resourceAttributes", resource_attributes).optional(),
    message(2, "nonResourceAttributes", path_attributes).optional(),
};
constexpr Schema self_review_spec{"SelfSubjectAccessReviewSpec", self_review_spec_fields};

constexpr Field review_status_fields[] = {
    boolean(1, "allowed").required(),
    boolean(4, "denied"),
    text(2, "reason"),
    text(3, "evaluationError"),
};
constexpr Schema review_status{"SubjectAccessReviewStatus", review_status_fields};

constexpr Field review_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", review_spec),
    message(3, "status", review_status),
};
constexpr Field self_review_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", self_review_spec),
    message(3, "status", review_status),
};

constexpr Field resource_rule_fields[] = {
    list_of(1, "verbs", Type::text).required(),
    list_of(2, "apiGroups", Type::text),
    list_of(3, "resources", Type::text),
    list_of(4, "resourceNames", Type::text),
};
constexpr Schema resource_rule{"ResourceRule", resource_rule_fields};

constexpr Field path_rule_fields[] = {
    list_of(1, "verbs", Type::text).required(),
    list_of(2, "nonResourceURLs", Type::text),
};
constexpr Schema path_rule{"NonResourceRule", path_rule_fields};

constexpr Field rules_status_fields[] = {
    list(1, "resourceRules", resource_rule).required(),
    list(2, "nonResourceRules", path_rule).required(),
    boolean(3, "incomplete").required(),
    text(4, "evaluationError"),
};
constexpr Schema rules_status{"SubjectRulesReviewStatus", rules_status_fields};

constexpr Field rules_spec_fields[] = {text(1, "namespace")};
constexpr Schema rules_spec{"SelfSubjectRulesReviewSpec", rules_spec_fields};

constexpr Field rules_review_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", rules_spec),
    message(3, "status", rules_status),
};

}  // namespace

constinit const Schema subject_access_review_schema{"SubjectAccessReview", review_fields};
constinit const Schema local_subject_access_review_schema{"LocalSubjectAccessReview",
                                                          review_fields};
constinit const Schema self_subject_access_review_schema{"SelfSubjectAccessReview",
                                                         self_review_fields};
constinit const Schema self_subject_rules_review_schema{"SelfSubjectRulesReview",
                                                        rules_review_fields};

}  // namespace signet::kinds
