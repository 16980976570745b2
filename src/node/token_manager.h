// Decides whether a volume gets the token it had or a fresh one from the authority.
//
//   TRY(auto grant, tokens.get({.account = "web", .space = "demo", .pod_name = "p"}));
//   write(grant.token->bytes.reveal());
//   schedule(grant.due_at);
//
// Shape    a cache by everything that was asked for. A token is due at 80 % of the lifetime the
//          authority answered, or after 24 hours, up to 9 s early; or when the clock went back
//          before its issue.
// Errors   an old token that is still valid outlives a failed refresh; otherwise the authority's
//          error, said to have come from fetching or refreshing. Never a token.
// Units    lifetimes in whole seconds, instants on the wall clock because expiry is.
// Threads  safe from any thread; concurrent calls for one key may both ask, the last answer stays.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace signet::node {

struct TokenRequest {
  std::string account;
  std::string space;  // the account's and the pod's namespace
  std::vector<std::string> audiences;
  std::int64_t expiration_seconds = 0;  // 0: not asked for
  std::string pod_name;
  std::string pod_uid;

  // Everything above as one line; no secret in it.
  std::string key() const;
};

struct IssuedToken {
  Secret bytes;
  Instant expires_at{};
  std::optional<std::int64_t> lifetime_seconds;  // as answered, not as asked
};

// Where tokens come from.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  virtual Result<IssuedToken> create_token(const TokenRequest& request) = 0;
  // Whether the authority's discovery lists serviceaccounts/token. Asked at most once, when a
  // request was answered with not_found.
  virtual Result<bool> serves_tokens() = 0;
};

class TokenManager {
 public:
  struct Grant {
    std::shared_ptr<const IssuedToken> token;
    // From then on, and not before, every check finds the token due. None: never due.
    std::optional<Instant> due_at;
  };

  TokenManager(TokenSource& source, const Clock& clock, Random& random)
      : source_(source), clock_(clock), random_(random) {}

  Result<Grant> get(const TokenRequest& request);
  // Forgets what is expired; call it every minute.
  void drop_expired();
  // Forgets what is bound to a pod that is gone.
  void drop_pod(std::string_view pod_uid);
  std::size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<const IssuedToken> token;
    std::string pod_uid;
  };

  std::shared_ptr<const IssuedToken> cached(const std::string& key, bool& due);
  Error explain(Error error);

  TokenSource& source_;
  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::optional<bool> serves_tokens_;
};

}  // namespace signet::node
