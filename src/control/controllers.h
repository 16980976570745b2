// What happens by itself: every namespace has its default account and the CA bundle, a namespace
// that is deleted is emptied, a pod without a node gets the only one, legacy tokens that nobody
// uses go.
//
//   Controllers controllers(api, signer, {.ca_pem = ca}, uses);
//   spawn(controllers.start(), [](const auto& done) { ... });
//
// Shape    each controller follows the view and writes through the Api of one loop, as any client.
// Threads  that loop's.
// Source   node.md G; api.md B.6.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "control/automatic_tokens.h"
#include "control/garbage_collector.h"
#include "control/legacy_token_cleaner.h"
#include "control/legacy_token_tracking.h"
#include "control/legacy_tokens.h"
#include "control/lost_pods.h"
#include "control/namespaces.h"
#include "control/pod_binder.h"
#include "control/role_aggregation.h"
#include "identity/last_uses.h"
#include "identity/migration_ledger.h"
#include "identity/token_signer.h"
#include "machinery/api.h"

namespace signet::control {

class Controllers {
 public:
  // What is known of the use of tokens, and how long an unused one of a secret stays.
  struct TokenUses {
    identity::LastUses& last_uses;
    identity::MigrationLedger& ledger;
    std::chrono::seconds clean_up_period = LegacyTokenCleaner::default_period;
  };

  struct Options {
    std::string ca_pem;             // what workloads check the server with
    bool automatic_tokens = false;  // each account gets a token secret without asking
  };

  // `api`, `signer` and the uses outlive the controllers.
  Controllers(machinery::Api& api, identity::TokenSigner& signer, const Options& options,
              TokenUses uses);

  // Follows the changes from now on; done once what every server has is there: namespaces and
  // what belongs in them, roles and bindings.
  Task<machinery::ApiResult<void>> start();
  void stop();

 private:
  machinery::Api& api_;
  Namespaces namespaces_;
  PodBinder pod_binder_;
  GarbageCollector garbage_collector_;
  LostPods lost_pods_;
  RoleAggregation role_aggregation_;
  identity::MigrationLedger& ledger_;
  LegacyTokens legacy_tokens_;
  std::optional<AutomaticTokens> automatic_tokens_;
  LegacyTokenTracking legacy_token_tracking_;
  LegacyTokenCleaner legacy_token_cleaner_;
  machinery::View::Subscription subscription_;
};

}  // namespace signet::control
