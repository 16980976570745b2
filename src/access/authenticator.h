// Who sent this request: a client certificate, a bearer token, or nobody.
//
//   auto caller = authenticator.authenticate(request, snapshot);
//   if (!caller) return 401;          // presented something that is not good
//
// Shape    certificate first, then the token, then anonymous; a credential that fails is a 401 and
//          never anonymous.
// Threads  one Authenticator a loop.
// Source   tokens.md 5.1, 5.2, 6.1; api.md I.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/reviewer.h"
#include "machinery/view.h"
#include "net/http.h"
#include "token/user_info.h"

namespace signet::access {

// What "Authorization" (or the token of a review) holds after "Bearer ".
struct BearerText {
  std::optional<std::string_view> token;  // none: no bearer credential at all
  bool extra_space = false;               // two spaces: ignored, and worth a warning
};
BearerText bearer_text(std::string_view authorization);

struct Caller {
  token::UserInfo user;
  std::vector<std::string> warnings;
};

class Authenticator {
 public:
  struct Options {
    bool anonymous = true;
  };

  Authenticator(identity::Reviewer& reviewer, Options options)
      : reviewer_(reviewer), options_(options) {}

  // The error is for the log; the client only hears "Unauthorized".
  Result<Caller> authenticate(const net::Request& request, const machinery::Snapshot& snapshot);

  // As if `text` had come after "Bearer " from somebody: for TokenReview. The error is the text a
  // review shows.
  Result<identity::Reviewed, std::string> review(std::string_view text,
                                                 std::span<const std::string> audiences,
                                                 const machinery::Snapshot& snapshot);

 private:
  identity::Reviewer& reviewer_;
  Options options_;
};

}  // namespace signet::access
