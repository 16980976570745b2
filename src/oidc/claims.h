// A verified token's claims, turned into a user as the configuration says.
//
//   auto user = oidc::user_of(authenticator, claims);
//
// Errors   Kubernetes' texts ("oidc: email not verified"). Values of claims that must be equal to a
//          required one are shown, as Kubernetes shows them.
// Source   Kubernetes' OIDC authenticator.
#pragma once

#include "base/result.h"
#include "codec/json.h"
#include "oidc/compile.h"
#include "token/user_info.h"

namespace signet::oidc {

Result<token::UserInfo> user_of(const CompiledAuthenticator& authenticator,
                                const codec::JsonObject& claims);

}  // namespace signet::oidc
