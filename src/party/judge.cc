#include "party/judge.h"

#include <algorithm>
#include <utility>

#include "base/try.h"
#include "party/review_check.h"
#include "token/claims.h"

namespace signet::party {
namespace {

using std::chrono::seconds;

std::unexpected<Refused> refuse(Refusal reason, std::string detail,
                                seconds retry_after = seconds(0)) {
  return std::unexpected(
      Refused{.reason = reason, .detail = std::move(detail), .retry_after = retry_after});
}

}  // namespace

// One token, one look at it.
class Round {
 public:
  Round(Judge& judge, const Presented& presented, Desk& desk, Progress* progress)
      : judge_(judge),
        presented_(presented),
        desk_(desk),
        progress_(progress),
        live_(desk.live.current()),
        now_(judge.moments_.now()) {}

  Outcome run();

 private:
  std::optional<Verdict> known();
  bool still_holds(const Remembered& remembered);

  Outcome by_issuer(const OpenedToken& opened);
  Outcome by_signature(const OpenedToken& opened, const IssuerDocument& issuer);
  Outcome with_key(const OpenedToken& opened, const IssuerDocument& issuer,
                   verify::UnprovenToken unproven, const verify::KeyLookup& found);
  Outcome by_review(const OpenedToken& opened, const IssuerDocument& issuer);
  Outcome confirmed(const OpenedToken& opened, const IssuerDocument& issuer, Proof proof);

  Outcome need_review(const IssuerDocument& issuer, std::vector<std::string> audiences) const;
  std::vector<std::string> accepted(const OpenedToken& opened) const;
  Verdict decide(const OpenedToken& opened, CheckedToken checked, Remembered rests_on);
  Verdict bad(Refused refused, Remembered rests_on);
  // What a verdict of this round rests on, beside the token's own times.
  Remembered resting(const IssuerDocument& issuer, std::uint64_t key_generation,
                     verify::SteadyTime fresh_until) const;

  Judge& judge_;
  const Presented& presented_;
  Desk& desk_;
  Progress* progress_;
  LivePtr live_;
  verify::Moment now_;
  const Route* route_ = nullptr;
  crypto::Sha256 key_{};
};

Outcome Round::run() {
  if (presented_.token.size() > jose::token_bytes_max) {
    return refuse(Refusal::malformed, "the token is larger than 16 KiB");
  }
  route_ = live_->policy->route(presented_.route);
  if (route_ == nullptr) return refuse(Refusal::forbidden, "there is no such route");
  if (progress_ != nullptr && progress_->policy_generation != live_->generation) {
    *progress_ = Progress{.policy_generation = live_->generation};
  }
  if (auto verdict = known()) return *std::move(verdict);
  TRY(const auto opened, open_token(presented_.token));
  return by_issuer(opened);
}

bool Round::still_holds(const Remembered& remembered) {
  return remembered.policy_generation == live_->generation && remembered.holds(now_) &&
         (remembered.issuer.empty() ||
          desk_.keys.generation(remembered.issuer) == remembered.key_generation);
}

std::optional<Verdict> Round::known() {
  const auto use = [&](const Remembered& remembered) {
    if (remembered.old_audience != nullptr) remembered.old_audience->count(now_.wall);
    return remembered.verdict;
  };
  const auto* recent = desk_.recent.find(presented_.token, route_->id);
  if (recent != nullptr && still_holds(*recent)) return use(*recent);
  key_ = judge_.verdicts_.key(presented_.token, route_->id);
  if (auto found = judge_.verdicts_.find(key_); found != nullptr && still_holds(*found)) {
    desk_.recent.add(presented_.token, route_->id, found);
    return use(*found);
  }
  const auto bad = judge_.bad_signatures_.find(key_);
  if (bad != nullptr && still_holds(*bad)) return bad->verdict;
  return std::nullopt;
}

Outcome Round::by_issuer(const OpenedToken& opened) {
  if (opened.issuer == token::legacy_issuer) {
    if (route_->legacy_issuer == nullptr) {
      return refuse(Refusal::unsupported, "legacy tokens, which never expire, are not accepted");
    }
    return by_review(opened, *route_->legacy_issuer);
  }
  const auto* issuer = live_->policy->issuer_of(opened.issuer);
  if (issuer == nullptr || !route_->believes(*issuer)) {
    return refuse(Refusal::unknown_issuer, "the route believes no such issuer");
  }
  return issuer->mode == Mode::review ? by_review(opened, *issuer) : by_signature(opened, *issuer);
}

std::vector<std::string> Round::accepted(const OpenedToken& opened) const {
  return route_->rules.any_audience ? audiences_of(opened) : route_->audiences;
}

Outcome Round::by_signature(const OpenedToken& opened, const IssuerDocument& issuer) {
  TRY(auto unproven, check_unverified(opened, issuer, accepted(opened), now_.wall));
  if (progress_ == nullptr && issuer.mode != Mode::oidc) return NeedTurn{};  // to check it once
  if (progress_ != nullptr && progress_->proof &&
      desk_.keys.generation(issuer.keys.issuer) == progress_->proof->key_generation) {
    return confirmed(opened, issuer, *progress_->proof);
  }
  const auto& url = issuer.keys.issuer;
  const auto algorithm = *opened.jws.algorithm;  // of those that are accepted, so there is one
  const auto found = opened.jws.kid.empty() ? desk_.keys.find_only(url, algorithm)
                                            : desk_.keys.find(url, opened.jws.kid, algorithm);
  if (found.answer == verify::KeyAnswer::keys) {
    return with_key(opened, issuer, std::move(unproven), found);
  }
  if (progress_ == nullptr || !progress_->keys) {
    return NeedKeys{.issuer = url,
                    .kid = opened.jws.kid,
                    .algorithm = algorithm,
                    .issued_at = unproven.issued_at()};
  }
  if (found.answer == verify::KeyAnswer::unknown_key &&
      *progress_->keys != verify::KeyAnswer::keys_unavailable) {
    return refuse(Refusal::unknown_key, "the issuer publishes no such key");
  }
  return refuse(Refusal::keys_unavailable, "the issuer's keys cannot be had", seconds(5));
}

Outcome Round::with_key(const OpenedToken& opened, const IssuerDocument& issuer,
                        verify::UnprovenToken unproven, const verify::KeyLookup& found) {
  if (is_expensive(found.key->algorithm)) {
    if (progress_ == nullptr || !progress_->has_turn) return NeedTurn{};
    progress_->has_turn = false;
  }
  const auto began = judge_.moments_.now().steady;
  auto checked = check_signed(std::move(unproven), issuer, *found.key);
  judge_.metrics_.count_signature(found.key->algorithm, judge_.moments_.now().steady - began);
  if (!checked) {
    if (checked.error().reason != Refusal::bad_signature) return std::unexpected(checked.error());
    return bad(std::move(checked).error(),
               resting(issuer, found.generation, now_.steady + Judge::bad_signature_ttl));
  }
  return confirmed(opened, issuer,
                   {.checked = *std::move(checked), .key_generation = found.generation});
}

Outcome Round::need_review(const IssuerDocument& issuer, std::vector<std::string> audiences) const {
  const auto found = live_->reviews.find(issuer.cluster);
  if (found == live_->reviews.end()) {
    return refuse(Refusal::review_unavailable, "the cluster cannot be asked", seconds(5));
  }
  return NeedReview{.reviews = found->second, .audiences = std::move(audiences)};
}

// After the signature: by the issuer's keys alone, or by its cluster's word as well.
Outcome Round::confirmed(const OpenedToken& opened, const IssuerDocument& issuer, Proof proof) {
  const auto resting_until = [&](verify::SteadyTime fresh_until) {
    return resting(issuer, proof.key_generation, fresh_until);
  };
  if (issuer.mode == Mode::oidc) {
    return decide(opened, std::move(proof.checked),
                  resting_until(now_.steady + Judge::verdict_ttl));
  }
  if (progress_ == nullptr || !progress_->review) {
    auto audiences = proof.checked.caller.audiences;
    if (progress_ != nullptr) progress_->proof = std::move(proof);
    return need_review(issuer, std::move(audiences));
  }
  const auto& ttl = issuer.review.cache_ttl;
  if (const auto* no = std::get_if<ReviewNo>(&*progress_->review)) {
    return bad({.reason = Refusal::revoked, .detail = no->detail},
               resting_until(no->asked_at + ttl));
  }
  if (const auto* yes = std::get_if<ReviewYes>(&*progress_->review)) {
    TRY(proof.checked.caller, confirmed_caller(*yes, proof.checked.caller));
    return decide(opened, std::move(proof.checked), resting_until(yes->asked_at + ttl));
  }
  const auto& unknown = std::get<ReviewUnknown>(*progress_->review);
  if (issuer.need == ReviewNeed::required) {
    return refuse(Refusal::review_unavailable, unknown.detail, unknown.retry_after);
  }
  // Degraded, as the policy allows: Method::offline says so. Not for longer than a review holds.
  return decide(opened, std::move(proof.checked), resting_until(now_.steady + ttl));
}

Outcome Round::by_review(const OpenedToken& opened, const IssuerDocument& issuer) {
  auto audiences = accepted(opened);
  if (progress_ == nullptr || !progress_->review) {
    return need_review(issuer, std::move(audiences));
  }
  const auto resting_until = [&](verify::SteadyTime asked_at) {
    auto rests_on = resting(issuer, 0, asked_at + issuer.review.cache_ttl);
    rests_on.issuer.clear();
    return rests_on;
  };
  if (const auto* no = std::get_if<ReviewNo>(&*progress_->review)) {
    return bad({.reason = Refusal::revoked, .detail = no->detail}, resting_until(no->asked_at));
  }
  if (const auto* yes = std::get_if<ReviewYes>(&*progress_->review)) {
    TRY(auto checked, reviewed_caller(*yes, issuer, audiences, opened));
    return decide(opened, std::move(checked), resting_until(yes->asked_at));
  }
  const auto& unknown = std::get<ReviewUnknown>(*progress_->review);
  return refuse(Refusal::review_unavailable, unknown.detail, unknown.retry_after);
}

Remembered Round::resting(const IssuerDocument& issuer, std::uint64_t key_generation,
                          verify::SteadyTime fresh_until) const {
  return {.key = key_,
          .policy_generation = live_->generation,
          .issuer = issuer.keys.issuer,
          .key_generation = key_generation,
          .clock_skew = issuer.tokens.clock_skew,
          .fresh_until = fresh_until};
}

Verdict Round::bad(Refused refused, Remembered rests_on) {
  rests_on.verdict = std::unexpected(refused);
  judge_.bad_signatures_.add(std::make_shared<const Remembered>(std::move(rests_on)));
  return std::unexpected(std::move(refused));
}

Verdict Round::decide(const OpenedToken& opened, CheckedToken checked, Remembered rests_on) {
  rests_on.not_before = checked.not_before;
  rests_on.expires_at = checked.caller.not_after;
  auto& caller = checked.caller;
  auto refusal = route_->subject_refusal(caller);
  if (!refusal && route_->condition) {
    refusal = route_->condition->refusal(caller, opened.jws.payload);
  }
  if (refusal) {
    rests_on.verdict = refuse(Refusal::forbidden, *std::move(refusal));
  } else {
    if (route_->only_old(caller.audiences)) {
      rests_on.old_audience = judge_.old_audiences_.of(route_->rules.name, caller, now_.wall);
      rests_on.old_audience->count(now_.wall);
    }
    rests_on.verdict = std::make_shared<const Caller>(std::move(caller));
  }
  const auto remembered = std::make_shared<const Remembered>(std::move(rests_on));
  judge_.verdicts_.add(remembered);
  desk_.recent.add(presented_.token, route_->id, remembered);
  return remembered->verdict;
}

Judge::Judge(OldAudiences& old_audiences, const verify::Moments& moments, Random& random,
             PartyMetrics& metrics)
    : old_audiences_(old_audiences),
      moments_(moments),
      metrics_(metrics),
      verdicts_(verdicts_max, random),
      bad_signatures_(bad_signatures_max, random) {}

Outcome Judge::judge(const Presented& presented, Desk& desk, Progress* progress) {
  return Round(*this, presented, desk, progress).run();
}

void Judge::forget() {
  verdicts_.clear();
  bad_signatures_.clear();
}

}  // namespace signet::party
