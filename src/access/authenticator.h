// Who sent this request: a client certificate, a bearer token, or nobody.
//
//   auto caller = authenticator.authenticate(request, info.path, snapshot);
//   if (!caller) return 401;          // presented something that is not good
//   strip_credentials(request);
//
// Shape    certificate, token of the header, token of a WebSocket, anonymous. The first that is
//          good decides; one that was presented and is not good is a 401 and never anonymous.
//          Tokens are tried on each TokenAuthenticator in order.
// Threads  one Authenticator a loop.
// Source   tokens.md 5.1, 5.2, 6.1; api.md I.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/anonymous.h"
#include "access/token_authenticator.h"
#include "base/result.h"
#include "net/http.h"
#include "telemetry/metrics.h"
#include "token/user_info.h"

namespace signet::access {

struct Caller {
  token::UserInfo user;
  std::vector<std::string> warnings;
};

// What to make of a token of ours whose key is not known here.
enum class MissingKey : std::uint8_t {
  refuse,
  look_for,  // say ErrorKind::unavailable: the key may be found, and then the caller is asked again
};

class Authenticator {
 public:
  struct Options {
    AnonymousAccess anonymous;
    std::vector<std::string> api_audiences;
    // Counts tokens whose key is not known. Null: keys are never found later.
    const identity::Reviewer* later_keys = nullptr;
  };

  // `tokens` in order; they outlive this, as the metrics do.
  Authenticator(std::vector<TokenAuthenticator*> tokens, Options options,
                telemetry::Registry& metrics);

  // `path` is that of the request, decoded. The error is for the log; the client only hears
  // "Unauthorized".
  Result<Caller> authenticate(const net::Request& request, std::string_view path,
                              const machinery::Snapshot& snapshot,
                              MissingKey missing = MissingKey::refuse);

  // As if `text` had come after "Bearer " from somebody: for TokenReview. `audiences` empty: the
  // server's own. The user is in system:authenticated. The error is the text a review shows.
  Result<identity::Reviewed, std::string> review(std::string_view text,
                                                 std::span<const std::string> audiences,
                                                 const machinery::Snapshot& snapshot,
                                                 const identity::Asker& asker);

 private:
  // Nothing where nothing was presented.
  Result<std::optional<token::UserInfo>> identify(const net::Request& request,
                                                  const machinery::Snapshot& snapshot,
                                                  std::vector<std::string>& warnings);
  Result<identity::Reviewed, std::vector<std::string>> try_each(
      std::string_view token, std::span<const std::string> audiences,
      const machinery::Snapshot& snapshot, const identity::TokenUse& use);

  std::vector<TokenAuthenticator*> tokens_;
  Options options_;
  // Requests that came to the same end: how many, and how long finding out took.
  struct Outcome {
    Outcome(telemetry::Registry& metrics, std::string_view result);
    void add(std::chrono::steady_clock::time_point since);

    telemetry::Counter attempts;
    telemetry::Histogram duration;
  };
  Outcome successes_;
  Outcome failures_;  // nobody, where somebody has to be
  Outcome errors_;    // a credential that is not good
  std::map<std::string_view, telemetry::Counter> users_;
};

}  // namespace signet::access
