// POST .../serviceaccounts/NAME/token: who may have which token, decided in the specified order.
//
// Threads  one TokenRequests a loop.
// Source   tokens.md 2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "identity/issuer.h"
#include "machinery/api.h"
#include "telemetry/metrics.h"

namespace signet::identity {

struct BoundObjectRef {
  std::string kind;
  std::string api_version;
  std::string name;
  std::string uid;
};

class TokenRequests {
 public:
  struct Options {
    std::vector<std::string> api_audiences;
    token::LifetimePolicy lifetime;
  };

  // Everything outlives this object.
  TokenRequests(Options options, Issuer& issuer, machinery::Api& api, telemetry::Registry& metrics);

  Task<net::Response> handle(machinery::ActionRequest request);

 private:
  struct Asked {
    std::string ns;
    std::string account;
    std::string given_name;  // metadata of the body
    std::string given_uid;
    std::vector<std::string> audiences;
    std::int64_t seconds = 0;
    std::optional<BoundObjectRef> bound;
    codec::Json object;  // as it came, for admission
  };

  Task<machinery::ApiResult<net::Response>> answer(machinery::ActionRequest request);
  machinery::ApiResult<Asked> read(const machinery::ActionRequest& request,
                                   std::vector<std::string>& warnings) const;
  machinery::ApiResult<void> check_account(const Asked& asked,
                                           const machinery::Object* account) const;
  machinery::ApiResult<void> bind(const Asked& asked, const machinery::Snapshot& snapshot,
                                  IssueRequest& issue) const;
  std::string reply(const Asked& asked, std::string_view account_uid, std::chrono::seconds shown,
                    const Issued& issued) const;

  Options options_;
  Issuer& issuer_;
  machinery::Api& api_;
  telemetry::Counter issued_;
};

}  // namespace signet::identity
