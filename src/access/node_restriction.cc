#include "access/node_restriction.h"

#include "access/node_authorizer.h"
#include "access/node_restriction_rules.h"
#include "base/cat.h"
#include "codec/json.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using machinery::AdmissionRequest;
using machinery::ApiResult;
using machinery::Operation;

ApiResult<void> restrict_node_lease(const AdmissionRequest& request, std::string_view node) {
  if (request.namespace_name != "kube-node-lease") {
    return deny(request, "can only access leases in the \"kube-node-lease\" system namespace");
  }
  // A name that is still to be drawn cannot be the node's own.
  const auto name = request.operation == Operation::create
                        ? codec::string_at(*request.object, "metadata.name")
                        : request.name;
  if (name == node) return {};
  return deny(request, "can only access node lease with the same name as the requesting node");
}

}  // namespace

ApiResult<void> restrict_node(const AdmissionRequest& request, const AdmissionContext& context) {
  const auto node = node_of(*request.user);
  if (!node) return {};
  if (node->empty()) {
    return deny(request, cat("could not determine node from user ",
                             machinery::quoted(request.user->username)));
  }
  if (request.kind == &kinds::node) return restrict_node_object(request, *node);
  if (request.kind == &kinds::pod) return restrict_node_pod(request, *node, context.snapshot());
  if (request.kind == &kinds::lease) return restrict_node_lease(request, *node);
  if (request.kind == &kinds::service_account && request.subresource == "token") {
    return restrict_node_token(request, *node, context);
  }
  return {};
}

}  // namespace signet::access
