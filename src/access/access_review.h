// Answers the questions of authorization.k8s.io/v1: may somebody, may I, and what may I do.
//
//   add_access_reviews(api, authorizer);
//
// Shape    an answer is what a request would be answered by at this moment, reasons included; the
//          question comes back with it. Nothing is stored.
// Errors   422 and 400 as api.md H.7 spells them.
// Threads  the Api's.
// Source   api.md H.7; SubjectAccessReview and its kin of Kubernetes 1.33.
#pragma once

#include "access/authorizer.h"
#include "machinery/api.h"

namespace signet::access {

// Registers the handlers; `authorizer` outlives the Api.
void add_access_reviews(machinery::Api& api, const Authorizer& authorizer);

}  // namespace signet::access
