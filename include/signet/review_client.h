// Asks a cluster about a token: TokenReview, which sees deleted pods and accounts where a signature
// cannot.
//
//   auto client = signet::ReviewClient::create({.server = "https://k8s.example:6443",
//                                               .ca_file = "/etc/reviewer/ca.crt",
//                                               .token_file = "/etc/reviewer/token"});
//   if (!client) return explain(client.error());
//   const auto user = client->review(bearer, {"vault"}, std::chrono::seconds(1));
//   if (!user && user.error().kind == signet::NoReview::refused) return reply(401);
//   if (!user) return reply(503, user.error().retry_after);
//   serve(user->username);
//
// Shape    equal questions at the same moment are asked once; answers are not remembered. A call
//          that broke off or met a 5xx is made once more. Credentials are read again every 10 s.
// Errors   create(): a file that cannot be read, a server without https. review(): ReviewFailure.
// Limits   200 questions a second after a burst of 400, 64 at once, 1,024 that wait. When half of
//          the last 20 calls failed, none is made for 5 s. 16 KiB a token, 64 KiB an answer.
// Threads  safe from any thread; review() blocks the one that calls it. The one thread that is
//          started ends with the last copy.
// Source   authentication.k8s.io/v1 TokenReview.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signet/export.h"

namespace signet {

// As the cluster says it.
struct ReviewedUser {
  std::string username;  // system:serviceaccount:NAMESPACE:NAME
  std::string uid;
  std::vector<std::string> groups;
  // authentication.kubernetes.io/pod-name and the like.
  std::map<std::string, std::vector<std::string>> extra;
  std::vector<std::string> audiences;  // those asked for that the token is good for
};

enum class NoReview : std::uint8_t {
  refused = 1,      // the cluster says no, or not for these audiences
  unavailable = 2,  // nobody knows: the token may be good, and its holder must keep it
};

struct ReviewFailure {
  NoReview kind;
  std::string detail;                   // for operators; never holds a token
  std::chrono::seconds retry_after{0};  // at least 1 when unavailable
};

class SIGNET_EXPORT ReviewClient {
 public:
  struct Options {
    std::string kubeconfig;  // its current context; or the three that follow
    std::string server;      // https://HOST:PORT
    std::string ca_file;     // empty: the system's
    std::string token_file;  // of an account that may create tokenreviews
    // Audiences of the API server itself, for which it may answer without naming any.
    std::vector<std::string> api_audiences;
  };

  static std::expected<ReviewClient, std::string> create(const Options& options);

  // No audiences: the cluster's own. Returns soon after `patience` (1 ms to 60 s) at the latest.
  std::expected<ReviewedUser, ReviewFailure> review(std::string_view token,
                                                    const std::vector<std::string>& audiences,
                                                    std::chrono::milliseconds patience) const;

 private:
  struct State;
  explicit ReviewClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace signet
