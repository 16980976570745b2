#include "party/check_flow.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace signet::party {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Verdict late(Refusal reason, std::string detail) {
  return std::unexpected(
      Refused{.reason = reason, .detail = std::move(detail), .retry_after = seconds(1)});
}

// A thread that looks at its desk may be called back meanwhile: by an engine that it has woken, or
// by a cluster of an earlier policy, which it was the last to hold. What that leads to is done when
// the desk is free again.
class DeskWatch {
 public:
  DeskWatch() { busy() = true; }
  ~DeskWatch() { busy() = false; }
  DeskWatch(const DeskWatch&) = delete;
  DeskWatch& operator=(const DeskWatch&) = delete;

  static bool& busy() {
    thread_local bool busy = false;
    return busy;
  }
  static std::vector<std::move_only_function<void()>>& pending() {
    thread_local std::vector<std::move_only_function<void()>> pending;
    return pending;
  }
};

void outside(std::move_only_function<void()> work) {
  if (!DeskWatch::busy()) return work();
  DeskWatch::pending().push_back(std::move(work));
}

void catch_up() {
  for (auto& work : std::exchange(DeskWatch::pending(), {})) work();
}

Verdict late(const Outcome& need) {
  if (std::holds_alternative<NeedKeys>(need)) {
    return late(Refusal::keys_unavailable, "the issuer's keys were not there in time");
  }
  if (std::holds_alternative<NeedReview>(need)) {
    return late(Refusal::review_unavailable, "the cluster did not answer in time");
  }
  return late(Refusal::overloaded, "too many expensive signatures are being checked");
}

}  // namespace

struct CheckFlow::Waiting {
  std::string token;
  std::string route;
  verify::SteadyTime deadline;
  Done done;
  Progress progress;
  std::atomic<bool> answered = false;
};

CheckFlow::CheckFlow(Parts parts)
    : parts_(parts),
      desks_([parts] { return std::make_unique<Desk>(parts.live, parts.engine.board()); }) {}

Outcome CheckFlow::look(const Presented& presented, Progress* progress) {
  auto outcome = desks_.use([&](Desk& desk) {
    const DeskWatch watch;
    return parts_.judge.judge(presented, desk, progress);
  });
  catch_up();
  return outcome;
}

std::optional<Verdict> CheckFlow::check_now(const Presented& presented) {
  auto outcome = look(presented, nullptr);
  auto* verdict = std::get_if<Verdict>(&outcome);
  if (verdict == nullptr) return std::nullopt;
  parts_.metrics.count(*verdict);
  return std::move(*verdict);
}

void CheckFlow::check(const Presented& presented, verify::SteadyTime deadline, Done done) {
  Progress progress;
  auto outcome = look(presented, &progress);
  if (auto* verdict = std::get_if<Verdict>(&outcome)) {
    parts_.metrics.count(*verdict);
    return done(std::move(*verdict));
  }
  auto waiting = std::make_shared<Waiting>();
  waiting->token = presented.token;
  waiting->route = presented.route;
  waiting->deadline = deadline;
  waiting->done = std::move(done);
  waiting->progress = std::move(progress);
  if (!admit(waiting)) {
    waiting->answered = true;
    auto verdict = late(Refusal::overloaded, "too many checks wait");
    parts_.metrics.count(verdict);
    return waiting->done(std::move(verdict));
  }
  if (parts_.moments.now().steady >= deadline) return finish(waiting, late(outcome));
  std::visit([&](auto& need) { wait(waiting, std::move(need)); }, outcome);
}

bool CheckFlow::admit(const WaitingPtr& waiting) {
  const bool admitted = waiting_.with(
      [&](auto& all) { return all.size() < waiting_max && all.insert(waiting).second; });
  if (admitted) parts_.metrics.count_waiting(1);
  return admitted;
}

void CheckFlow::go_on(const WaitingPtr& waiting) {
  if (waiting->answered) return;
  auto outcome = look({.token = waiting->token, .route = waiting->route}, &waiting->progress);
  if (!std::holds_alternative<Verdict>(outcome) &&
      parts_.moments.now().steady >= waiting->deadline) {
    return finish(waiting, late(outcome));
  }
  std::visit([&](auto& need) { wait(waiting, std::move(need)); }, outcome);
}

void CheckFlow::wait(const WaitingPtr& waiting, const NeedKeys& need) {
  const auto left =
      std::chrono::duration_cast<milliseconds>(waiting->deadline - parts_.moments.now().steady);
  // Answered by the engine, or dropped by it at its end; then close() answers.
  parts_.engine.wait_for({.issuer = need.issuer,
                          .kid = need.kid,
                          .algorithm = need.algorithm,
                          .issued_at = need.issued_at,
                          .patience = std::clamp(left, milliseconds(1), milliseconds(2000)),
                          .when_late = verify::KeyAnswer::keys_unavailable},
                         [this, waiting, turnstile = turnstile_](verify::KeyAnswer answer) {
                           outside([this, waiting, turnstile, answer] {
                             turnstile->pass([&] {
                               waiting->progress.keys = answer;
                               go_on(waiting);
                             });
                           });
                         });
}

void CheckFlow::wait(const WaitingPtr& waiting, NeedTurn need) {
  auto work = [this, waiting, need, turnstile = turnstile_](Turn turn) {
    turnstile->pass([&] {
      if (turn == Turn::too_late) return finish(waiting, late(need));
      waiting->progress.has_turn = true;
      go_on(waiting);
    });
  };
  const bool offered = parts_.lane.offer(waiting->deadline, std::move(work));
  if (!offered) finish(waiting, late(need));
}

void CheckFlow::wait(const WaitingPtr& waiting, const NeedReview& need) {
  need.reviews->ask(waiting->token, need.audiences, waiting->deadline,
                    [this, waiting, turnstile = turnstile_](ReviewAnswer answer) {
                      outside([this, waiting, turnstile, answer = std::move(answer)]() mutable {
                        turnstile->pass([&] {
                          waiting->progress.review = std::move(answer);
                          go_on(waiting);
                        });
                      });
                    });
}

void CheckFlow::finish(const WaitingPtr& waiting, Verdict verdict) {
  if (waiting->answered.exchange(true)) return;
  waiting_.with([&](auto& all) { all.erase(waiting); });
  parts_.metrics.count_waiting(-1);
  parts_.metrics.count(verdict);
  waiting->done(std::move(verdict));
}

std::size_t CheckFlow::waiting() const {
  return waiting_.with([](const auto& all) { return all.size(); });
}

void CheckFlow::close() {
  turnstile_->close();
  const auto left = waiting_.with(
      [](const auto& all) { return std::vector<WaitingPtr>(all.begin(), all.end()); });
  for (const auto& waiting : left) {
    finish(waiting, late(Refusal::overloaded, "the program is ending"));
  }
}

}  // namespace signet::party
