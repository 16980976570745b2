// Acting as somebody else: Impersonate-User, -Group, -Uid and -Extra-KEY.
//
//   auto user = impersonate(request, caller.user, [&](const RequestInfo& act) {
//     return authorizer.authorize(caller.user, act, snapshot);
//   });
//   if (!user) return refused;
//   if (*user) caller.user = **std::move(user);     // nothing: nobody asked
//
// Shape    a step of its own between authentication and authorization. Each header is authorized
//          for the real caller, verb "impersonate"; afterwards the headers are gone and the request
//          is the other user's in every respect.
// Errors   403 for what may not be impersonated; a plain text for headers that make no sense (500,
//          as kube-apiserver), name two users, none, or something unknown (400).
// Limits   those of a request's head: 256 headers.
// Source   api.md I; Kubernetes' impersonation filter.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "access/authorizer.h"
#include "machinery/api_error.h"
#include "net/http.h"
#include "token/user_info.h"

namespace signet::access {

// What is answered to headers that name nobody: text/plain.
struct PlainRefusal {
  int status = 500;
  std::string text;
};
using ImpersonationRefusal = std::variant<machinery::ApiError, PlainRefusal>;

using MayImpersonate = std::function<Decision(const machinery::RequestInfo& act)>;

// Takes the headers off `request`.
Result<std::optional<token::UserInfo>, ImpersonationRefusal> impersonate(
    net::Request& request, const token::UserInfo& caller, const MayImpersonate& may);

}  // namespace signet::access
