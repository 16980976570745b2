// The one method of Envoy's external authorization service.
//
// Threads  gRPC's; answers that come later are sent from the thread that brings them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "base/clock.h"
#include "gate/assertion.h"
#include "gate/check_response.h"
#include "gate/checker.h"
#include "gate/proto/external_auth.grpc.pb.h"

namespace signet::gate {

class AuthorizationService final : public envoy::service::auth::v3::Authorization::CallbackService {
 public:
  struct World {
    Checker& checker;
    const IdentityHeaders& names;
    Assertions* assertions;
    const Clock& clock;
  };

  AuthorizationService(std::string default_route, bool keep_authorization, World world)
      : default_route_(std::move(default_route)),
        keep_authorization_(keep_authorization),
        world_(world) {}

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const envoy::service::auth::v3::CheckRequest* request,
                                  envoy::service::auth::v3::CheckResponse* response) override;

 private:
  void answer(const Answer& answer, const Inbound& inbound, std::string_view route,
              envoy::service::auth::v3::CheckResponse& response) const;

  std::string default_route_;
  bool keep_authorization_;
  World world_;
};

}  // namespace signet::gate
