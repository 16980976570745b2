// May they: system:masters may everything, nodes what concerns their pods, everybody what roles and
// bindings say. Anything else is refused.
//
// Shape    a chain of opinions; the first "yes" decides, and a "no opinion" may leave a reason that
//          ends up in the 403. Everything is read from the snapshot: what was committed holds.
// Threads  one Authorizer a loop.
// Source   api.md H.2, H.5, H.8; node.md N.2.
#pragma once

#include <string_view>

#include "access/decision.h"
#include "machinery/api_error.h"
#include "machinery/request_info.h"
#include "machinery/view.h"
#include "token/user_info.h"

namespace signet::access {

class Authorizer {
 public:
  struct Options {
    // Lets callers without credentials read the discovery documents, so that relying parties need
    // no account here. Kubernetes leaves that to the operator.
    bool anonymous_discovery = false;
  };

  explicit Authorizer(Options options) : options_(options) {}

  Decision authorize(const token::UserInfo& user, const machinery::RequestInfo& request,
                     const machinery::Snapshot& snapshot) const;

 private:
  Options options_;
};

// A member of system:masters: everything is allowed, and no rule says so.
bool is_master(const token::UserInfo& user);

// Kubernetes writes what repeats a request through an HTML escaper.
std::string html_escaped(std::string_view text);

// The 403 for a request that was not allowed.
machinery::ApiError forbidden(const token::UserInfo& user, const machinery::RequestInfo& request,
                              std::string_view reason);

}  // namespace signet::access
