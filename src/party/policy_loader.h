// Brings the files of a policy into force, and follows them.
//
//   PolicyLoader loader("/etc/signet/policy", parts);
//   TRY_VOID(loader.load());                 // everything that is wrong
//   loader.look();                           // now and then: after a change, and once it is whole
//
// Shape    a change counts when two looks in a row found the files the same, so that a file that is
//          just being written is not read. Good: new clusters, keys and policy in this order, each
//          kept where nothing about it changed. Bad: nothing changes; said once.
// Threads  safe from any thread, one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "party/live_policy.h"
#include "party/party_metrics.h"
#include "party/policy_files.h"
#include "party/problems.h"
#include "party/reviews.h"
#include "party/status.h"
#include "verify/key_engine.h"
#include "verify/moment.h"

namespace signet::party {

class PolicyLoader {
 public:
  // All outlive this.
  struct Parts {
    LivePolicy& live;
    verify::KeyEngine& engine;
    const verify::Moments& moments;
    PartyMetrics& metrics;
    MakeReviews make_reviews;
    std::function<void()> changed;  // another policy is in force
  };
  PolicyLoader(std::string path, Parts parts) : path_(std::move(path)), parts_(std::move(parts)) {}

  Result<void, std::vector<std::string>> load();
  void look();
  // Waits for no load, which takes seconds for ten thousand issuers.
  PolicyStatus status() const;

 private:
  struct Reviewing {
    ReviewSource source;
    std::shared_ptr<ClusterReviews> reviews;
  };
  using Reviewers = std::map<std::string, Reviewing, std::less<>>;  // by cluster

  Result<void, std::vector<std::string>> load_marked(const PolicyMark& mark);
  Result<void, std::vector<std::string>> put_in_force(const PolicyPtr& policy, Problems& problems);
  Reviewers reviewers_for(const Policy& policy, Problems& problems) const;
  Result<void, std::vector<std::string>> failed(std::vector<std::string> problems);

  std::string path_;
  Parts parts_;
  std::mutex mutex_;                  // one load at a time
  std::optional<PolicyMark> marked_;  // of the last look
  std::optional<PolicyMark> tried_;   // of the last load, good or bad
  Reviewers reviewers_;
  Guarded<PolicyStatus> status_;
};

}  // namespace signet::party
