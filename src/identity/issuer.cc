#include "identity/issuer.h"

#include "base/try.h"
#include "token/user_info.h"

namespace signet::identity {

Task<Result<Issued>> Issuer::issue(IssueRequest request) {
  const auto now = whole_seconds(clock_.now());
  const auto id = uuid_v4(random_);
  const auto subject = token::service_account_username(request.ns, request.account.name);
  token::BoundClaims claims{.audiences = request.audiences,
                            .expires_at = now + request.lifetime.signed_for,
                            .issued_at = now,
                            .not_before = now,
                            .issuer = issuer_,
                            .id = id,
                            .subject = subject,
                            .ns = request.ns,
                            .service_account = request.account,
                            .pod = request.pod,
                            .secret = request.secret,
                            .node = request.node,
                            .warn_after = std::nullopt};
  if (request.lifetime.warn_after) claims.warn_after = now + *request.lifetime.warn_after;
  CO_TRY(auto token, co_await signer_.sign(token::compose(claims), request.lifetime.signed_for));
  co_return Issued{.token = std::move(token), .id = id, .expires_at = now + request.lifetime.shown};
}

}  // namespace signet::identity
