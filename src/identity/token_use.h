// How a token came to be looked at: sent as a credential, or asked about in a TokenReview.
//
//   reviewer.review(bearer, {}, snapshot, {.record = request.record, .warnings = &caller.warnings,
//                                          .address = request.remote_address});
//
// Shape    views, for the length of one call. Whoever asks about a token is told nothing of its
//          age, and it is no use in the record of his request: so has it Kubernetes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/request_record.h"

namespace signet::identity {

struct TokenUse {
  net::RequestRecord* record = nullptr;          // of the request that the token came with
  std::vector<std::string>* warnings = nullptr;  // for its answer
  std::string_view address = {};                 // "10.0.0.7:4242": who sent or who asks
  std::string_view reviewer = {};                // the user who asks; empty: a credential
};

// Who asks about a token.
struct Asker {
  std::string_view username;
  std::string_view address;
};

}  // namespace signet::identity
