// POST tokenreviews and selfsubjectreviews: whose token is this, and who am I.
//
// Threads  one TokenReviews a loop.
// Source   tokens.md 6.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "identity/key_search.h"
#include "identity/reviewer.h"
#include "identity/token_use.h"
#include "machinery/api.h"

namespace signet::identity {

// Every token authenticator of the server, in order: text after "Bearer " and audiences in, the
// user as he is on a request, and the matching audiences out. The refusal's text is what a review
// shows.
using ReviewToken = std::function<Result<Reviewed, std::string>(
    std::string_view token, std::span<const std::string> audiences, const Asker& asker)>;

// Where a token of ours may name a key that is not known yet. Both or none.
struct LaterKeys {
  const Reviewer* reviewer = nullptr;
  KeySearch* search = nullptr;
};

class TokenReviews {
 public:
  explicit TokenReviews(ReviewToken review, LaterKeys later = {})
      : review_(std::move(review)), later_(later) {}

  Task<net::Response> review(machinery::ActionRequest request);

 private:
  machinery::ApiResult<net::Response> answer(const machinery::ActionRequest& request);

  ReviewToken review_;
  LaterKeys later_;
};

// Answers with the caller's own user information.
Task<net::Response> review_self(machinery::ActionRequest request, UnixTime now);

// {"username":...,"uid":...,"groups":[...],"extra":{...}}, empty members left out.
void append_user_json(std::string& json, const token::UserInfo& user);

}  // namespace signet::identity
