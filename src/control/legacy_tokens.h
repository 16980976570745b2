// Fills secrets of type kubernetes.io/service-account-token with the token of the account they
// name, and removes them with that account.
//
//   LegacyTokens tokens(api, signer, ca_pem);
//   tokens.start();
//
// Shape    a secret is judged by the snapshot alone: an account that is not there, or is another
//          one of the same name, means that the secret goes; what it lacks of token, namespace and
//          CA bundle is filled in, a wrong bundle is put right, and a token that is there stays,
//          whatever it is. An account forgets the secrets that are gone from its list.
// Errors   a signer that is away: the secret is tried again until it is back. One that signs
//          nothing without an end: the secret gets no token, and the log says so.
// Threads  its loop's.
// Source   tokens.md 4.1 to 4.3.
#pragma once

#include <string>
#include <string_view>

#include "control/work_queue.h"
#include "identity/token_signer.h"
#include "machinery/api.h"

namespace signet::control {

class LegacyTokens {
 public:
  // `api` and `signer` outlive this; they belong to the same loop.
  LegacyTokens(machinery::Api& api, identity::TokenSigner& signer, std::string_view ca_pem);

  void start();
  void tell(const machinery::Change& change);
  void stop();

  // A new secret with everything in it, for an account that has none.
  Task<machinery::ApiResult<machinery::ObjectPtr>> create_for(machinery::ObjectPtr account);
  // Takes a secret that is not there off the list of an account, "namespace/name".
  void forget_gone(std::string_view account, std::string_view secret);

 private:
  Task<machinery::ApiResult<void>> reconcile(std::string key);
  Task<machinery::ApiResult<void>> fill(machinery::ObjectPtr secret, machinery::ObjectPtr account);
  Task<machinery::ApiResult<void>> remove(machinery::ObjectPtr secret);
  Task<machinery::ApiResult<void>> forget(std::string key);
  Task<Result<std::string>> sign(machinery::ObjectPtr account, std::string secret);

  machinery::Api& api_;
  identity::TokenSigner& signer_;
  std::string ca_base64_;
  WorkQueue secrets_;
  WorkQueue gone_;  // "namespace/account/secret"
};

}  // namespace signet::control
