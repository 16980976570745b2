// Asking one cluster about tokens, as the relying party sees it.
//
// Shape    `answered` is called exactly once, before ask() returns or on another thread, and not
//          much later than the deadline. Equal questions may share an answer for as long as the
//          issuer's cacheTTL says.
// Threads  safe from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "party/documents.h"
#include "party/status.h"
#include "token/user_info.h"
#include "verify/moment.h"

namespace signet::party {

// The cluster says yes: who it is, and which of the audiences that were asked for.
struct ReviewYes {
  token::UserInfo user;
  std::vector<std::string> audiences;
  verify::SteadyTime asked_at{};  // from when on the answer ages
};
struct ReviewNo {
  std::string detail;
  verify::SteadyTime asked_at{};
};
// Nobody knows: the cluster cannot be reached, is asked too much, or its answer is of no use.
struct ReviewUnknown {
  std::string detail;
  std::chrono::seconds retry_after{1};
};
using ReviewAnswer = std::variant<ReviewYes, ReviewNo, ReviewUnknown>;

class ClusterReviews {
 public:
  using Answered = std::move_only_function<void(ReviewAnswer)>;

  virtual ~ClusterReviews() = default;
  // What is borrowed is borrowed until this returns. No audiences: the cluster's own.
  virtual void ask(std::string_view token, const std::vector<std::string>& audiences,
                   verify::SteadyTime deadline, Answered answered) = 0;
  virtual ReviewStatus status() const = 0;
};

// invalid: a source that cannot be used, with the reason.
using MakeReviews = std::function<Result<std::shared_ptr<ClusterReviews>>(
    const std::string& cluster, const ReviewSource& source)>;

}  // namespace signet::party
