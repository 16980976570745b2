// The relying party that a policy describes: documents of kind Issuer and Route, followed while it
// runs.
//
//   TRY(auto party, PolicyParty::open({.policy = "/etc/signet/policy"}, world));
//
// Shape    a good change of the files is in force at once and as a whole; an issuer it leaves as it
//          was keeps its keys, one that is gone is refused from then on with all that was
//          remembered of it. A bad change changes nothing and is in the log, the metric and the
//          status.
// Errors   open() and reload(): everything that is wrong with the policy, each with its file and
//          place.
// Threads  as RelyingParty; one thread to follow the files, one for keys, one for expensive
//          signatures.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "net/fetcher.h"
#include "party/relying_party.h"
#include "party/reviews.h"
#include "telemetry/metrics.h"
#include "verify/moment.h"

namespace signet::party {

class PolicyParty final : public RelyingParty {
 public:
  struct Options {
    std::string policy;          // a file, or a directory whose *.yaml, *.yml and *.json are read
    std::string keys_directory;  // where last-good key sets are kept; empty: nowhere
  };
  // Collaborators; all outlive this object.
  struct World {
    net::Fetcher& fetcher;
    const verify::Moments& moments;
    Random& random;
    telemetry::Registry& metrics;
    MakeReviews make_reviews;  // how clusters are asked; empty: over `fetcher`
  };

  static Result<std::unique_ptr<PolicyParty>, std::vector<std::string>> open(Options options,
                                                                             World world);
  // Whoever still waits is told keys_unavailable, review_unavailable or overloaded first.
  ~PolicyParty() override;
  PolicyParty(const PolicyParty&) = delete;
  PolicyParty& operator=(const PolicyParty&) = delete;

  std::optional<Verdict> check_now(const Presented& presented) override;
  void check(const Presented& presented, verify::SteadyTime deadline, Done done) override;
  bool has_route(std::string_view route) const override;
  bool ready() const override;
  void drain() override;
  std::size_t waiting() const override;
  Status status() const override;

  // Reads the policy files again now, whether or not they seem to have changed.
  Result<void, std::vector<std::string>> reload();

 private:
  struct Impl;
  explicit PolicyParty(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::party
