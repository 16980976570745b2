// What a node may do: what its own pods need, and nothing about others.
//
// Shape    "no opinion" where it does not allow; the reason ends up in the 403. What is named here
//          is narrowed by the object it is about; the rest is a fixed list of rules.
// Source   node.md N.1, N.2; api.md H.6.
#pragma once

#include <optional>
#include <string_view>

#include "access/decision.h"
#include "machinery/request_info.h"
#include "machinery/view.h"
#include "token/user_info.h"

namespace signet::access {

// The node a user is: name "system:node:NAME" and group "system:nodes". Empty for a node that does
// not say which it is.
std::optional<std::string_view> node_of(const token::UserInfo& user);

Decision authorize_node(const token::UserInfo& user, const machinery::RequestInfo& request,
                        const machinery::Snapshot& snapshot);

}  // namespace signet::access
