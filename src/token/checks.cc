#include "token/checks.h"

#include <array>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/go_quote.h"
#include "crypto/digest.h"
#include "token/audience.h"
#include "token/error_text.h"
#include "token/legacy_labels.h"

namespace signet::token {

namespace {

using Checks = Result<void, Refusal>;

std::unexpected<Refusal> refuse(Reason reason, std::string text) {
  return std::unexpected(Refusal{.reason = reason, .text = std::move(text)});
}

// `instant` > `time`, without converting to nanoseconds a time that may be millions of years away.
bool is_after(Instant instant, UnixTime time) {
  const auto second = whole_seconds(instant);
  return second > time || (second == time && instant > second);
}
bool is_before(Instant instant, UnixTime time) {
  return whole_seconds(instant) < time;
}

bool is_gone(const std::optional<UnixTime>& deleted_at, Instant now) {
  return deleted_at && is_after(now - leeway, *deleted_at);
}

Result<Checked, Refusal> check_audience(const std::vector<std::string_view>& of_token,
                                        const AudienceQuestion& question) {
  Checked checked;
  std::vector<std::string_view> implied;
  if (of_token.empty()) {
    checked.without_audience = true;
    implied.assign(question.api.begin(), question.api.end());
  }
  const auto& effective = of_token.empty() ? implied : of_token;
  checked.audiences = intersect_audiences(question.requested, effective);
  if (checked.audiences.empty() && !question.api.empty()) {
    return refuse(Reason::wrong_audience, cat("token audiences ", codec::go_quote_list(effective),
                                              " is invalid for the target audiences ",
                                              codec::go_quote_list(question.requested)));
  }
  return checked;
}

Checks check_times(const BoundClaims& claims, Instant now) {
  if (claims.not_before && is_before(now + leeway, *claims.not_before)) {
    return refuse(Reason::not_yet_valid, "service account token is not valid yet");
  }
  // A token without end is nothing this server makes, so one is refused like an old one.
  if (!claims.expires_at || is_after(now - leeway, *claims.expires_at)) {
    return refuse(Reason::expired, "service account token has expired");
  }
  if (claims.issued_at && is_before(now + leeway, *claims.issued_at)) {
    return refuse(Reason::issued_in_future, "service account token is issued in the future");
  }
  return {};
}

Checks check_account(const BoundClaims& claims, const LiveObjects& live, Instant now) {
  const auto& account = claims.service_account;
  if (account.name.empty()) {
    return refuse(Reason::account_not_found, "resource name may not be empty");
  }
  const auto state = live.service_account(claims.ns, account.name);
  if (!state) {
    return refuse(Reason::account_not_found,
                  cat("serviceaccounts \"", account.name, "\" not found"));
  }
  if (state->uid != account.uid) {
    return refuse(Reason::account_uid_mismatch, cat("service account UID (", state->uid,
                                                    ") does not match claim (", account.uid, ")"));
  }
  if (is_gone(state->deleted_at, now)) {
    return refuse(Reason::account_deleted,
                  cat("service account ", claims.ns, "/", account.name, " has been deleted"));
  }
  return {};
}

struct BoundKind {
  std::string_view word;
  Reason not_found;
  Reason uid_mismatch;
  Reason deleted;
};
constexpr BoundKind secret_kind{"secret", Reason::secret_not_found, Reason::secret_uid_mismatch,
                                Reason::secret_deleted};
constexpr BoundKind pod_kind{"pod", Reason::pod_not_found, Reason::pod_uid_mismatch,
                             Reason::pod_deleted};
constexpr BoundKind node_kind{"node", Reason::node_not_found, Reason::node_uid_mismatch,
                              Reason::node_deleted};

constexpr std::string_view invalidated = "service account token has been invalidated";

Checks check_reference(const BoundKind& kind, const ObjectRef& claim,
                       const std::optional<ObjectState>& state, Instant now) {
  if (!state) return refuse(kind.not_found, std::string(invalidated));
  if (state->uid != claim.uid) {
    return refuse(kind.uid_mismatch,
                  cat(kind.word, " UID (", state->uid, ") does not match service account ",
                      kind.word, " ref claim (", claim.uid, ")"));
  }
  if (is_gone(state->deleted_at, now)) return refuse(kind.deleted, std::string(invalidated));
  return {};
}

Checks check_objects(const BoundClaims& claims, const LiveObjects& live, Instant now) {
  TRY_VOID(check_account(claims, live, now));
  if (claims.secret) {
    TRY_VOID(check_reference(secret_kind, *claims.secret,
                             live.secret(claims.ns, claims.secret->name), now));
  }
  if (claims.pod) {
    TRY_VOID(check_reference(pod_kind, *claims.pod, live.pod(claims.ns, claims.pod->name), now));
  }
  // A pod's node is copied into the token for information; only a node binding is enforced.
  if (claims.node && !claims.pod) {
    TRY_VOID(check_reference(node_kind, *claims.node, live.node(claims.node->name), now));
  }
  return {};
}

void judge_freshness(const BoundClaims& claims, Instant now, Checked& checked) {
  constexpr UnixTime unset{};
  if (!claims.warn_after || *claims.warn_after == unset) return;
  checked.freshness = Freshness::valid;
  if (is_after(now, *claims.warn_after)) {
    checked.freshness = Freshness::stale;
    checked.stale_seconds = (whole_seconds(now) - *claims.warn_after).count();
  }
}

Checks check_legacy_claims(const LegacyClaims& claims) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> required{
      {{claims.subject, "sub claim is missing"},
       {claims.ns, "namespace claim is missing"},
       {claims.secret_name, "secretName claim is missing"},
       {claims.service_account_name, "serviceAccountName claim is missing"},
       {claims.service_account_uid, "serviceAccountUID claim is missing"}}};
  for (const auto& [value, text] : required) {
    if (value.empty()) return refuse(Reason::bad_claims, std::string(text));
  }
  const ServiceAccountName claimed{.ns = claims.ns, .name = claims.service_account_name};
  if (parse_service_account_username(claims.subject) != claimed) {
    return refuse(Reason::bad_claims, "sub claim is invalid");
  }
  return {};
}

Checks check_legacy_secret(const std::optional<LegacySecretState>& secret,
                           std::string_view compact) {
  if (!secret) return refuse(Reason::secret_not_found, "Token has been invalidated");
  // No grace here, not even for a deletion time in the future.
  if (secret->deleted_at) return refuse(Reason::secret_deleted, "Token has been invalidated");
  if (!crypto::equal_in_constant_time(secret->token, compact)) {
    return refuse(Reason::secret_token_mismatch, "Token does not match server's copy");
  }
  return {};
}

Checks check_legacy_account(const LegacyClaims& claims, const LiveObjects& live) {
  const auto& name = claims.service_account_name;
  const auto state = live.service_account(claims.ns, name);
  if (!state) {
    return refuse(Reason::account_not_found, cat("serviceaccounts \"", name, "\" not found"));
  }
  if (state->deleted_at) {
    return refuse(Reason::account_deleted,
                  cat("ServiceAccount ", claims.ns, "/", name, " has been deleted"));
  }
  if (state->uid != claims.service_account_uid) {
    return refuse(Reason::account_uid_mismatch,
                  cat("ServiceAccount UID (", state->uid, ") does not match claim (",
                      claims.service_account_uid, ")"));
  }
  return {};
}

std::string marked_invalid_text(const LegacyClaims& claims) {
  return cat("the token in secret ", claims.ns, "/", claims.secret_name, " for service account ",
             claims.ns, "/", claims.service_account_name,
             " has been marked invalid. Use tokens from the TokenRequest API or manually created "
             "secret-based tokens, or remove the 'kubernetes.io/legacy-token-invalid-since' label "
             "from the secret to temporarily allow use of this token");
}

// Tomorrow's date is what another replica with a faster clock may have written.
bool is_use_unrecorded(std::string_view last_used, Instant now) {
  return last_used != label_date(now) && last_used != label_date(now + std::chrono::days(1));
}

void add_extra(Extra& extra, std::string_view key, std::string value) {
  extra.emplace(key, std::vector<std::string>{std::move(value)});
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::not_ours:
      return "not_ours";
    case Reason::unknown_key:
      return "unknown_key";
    case Reason::bad_signature:
      return "bad_signature";
    case Reason::bad_claims:
      return "bad_claims";
    case Reason::wrong_issuer:
      return "wrong_issuer";
    case Reason::wrong_audience:
      return "wrong_audience";
    case Reason::not_yet_valid:
      return "not_yet_valid";
    case Reason::expired:
      return "expired";
    case Reason::issued_in_future:
      return "issued_in_future";
    case Reason::account_not_found:
      return "account_not_found";
    case Reason::account_uid_mismatch:
      return "account_uid_mismatch";
    case Reason::account_deleted:
      return "account_deleted";
    case Reason::secret_not_found:
      return "secret_not_found";
    case Reason::secret_uid_mismatch:
      return "secret_uid_mismatch";
    case Reason::secret_deleted:
      return "secret_deleted";
    case Reason::secret_token_mismatch:
      return "secret_token_mismatch";
    case Reason::pod_not_found:
      return "pod_not_found";
    case Reason::pod_uid_mismatch:
      return "pod_uid_mismatch";
    case Reason::pod_deleted:
      return "pod_deleted";
    case Reason::node_not_found:
      return "node_not_found";
    case Reason::node_uid_mismatch:
      return "node_uid_mismatch";
    case Reason::node_deleted:
      return "node_deleted";
    case Reason::marked_invalid:
      return "marked_invalid";
  }
  return "unknown";
}

Refusal refuse_not_ours() {
  return {.reason = Reason::not_ours, .text = std::string(invalid_bearer_token)};
}
Refusal refuse_unknown_key() {
  return {.reason = Reason::unknown_key, .text = "invalid signature, no keys found"};
}
Refusal refuse_bad_signature() {
  return {.reason = Reason::bad_signature,
          .text = "go-jose/go-jose: error in cryptographic primitive"};
}
Refusal refuse_bad_claims(std::string_view what) {
  return {.reason = Reason::bad_claims, .text = std::string(what)};
}
Refusal refuse_wrong_issuer(std::string_view issuer) {
  return {.reason = Reason::wrong_issuer, .text = cat("token issuer \"", issuer, "\" is invalid")};
}

Result<Checked, Refusal> check_bound(const BoundClaims& claims, const AudienceQuestion& audience,
                                     const LiveObjects& live, Instant now) {
  TRY(auto checked, check_audience(claims.audiences, audience));
  TRY_VOID(check_times(claims, now));
  TRY_VOID(check_objects(claims, live, now));
  judge_freshness(claims, now, checked);
  return checked;
}

Result<CheckedLegacy, LegacyRefusal> check_legacy(const LegacyClaims& claims,
                                                  std::string_view compact,
                                                  const AudienceQuestion& audience,
                                                  const LiveObjects& live, Lookup lookup,
                                                  Instant now) {
  const auto refuse_with = [](Refusal refusal, bool touch_last_used = false) {
    return std::unexpected(
        LegacyRefusal{.refusal = std::move(refusal), .touch_last_used = touch_last_used});
  };
  auto checked = check_audience(claims.audiences, audience);
  if (!checked) return refuse_with(std::move(checked).error());
  CheckedLegacy accepted{.checked = *std::move(checked)};
  if (auto ok = check_legacy_claims(claims); !ok) return refuse_with(std::move(ok).error());
  if (lookup == Lookup::claims_only) return accepted;

  const auto secret = live.legacy_secret(claims.ns, claims.secret_name);
  if (auto ok = check_legacy_secret(secret, compact); !ok) {
    return refuse_with(std::move(ok).error());
  }
  if (auto ok = check_legacy_account(claims, live); !ok) return refuse_with(std::move(ok).error());
  accepted.touch_last_used = is_use_unrecorded(secret->last_used, now);
  if (!secret->invalid_since.empty()) {
    return refuse_with({.reason = Reason::marked_invalid, .text = marked_invalid_text(claims)},
                       accepted.touch_last_used);
  }
  accepted.auto_generated =
      live.account_lists_secret(claims.ns, claims.service_account_name, claims.secret_name);
  return accepted;
}

UserInfo user_of(const BoundClaims& claims) {
  UserInfo user{.username = service_account_username(claims.ns, claims.service_account.name),
                .uid = std::string(claims.service_account.uid),
                .groups = service_account_groups(claims.ns),
                .extra = {}};
  if (claims.pod && !claims.pod->name.empty() && !claims.pod->uid.empty()) {
    add_extra(user.extra, pod_name_key, std::string(claims.pod->name));
    add_extra(user.extra, pod_uid_key, std::string(claims.pod->uid));
  }
  if (claims.node && !claims.node->name.empty()) {
    add_extra(user.extra, node_name_key, std::string(claims.node->name));
    if (!claims.node->uid.empty()) {
      add_extra(user.extra, node_uid_key, std::string(claims.node->uid));
    }
  }
  if (!claims.id.empty()) add_extra(user.extra, credential_id_key, cat("JTI=", claims.id));
  return user;
}

UserInfo user_of(const LegacyClaims& claims) {
  return {.username = service_account_username(claims.ns, claims.service_account_name),
          .uid = std::string(claims.service_account_uid),
          .groups = service_account_groups(claims.ns),
          .extra = {}};
}

}  // namespace signet::token
