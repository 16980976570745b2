// A Kubernetes TokenReview answered by the relying party, so that whoever speaks it
// (kube-apiserver's webhook, Vault, kube-rbac-proxy) checks tokens of many clusters without
// knowing.
//
//   TRY(const auto review, parse_token_review(request.body));
//   reply(200, token_review_reply(review, answer, Username::service_account));
//
// Shape    the reply has the version of the request. A refused caller is `authenticated: false`
//          with the reason; who cannot be judged now is an HTTP error, which the caller repeats.
//          Audiences are those that both the request and the route ask for; without a common one
//          nobody is authenticated, and they are never left out, which would mean "not checked".
//          Vault leaves apiVersion and kind out, which the path of a cluster says already.
// Errors   invalid: not such a review.
// Limits   64 KiB, 16 audiences.
// Source   tokens.md 6; verify.md C.5, K-1 113.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gate/checker.h"

namespace signet::gate {

inline constexpr std::size_t token_review_bytes_max = std::size_t{64} * 1024;

struct TokenReview {
  std::string api_version;
  std::string token;
  std::vector<std::string> audiences;
};
// `version` is v1 or v1beta1 where the path names it: then the body need not.
Result<TokenReview> parse_token_review(std::string_view body, std::string_view version = {});

// Accounts of two clusters may have one name. Whoever grants by it alone must ask about one
// cluster, or use the subject.
enum class Username : std::uint8_t {
  service_account,  // system:serviceaccount:NAMESPACE:NAME, as the caller's own cluster says
  subject,          // k8s/CLUSTER/ns/NAMESPACE/sa/NAME, with groups of that cluster
};

// JSON. `answer` is not one that cannot be known (429, 503).
std::string token_review_reply(const TokenReview& review, const Answer& answer, Username username);

}  // namespace signet::gate
