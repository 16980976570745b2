#include "kinds/authentication_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field bound_object_reference_fields[] = {
    text(1, "kind"),
    text(2, "apiVersion"),
    text(3, "name"),
    text(4, "uid"),
};
constexpr Schema bound_object_reference{"BoundObjectReference", bound_object_reference_fields};

constexpr Field token_request_spec_fields[] = {
    list_of(1, "audiences", Type::text),
    int64(4, "expirationSeconds").optional(),
    message(3, "boundObjectRef", bound_object_reference).optional(),
};
constexpr Schema token_request_spec{"TokenRequestSpec", token_request_spec_fields};

constexpr Field token_request_status_fields[] = {
    text(1, "token").required(),
    scalar(2, "expirationTimestamp", Type::time),
};
constexpr Schema token_request_status{"TokenRequestStatus", token_request_status_fields};

constexpr Field token_request_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", token_request_spec),
    message(3, "status", token_request_status),
};

constexpr Field user_info_fields[] = {
    text(1, "username"),
    text(2, "uid"),
    list_of(3, "groups", Type::text),
    map_of(4, "extra", Type::text_list),
};
constexpr Schema user_info{"UserInfo", user_info_fields};

constexpr Field token_review_spec_fields[] = {
    text(1, "token"),
    list_of(2, "audiences", Type::text),
};
constexpr Schema token_review_spec{"TokenReviewSpec", token_review_spec_fields};

constexpr Field token_review_status_fields[] = {
    boolean(1, "authenticated"),
    message(2, "user", user_info),
    list_of(4, "audiences", Type::text),
    text(3, "error"),
};
constexpr Schema token_review_status{"TokenReviewStatus", token_review_status_fields};

constexpr Field token_review_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", token_review_spec),
    message(3, "status", token_review_status),
};

constexpr Field self_subject_review_status_fields[] = {message(1, "userInfo", user_info)};
constexpr Schema self_subject_review_status{"SelfSubjectReviewStatus",
                                            self_subject_review_status_fields};

constexpr Field self_subject_review_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "status", self_subject_review_status),
};

}  // namespace

constinit const Schema token_request_schema{"TokenRequest", token_request_fields};
constinit const Schema token_review_schema{"TokenReview", token_review_fields};
constinit const Schema self_subject_review_schema{"SelfSubjectReview", self_subject_review_fields};

}  // namespace signet::kinds
