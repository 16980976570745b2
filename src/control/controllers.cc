#include "control/controllers.h"

#include "base/try.h"
#include "control/policy_reconciler.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

void forget_deleted_account(identity::MigrationLedger& ledger, const machinery::Change& change) {
  const auto& object = *change.object;
  if (change.type != machinery::ChangeType::deleted) return;
  if (&object.kind() != &kinds::service_account) return;
  ledger.forget(object.namespace_name(), object.name());
}

}  // namespace

Controllers::Controllers(machinery::Api& api, identity::TokenSigner& signer, const Options& options,
                         TokenUses uses)
    : api_(api),
      namespaces_(api, options.ca_pem),
      pod_binder_(api),
      garbage_collector_(api),
      lost_pods_(api),
      role_aggregation_(api),
      ledger_(uses.ledger),
      legacy_tokens_(api, signer, options.ca_pem),
      legacy_token_tracking_(api, uses.last_uses),
      legacy_token_cleaner_(api, uses.clean_up_period) {
  if (options.automatic_tokens) automatic_tokens_.emplace(api, legacy_tokens_);
}

Task<machinery::ApiResult<void>> Controllers::start() {
  subscription_ =
      api_.parts().view.subscribe(api_.parts().loop, [this](const machinery::Changes& changes) {
        for (const auto& change : *changes) {
          namespaces_.tell(change);
          pod_binder_.tell(change);
          garbage_collector_.tell(change);
          lost_pods_.tell(change);
          role_aggregation_.tell(change);
          legacy_tokens_.tell(change);
          if (automatic_tokens_) automatic_tokens_->tell(change);
          legacy_token_tracking_.tell(change);
          forget_deleted_account(ledger_, change);
        }
      });
  pod_binder_.start();
  garbage_collector_.start();
  lost_pods_.start();
  CO_TRY_VOID(co_await namespaces_.start());
  CO_TRY_VOID(co_await reconcile_policy(&api_));
  role_aggregation_.start();
  legacy_tokens_.start();
  if (automatic_tokens_) automatic_tokens_->start();
  legacy_token_tracking_.start();
  legacy_token_cleaner_.start();
  co_return machinery::ApiResult<void>{};
}

void Controllers::stop() {
  subscription_.reset();
  namespaces_.stop();
  pod_binder_.stop();
  garbage_collector_.stop();
  lost_pods_.stop();
  role_aggregation_.stop();
  legacy_tokens_.stop();
  if (automatic_tokens_) automatic_tokens_->stop();
  legacy_token_tracking_.stop();
  legacy_token_cleaner_.stop();
}

}  // namespace signet::control
