#include "gate/authorization_service.h"

#include <memory>
#include <string_view>
#include <utility>

namespace signet::gate {
namespace {

namespace auth = envoy::service::auth::v3;

Inbound read(const auth::AttributeContext& attributes, const IdentityHeaders& names) {
  Inbound inbound(names);
  const auto& http = attributes.request().http();
  for (const auto& [name, value] : http.headers()) inbound.header(name, value);
  for (const auto& header : http.header_map().headers()) {
    inbound.header(header.key(), header.raw_value().empty() ? header.value() : header.raw_value());
  }
  inbound.target(http.path());
  return inbound;
}

std::string_view route_of(const auth::AttributeContext& attributes,
                          std::string_view default_route) {
  const auto& extensions = attributes.context_extensions();
  const auto found = extensions.find("route");
  return found == extensions.end() ? default_route : std::string_view(found->second);
}

}  // namespace

grpc::ServerUnaryReactor* AuthorizationService::Check(grpc::CallbackServerContext* context,
                                                      const auth::CheckRequest* request,
                                                      auth::CheckResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto route = route_of(request->attributes(), default_route_);
  auto inbound = read(request->attributes(), world_.names);
  const Question question{Surface::ext_authz_grpc, inbound.token(), route};
  if (const auto known = world_.checker.check_now(question)) {
    answer(*known, inbound, route, *response);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  // Request and response live until Finish().
  world_.checker.begin(question,
                       [this, reactor, response, route, kept = std::move(inbound)](Answer later) {
                         answer(later, kept, route, *response);
                         reactor->Finish(grpc::Status::OK);
                       });
  return reactor;
}

void AuthorizationService::answer(const Answer& answer, const Inbound& inbound,
                                  std::string_view route, auth::CheckResponse& response) const {
  const auto now = world_.clock.now();
  std::string assertion;
  if (answer && world_.assertions != nullptr) {
    assertion = world_.assertions->make(**answer, route, now);
  }
  fill(response, answer,
       {.names = world_.names,
        .lookalikes = inbound.lookalikes(),
        .keep_authorization = keep_authorization_,
        .now = whole_seconds(now),
        .assertion = assertion});
}

}  // namespace signet::gate
