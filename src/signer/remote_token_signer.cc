#include "signer/remote_token_signer.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "jose/jws.h"
#include "signer/signed_header.h"

namespace signet::signer {

Task<Result<std::string>> RemoteTokenSigner::sign(std::string payload,
                                                  std::chrono::seconds lifetime) {
  if (lifetime > longest_lifetime_) {
    co_return fail(ErrorKind::invalid, cat("the external signer signs for at most ",
                                           longest_lifetime_.count(), " seconds"));
  }
  if (waiting_ >= waiting_max) {
    co_return fail(ErrorKind::exhausted, "too many tokens wait for the external signer");
  }
  const auto claims = codec::base64url_encode(payload);
  ++waiting_;
  const auto answer = co_await ask(claims);
  --waiting_;
  if (!answer) co_return std::unexpected(answer.error());
  co_return assemble(claims, *answer);
}

Callback<Result<RemoteSignature>> RemoteTokenSigner::ask(std::string claims) {
  return Callback<Result<RemoteSignature>>(
      [this, claims = std::move(claims)](auto complete) mutable {
        remote_.sign(
            std::move(claims), sign_limit,
            [this, complete = std::move(complete)](Result<RemoteSignature> answer) mutable {
              loop_.post([complete = std::move(complete), answer = std::move(answer)]() mutable {
                complete(std::move(answer));
              });
            });
      });
}

Result<std::string> RemoteTokenSigner::assemble(std::string_view claims,
                                                const RemoteSignature& answer) {
  TRY(const auto kid, check_signed_header(answer.header));
  const auto& keys = keys_.current();
  const auto hidden = std::span(keys.verification).last(keys.unpublished);
  if (std::ranges::find(hidden, kid, &jose::VerificationKey::kid) != hidden.end()) {
    return fail(ErrorKind::internal, cat("key used for signing JWT (kid: ", kid,
                                         ") is excluded from OIDC discovery docs"));
  }
  if (answer.signature.empty()) return fail(ErrorKind::internal, "empty signature returned");
  // It is copied into an answer as it is.
  if (!codec::base64url_decode(answer.signature)) {
    return fail(ErrorKind::internal, "signature is not base64url");
  }
  auto token = cat(answer.header, '.', claims, '.', answer.signature);
  if (token.size() > jose::token_bytes_max) {
    return fail(ErrorKind::internal,
                cat("the token is larger than ", jose::token_bytes_max, " bytes"));
  }
  return token;
}

Task<bool> RemoteTokenSigner::look() {
  co_return co_await Callback<bool>([this](auto complete) {
    keeper_.look(loop_, [complete = std::move(complete)]() mutable { complete(true); });
  });
}

}  // namespace signet::signer
