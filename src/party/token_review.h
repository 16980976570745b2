// The TokenReview API as a caller of it: the question and what an answer says.
//
//   body = review_body(token, {"payments"});                      // POST it, then
//   const auto answer = read_review(status, response, body, asked, api_audiences, now);
//
// Shape    asked in v1; answered in v1 or v1beta1.
// Errors   ReviewUnknown for whatever is no answer: another status, no TokenReview, `error` beside
//          no verdict. Retry-After is believed from 1 s to 30 s.
// Limits   64 KiB of answer, 64 groups and audiences and extra entries each.
// Source   authentication.k8s.io/v1 TokenReview; verify.md A.12 (42), K-1 101, 102.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/client.h"
#include "party/reviews.h"

namespace signet::party {

inline constexpr std::size_t review_bytes_max = std::size_t{64} * 1024;
inline constexpr std::string_view review_path = "/apis/authentication.k8s.io/v1/tokenreviews";

std::string review_body(std::string_view token, const std::vector<std::string>& audiences);

// `api_audiences`: what the API server itself answers to; for these it need not name any.
ReviewAnswer read_review(const net::ClientResponse& response, const std::vector<std::string>& asked,
                         const std::vector<std::string>& api_audiences,
                         verify::SteadyTime asked_at);

}  // namespace signet::party
