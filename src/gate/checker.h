// Judges one request for every surface alike: asks the relying party, counts what it said, and
// writes down why somebody was refused.
//
//   const Question question{Surface::auth_request, inbound.token(), "payments"};
//   if (auto answer = checker.check_now(question)) co_return reply(*answer);
//   checker.begin(question, [](Answer answer) { ... });
//
// Shape    what takes longer than the deadline is answered with a 503 before the proxy gives up,
//          and what was begun for it goes on, so that the next request finds it done.
// Errors   Denied: the status, challenge and Retry-After that every surface sends.
// Threads  any. Done is called once, perhaps before begin() returns, on a thread that must not be
//          kept.
// Source   verify.md A.11, C.1; RFC 6750 s3, s3.1.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "gate/inbound.h"
#include "party/relying_party.h"
#include "telemetry/metrics.h"
#include "verify/moment.h"

namespace signet::gate {

// Who asks. The enumerator is also the metric label.
enum class Surface : std::uint8_t {
  ext_authz_grpc,
  ext_authz_http,
  auth_request,
  forward_auth,
  token_review,
};
inline constexpr std::size_t surfaces = 5;
std::string_view to_string(Surface surface);

struct Denied {
  party::Refusal reason = party::Refusal::malformed;
  std::chrono::seconds retry_after{0};  // at least 1 with 429 and 503
  bool without_credential = false;

  int status() const { return party::http_status(reason); }
  // Of WWW-Authenticate; empty unless the status is 401.
  std::string_view challenge() const;
  std::string_view text() const;
};

using Answer = Result<party::CallerPtr, Denied>;
using Answered = std::move_only_function<void(Answer)>;

struct Question {
  Surface surface;
  Result<std::string_view, NoToken> token;
  std::string_view route;
};

class Checker {
 public:
  struct Options {
    std::chrono::milliseconds deadline{150};  // Envoy waits for 200
  };
  // Collaborators; all outlive this object.
  struct World {
    party::RelyingParty& party;
    const verify::Moments& moments;
    telemetry::Registry& metrics;
    Random& random;
  };

  Checker(Options options, World world);

  // None: nothing is known yet; ask begin(). Never waits.
  std::optional<Answer> check_now(const Question& question);
  // `question` is borrowed until this returns.
  void begin(const Question& question, Answered done);

  // Returns once no check waits: at the latest after the deadline. Nobody may begin one meanwhile.
  void wait_until_idle();

 private:
  // What is left of a question when its answer comes.
  struct Asked {
    Surface surface;
    std::string route;        // empty: none of the policy's
    std::string fingerprint;  // of the token; empty while nobody reads the log
  };

  Asked asked(const Question& question) const;
  Answer finish(const Asked& asked, party::Verdict verdict);
  Answer refuse(const Asked& asked, const party::Refused& refused, bool without_credential);
  telemetry::Counter& counter(Surface surface, std::size_t result);
  void end_waiting();

  Options options_;
  party::RelyingParty& party_;
  const verify::Moments& moments_;
  std::string fingerprint_key_;
  std::vector<telemetry::Counter> counters_;  // surface by surface: allowed, then each refusal
  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t waiting_ = 0;
};

}  // namespace signet::gate
