#include "party/review_check.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/try.h"
#include "token/claims.h"

namespace signet::party {
namespace {

std::unexpected<Refused> refuse(Refusal reason, std::string detail) {
  return std::unexpected(Refused{.reason = reason, .detail = std::move(detail)});
}

std::string_view extra(const token::UserInfo& user, std::string_view key) {
  const auto found = user.extra.find(key);
  return found == user.extra.end() || found->second.empty() ? std::string_view()
                                                            : found->second.front();
}

std::optional<ObjectName> extra_object(const token::UserInfo& user, std::string_view name_key,
                                       std::string_view uid_key) {
  const auto name = extra(user, name_key);
  const auto uid = extra(user, uid_key);
  if (name.empty() && uid.empty()) return std::nullopt;
  return ObjectName{.name = std::string(name), .uid = std::string(uid)};
}

// Kubernetes spells it "JTI=<uuid>".
std::string_view token_id(const token::UserInfo& user) {
  constexpr std::string_view prefix = "JTI=";
  auto id = extra(user, token::credential_id_key);
  if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
  return id;
}

struct Said {
  std::string_view ns;
  std::string_view name;
  std::optional<ObjectName> pod;
  std::optional<ObjectName> node;
};
Result<Said, Refused> said_by(const token::UserInfo& user) {
  const auto account = token::parse_service_account_username(user.username);
  if (!account) {
    return refuse(Refusal::claims_mismatch, "the cluster knows the token as no service account's");
  }
  return Said{.ns = account->ns,
              .name = account->name,
              .pod = extra_object(user, token::pod_name_key, token::pod_uid_key),
              .node = extra_object(user, token::node_name_key, token::node_uid_key)};
}

bool agree(std::string_view a, std::string_view b) {
  return a.empty() || b.empty() || a == b;
}
bool agree(const std::optional<ObjectName>& a, const std::optional<ObjectName>& b) {
  return !a || !b || (agree(a->name, b->name) && agree(a->uid, b->uid));
}

// Those that were asked for and granted. A cluster that grants none has not looked at audiences.
std::vector<std::string> granted(const ReviewYes& answer, const std::vector<std::string>& asked) {
  std::vector<std::string> both;
  for (const auto& audience : asked) {
    if (std::ranges::find(answer.audiences, audience) != answer.audiences.end()) {
      both.push_back(audience);
    }
  }
  return both;
}

}  // namespace

Result<CheckedToken, Refused> reviewed_caller(const ReviewYes& answer, const IssuerDocument& issuer,
                                              const std::vector<std::string>& asked,
                                              const OpenedToken& opened) {
  TRY(auto said, said_by(answer.user));
  auto audiences = granted(answer, asked);
  if (audiences.empty() && !asked.empty()) {
    return refuse(Refusal::wrong_audience, "the cluster grants none of the audiences");
  }
  CheckedToken checked{.caller = {.subject = canonical_subject(issuer.cluster, said.ns, said.name),
                                  .cluster = issuer.cluster,
                                  .issuer = opened.issuer,
                                  .ns = std::string(said.ns),
                                  .name = std::string(said.name),
                                  .uid = answer.user.uid,
                                  .pod = std::move(said.pod),
                                  .node = std::move(said.node),
                                  .jti = std::string(token_id(answer.user)),
                                  .audiences = std::move(audiences),
                                  .method = Method::review}};
  // The cluster vouches for the whole token, and so for its times.
  const auto claims = token::parse_claims(opened.jws.payload);
  if (claims && claims->bound() != nullptr) {
    checked.caller.not_after = claims->bound()->expires_at;
    checked.not_before = claims->bound()->not_before;
  }
  return checked;
}

Result<Caller, Refused> confirmed_caller(const ReviewYes& answer, const Caller& checked) {
  TRY(const auto said, said_by(answer.user));
  if (said.ns != checked.ns || said.name != checked.name || answer.user.uid != checked.uid ||
      !agree(said.pod, checked.pod) || !agree(said.node, checked.node) ||
      !agree(token_id(answer.user), checked.jti)) {
    return refuse(Refusal::claims_mismatch, "the cluster knows the token as somebody else's");
  }
  auto audiences = granted(answer, checked.audiences);
  if (audiences.empty()) {
    return refuse(Refusal::wrong_audience, "the cluster grants none of the audiences");
  }
  auto caller = checked;
  caller.audiences = std::move(audiences);
  caller.method = Method::both;
  if (!caller.pod) caller.pod = said.pod;
  if (!caller.node) caller.node = said.node;
  return caller;
}

}  // namespace signet::party
