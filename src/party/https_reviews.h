// Asks a cluster about tokens over HTTPS, within limits that keep both sides well.
//
//   auto reviews = HttpsReviews::create("prod", source, fetcher, moments);
//
// Shape    equal questions at the same moment are asked once. A call that broke off or met a 5xx is
//          made once more; one that the cluster refused (401) once more with fresh credentials.
//          Nothing is remembered here: verdicts are (verdict_cache.h).
// Errors   ReviewUnknown: the limits, the network, an answer that is none.
// Limits   those of ReviewSource; 1,024 questions that wait for a call to end, each no longer than
//          its deadline and one call.
// Threads  safe from any thread.
// Source   verify.md B.14, B.15, K-1 105 to 108.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/fetcher.h"
#include "party/reviews.h"

namespace signet::party {

class HttpsReviews final : public ClusterReviews {
 public:
  static constexpr std::size_t waiting_max = 1'024;

  // `fetcher` and `moments` outlive this. invalid: what cannot be read or is no https server.
  static Result<std::shared_ptr<ClusterReviews>> create(ReviewSource source, net::Fetcher& fetcher,
                                                        const verify::Moments& moments);
  // Whoever waits is told that nobody knows.
  ~HttpsReviews() override;

  void ask(std::string_view token, const std::vector<std::string>& audiences,
           verify::SteadyTime deadline, Answered answered) override;
  ReviewStatus status() const override;

 private:
  struct Impl;
  explicit HttpsReviews(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace signet::party
