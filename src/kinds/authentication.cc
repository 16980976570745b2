// TokenReview and SelfSubjectReview: asked, never stored (tokens.md 6).
#include "kinds/authentication_schema.h"
#include "kinds/common.h"
#include "kinds/kinds.h"

namespace signet::kinds {

constinit const machinery::Kind token_review{
    .group = "authentication.k8s.io",
    .version = "v1",
    .kind = "TokenReview",
    .plural = "tokenreviews",
    .singular = "tokenreview",
    .description = "A TokenReview asks whether a token is good, and whose it is.",
    .verbs = create_verb,
    .scope = machinery::Scope::cluster,
    .schema = &token_review_schema,
    .stored = false,
};

constinit const machinery::Kind self_subject_review{
    .group = "authentication.k8s.io",
    .version = "v1",
    .kind = "SelfSubjectReview",
    .plural = "selfsubjectreviews",
    .singular = "selfsubjectreview",
    .description = "A SelfSubjectReview asks who the server takes the caller for.",
    .verbs = create_verb,
    .scope = machinery::Scope::cluster,
    .schema = &self_subject_review_schema,
    .stored = false,
};

}  // namespace signet::kinds
