#include "token/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "token/error_text.h"

namespace signet::token {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant now{1700000000s};
constexpr UnixTime second = whole_seconds(now);

constexpr std::string_view invalidated = "service account token has been invalidated";

// Objects by kind and name; all in namespace "demo".
class FakeObjects final : public LiveObjects {
 public:
  std::map<std::string, ObjectState> objects{{"serviceaccount/web", {"sa-uid", {}}},
                                             {"pod/web-0", {"pod-uid", {}}},
                                             {"secret/key", {"secret-uid", {}}},
                                             {"node/node-a", {"node-uid", {}}}};
  std::map<std::string, LegacySecretState> legacy;
  bool listed = false;

  std::optional<ObjectState> service_account(std::string_view ns,
                                             std::string_view name) const override {
    return find("serviceaccount", ns, name);
  }
  std::optional<ObjectState> pod(std::string_view ns, std::string_view name) const override {
    return find("pod", ns, name);
  }
  std::optional<ObjectState> secret(std::string_view ns, std::string_view name) const override {
    return find("secret", ns, name);
  }
  std::optional<ObjectState> node(std::string_view name) const override {
    return find("node", "demo", name);
  }
  std::optional<LegacySecretState> legacy_secret(std::string_view ns,
                                                 std::string_view name) const override {
    const auto found = legacy.find(std::string(name));
    if (ns != "demo" || found == legacy.end()) return std::nullopt;
    return found->second;
  }
  bool account_lists_secret(std::string_view, std::string_view, std::string_view) const override {
    return listed;
  }

 private:
  std::optional<ObjectState> find(std::string kind, std::string_view ns,
                                  std::string_view name) const {
    const auto found = objects.find(kind + "/" + std::string(name));
    if (ns != "demo" || found == objects.end()) return std::nullopt;
    return found->second;
  }
};

class BoundChecks : public testing::Test {
 protected:
  Result<Checked, Refusal> check(Instant instant = now) {
    return check_bound(claims_, {.requested = requested_, .api = api_}, live_, instant);
  }
  Refusal refusal(Instant instant = now) {
    auto checked = check(instant);
    return checked ? Refusal{.reason = Reason::not_ours, .text = "accepted"} : checked.error();
  }
  void bind_pod() { claims_.pod = ObjectRef{.name = "web-0", .uid = "pod-uid"}; }
  void bind_secret() { claims_.secret = ObjectRef{.name = "key", .uid = "secret-uid"}; }
  void bind_node() { claims_.node = ObjectRef{.name = "node-a", .uid = "node-uid"}; }

  FakeObjects live_;
  std::vector<std::string> requested_{"api"};
  std::vector<std::string> api_{"api"};
  BoundClaims claims_{.audiences = {"api"},
                      .expires_at = second + 3600s,
                      .issued_at = second,
                      .not_before = second,
                      .issuer = "https://issuer.example.test",
                      .id = "token-id",
                      .subject = "system:serviceaccount:demo:web",
                      .ns = "demo",
                      .service_account = {.name = "web", .uid = "sa-uid"},
                      .pod = std::nullopt,
                      .secret = std::nullopt,
                      .node = std::nullopt,
                      .warn_after = std::nullopt};
};

TEST_F(BoundChecks, accept_a_fresh_token) {
  const auto checked = check();
  ASSERT_TRUE(checked) << checked.error().text;
  EXPECT_THAT(checked->audiences, ElementsAre("api"));
  EXPECT_FALSE(checked->without_audience);
  EXPECT_EQ(checked->freshness, Freshness::plain);
}

TEST_F(BoundChecks, time_windows_have_a_minute_of_grace) {
  claims_.expires_at = second - 59s;
  EXPECT_TRUE(check());
  claims_.expires_at = second - 60s;
  EXPECT_TRUE(check());
  EXPECT_FALSE(check(now + 1ns));
  claims_.expires_at = second - 61s;
  EXPECT_EQ(refusal(), (Refusal{Reason::expired, "service account token has expired"}));
  claims_.expires_at = second + 3600s;

  claims_.not_before = second + 60s;
  EXPECT_TRUE(check());
  EXPECT_FALSE(check(now - 1ns));
  claims_.not_before = second + 61s;
  EXPECT_EQ(refusal(), (Refusal{Reason::not_yet_valid, "service account token is not valid yet"}));
  claims_.not_before = second;

  claims_.issued_at = second + 60s;
  EXPECT_TRUE(check());
  claims_.issued_at = second + 61s;
  EXPECT_EQ(refusal(),
            (Refusal{Reason::issued_in_future, "service account token is issued in the future"}));
}

TEST_F(BoundChecks, need_an_expiry_but_no_other_time) {
  claims_.not_before = std::nullopt;
  claims_.issued_at = std::nullopt;
  EXPECT_TRUE(check());
  claims_.expires_at = std::nullopt;
  EXPECT_EQ(refusal().reason, Reason::expired);
}

TEST_F(BoundChecks, survive_times_at_the_end_of_the_world) {
  claims_.expires_at = UnixTime(std::chrono::seconds(std::int64_t{1} << 53));
  EXPECT_TRUE(check());
  claims_.not_before = claims_.expires_at;
  EXPECT_EQ(refusal().reason, Reason::not_yet_valid);
}

TEST_F(BoundChecks, audiences_follow_the_order_of_the_question) {
  claims_.audiences = {"a", "b"};
  requested_ = {"b", "a", "x", "b"};
  EXPECT_THAT(check()->audiences, ElementsAre("b", "a", "b"));
  claims_.audiences = {"vault", "api"};
  requested_ = {"vault"};
  EXPECT_THAT(check()->audiences, ElementsAre("vault"));
}

TEST_F(BoundChecks, foreign_audience_is_refused_in_gos_words) {
  requested_ = {"vault"};
  EXPECT_EQ(refusal(),
            (Refusal{Reason::wrong_audience,
                     R"(token audiences ["api"] is invalid for the target audiences ["vault"])"}));
  ErrorTexts texts;
  texts.add(invalid_bearer_token);
  texts.add(refusal().text);
  EXPECT_EQ(texts.text(), R"([invalid bearer token, token audiences ["api"] is invalid for the )"
                          R"(target audiences ["vault"]])");
  claims_.audiences = {"x", "y"};
  requested_ = {"z"};
  EXPECT_EQ(refusal().text,
            R"(token audiences ["x" "y"] is invalid for the target audiences ["z"])");
}

TEST_F(BoundChecks, missing_audience_means_the_servers_own) {
  claims_.audiences = {};
  const auto checked = check();
  ASSERT_TRUE(checked);
  EXPECT_TRUE(checked->without_audience);
  EXPECT_THAT(checked->audiences, ElementsAre("api"));
  requested_ = {"vault"};
  EXPECT_EQ(refusal().text,
            R"(token audiences ["api"] is invalid for the target audiences ["vault"])");
}

TEST_F(BoundChecks, account_must_be_there_and_the_same) {
  auto& account = live_.objects.at("serviceaccount/web");
  account.uid = "other";
  EXPECT_EQ(refusal(), (Refusal{Reason::account_uid_mismatch,
                                "service account UID (other) does not match claim (sa-uid)"}));
  account.uid = "sa-uid";
  account.deleted_at = second - 61s;
  EXPECT_EQ(refusal(),
            (Refusal{Reason::account_deleted, "service account demo/web has been deleted"}));
  live_.objects.erase("serviceaccount/web");
  EXPECT_EQ(refusal(), (Refusal{Reason::account_not_found, R"(serviceaccounts "web" not found)"}));
  claims_.service_account = {};
  EXPECT_EQ(refusal(), (Refusal{Reason::account_not_found, "resource name may not be empty"}));
}

TEST_F(BoundChecks, pod_must_be_there_and_the_same) {
  bind_pod();
  EXPECT_TRUE(check());
  auto& pod = live_.objects.at("pod/web-0");
  pod.uid = "other";
  EXPECT_EQ(refusal(),
            (Refusal{Reason::pod_uid_mismatch,
                     "pod UID (other) does not match service account pod ref claim (pod-uid)"}));
  pod = {"pod-uid", second - 61s};
  EXPECT_EQ(refusal(), (Refusal{Reason::pod_deleted, std::string(invalidated)}));
  live_.objects.erase("pod/web-0");
  EXPECT_EQ(refusal(), (Refusal{Reason::pod_not_found, std::string(invalidated)}));
}

TEST_F(BoundChecks, secret_must_be_there_and_the_same) {
  bind_secret();
  EXPECT_TRUE(check());
  auto& secret = live_.objects.at("secret/key");
  secret.uid = "other";
  EXPECT_EQ(refusal(), (Refusal{Reason::secret_uid_mismatch,
                                "secret UID (other) does not match service account secret ref "
                                "claim (secret-uid)"}));
  secret = {"secret-uid", second - 61s};
  EXPECT_EQ(refusal(), (Refusal{Reason::secret_deleted, std::string(invalidated)}));
  live_.objects.erase("secret/key");
  EXPECT_EQ(refusal(), (Refusal{Reason::secret_not_found, std::string(invalidated)}));
}

TEST_F(BoundChecks, node_is_enforced_only_without_a_pod) {
  bind_node();
  EXPECT_TRUE(check());
  live_.objects.at("node/node-a").uid = "other";
  EXPECT_EQ(refusal(),
            (Refusal{Reason::node_uid_mismatch,
                     "node UID (other) does not match service account node ref claim (node-uid)"}));
  live_.objects.erase("node/node-a");
  EXPECT_EQ(refusal(), (Refusal{Reason::node_not_found, std::string(invalidated)}));
  bind_pod();
  EXPECT_TRUE(check());
}

struct DeletionCase {
  const char* name;
  std::chrono::seconds offset;
  bool accepted;
};
class DeletionGrace : public BoundChecks, public testing::WithParamInterface<DeletionCase> {};

TEST_P(DeletionGrace, is_the_same_for_every_kind) {
  for (const char* object : {"serviceaccount/web", "pod/web-0", "secret/key", "node/node-a"}) {
    live_ = FakeObjects();
    claims_.pod = claims_.secret = claims_.node = std::nullopt;
    const std::string_view kind(object);
    if (kind.starts_with("pod")) bind_pod();
    if (kind.starts_with("secret")) bind_secret();
    if (kind.starts_with("node")) bind_node();
    live_.objects.at(object).deleted_at = second + GetParam().offset;
    EXPECT_EQ(check().has_value(), GetParam().accepted) << object;
  }
}

INSTANTIATE_TEST_SUITE_P(, DeletionGrace,
                         testing::Values(DeletionCase{"now", 0s, true},
                                         DeletionCase{"a_second_ago", -1s, true},
                                         DeletionCase{"in_a_second", 1s, true},
                                         DeletionCase{"exactly_at_the_end", -60s, true},
                                         DeletionCase{"past_the_end", -61s, false}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(BoundChecks, pod_in_its_grace_period_works_until_a_minute_after_it) {
  bind_pod();
  live_.objects.at("pod/web-0").deleted_at = second + 30s;
  EXPECT_TRUE(check());
  EXPECT_TRUE(check(now + 90s));
  EXPECT_FALSE(check(now + 90s + 1ns));
  EXPECT_EQ(refusal(now + 91s).reason, Reason::pod_deleted);
}

TEST_F(BoundChecks, come_in_their_order) {
  // Everything is wrong at once; what is mended in the order of the checks reveals the next.
  bind_pod();
  bind_secret();
  live_.objects.clear();
  requested_ = {"vault"};
  claims_.not_before = second + 100s;
  claims_.expires_at = second - 100s;
  claims_.issued_at = second + 100s;
  EXPECT_EQ(refusal().reason, Reason::wrong_audience);
  requested_ = {"api"};
  EXPECT_EQ(refusal().reason, Reason::not_yet_valid);
  claims_.not_before = second;
  EXPECT_EQ(refusal().reason, Reason::expired);
  claims_.expires_at = second + 100s;
  EXPECT_EQ(refusal().reason, Reason::issued_in_future);
  claims_.issued_at = second;
  EXPECT_EQ(refusal().reason, Reason::account_not_found);
  live_.objects["serviceaccount/web"] = {"x", second - 100s};
  EXPECT_EQ(refusal().reason, Reason::account_uid_mismatch);
  live_.objects["serviceaccount/web"].uid = "sa-uid";
  EXPECT_EQ(refusal().reason, Reason::account_deleted);
  live_.objects["serviceaccount/web"].deleted_at = {};
  EXPECT_EQ(refusal().reason, Reason::secret_not_found);
  live_.objects["secret/key"] = {"x", second - 100s};
  EXPECT_EQ(refusal().reason, Reason::secret_uid_mismatch);
  live_.objects["secret/key"].uid = "secret-uid";
  EXPECT_EQ(refusal().reason, Reason::secret_deleted);
  live_.objects["secret/key"].deleted_at = {};
  EXPECT_EQ(refusal().reason, Reason::pod_not_found);
  live_.objects["pod/web-0"] = {"x", second - 100s};
  EXPECT_EQ(refusal().reason, Reason::pod_uid_mismatch);
  live_.objects["pod/web-0"].uid = "pod-uid";
  EXPECT_EQ(refusal().reason, Reason::pod_deleted);
  live_.objects["pod/web-0"].deleted_at = {};
  EXPECT_TRUE(check());
}

TEST_F(BoundChecks, tell_fresh_from_stale_extended_tokens) {
  claims_.warn_after = second;
  EXPECT_EQ(check()->freshness, Freshness::valid);
  EXPECT_EQ(check(now + 1ns)->freshness, Freshness::stale);
  EXPECT_EQ(check(now + 90s)->stale_seconds, 90);
  claims_.warn_after = UnixTime{};
  EXPECT_EQ(check()->freshness, Freshness::plain);
}

class LegacyChecks : public testing::Test {
 protected:
  LegacyChecks() {
    live_.legacy["web-token"] = {.deleted_at = std::nullopt,
                                 .token = "the.token.text",
                                 .invalid_since = "",
                                 .last_used = "2023-11-14"};
  }
  Result<CheckedLegacy, LegacyRefusal> check(Lookup lookup = Lookup::live) {
    return check_legacy(claims_, "the.token.text", {.requested = api_, .api = api_}, live_, lookup,
                        now);
  }
  Refusal refusal(Lookup lookup = Lookup::live) {
    auto checked = check(lookup);
    return checked ? Refusal{.reason = Reason::not_ours, .text = "accepted"}
                   : checked.error().refusal;
  }

  FakeObjects live_;
  std::vector<std::string> api_{"api"};
  LegacyClaims claims_{.subject = "system:serviceaccount:demo:web",
                       .ns = "demo",
                       .secret_name = "web-token",
                       .service_account_name = "web",
                       .service_account_uid = "sa-uid",
                       .audiences = {}};
};

TEST_F(LegacyChecks, accept_what_the_secret_holds) {
  const auto checked = check();
  ASSERT_TRUE(checked) << checked.error().refusal.text;
  EXPECT_THAT(checked->checked.audiences, ElementsAre("api"));
  EXPECT_TRUE(checked->checked.without_audience);
  EXPECT_FALSE(checked->auto_generated);
  EXPECT_FALSE(checked->touch_last_used);
}

TEST_F(LegacyChecks, name_each_missing_claim) {
  const std::pair<std::string_view LegacyClaims::*, const char*> rows[] = {
      {&LegacyClaims::service_account_uid, "serviceAccountUID claim is missing"},
      {&LegacyClaims::service_account_name, "serviceAccountName claim is missing"},
      {&LegacyClaims::secret_name, "secretName claim is missing"},
      {&LegacyClaims::ns, "namespace claim is missing"},
      {&LegacyClaims::subject, "sub claim is missing"}};
  for (const auto& [claim, text] : rows) {  // from the last check to the first: each wins
    claims_.*claim = "";
    EXPECT_EQ(refusal(), (Refusal{Reason::bad_claims, text}));
    EXPECT_EQ(refusal(Lookup::claims_only).text, text);
  }
}

TEST_F(LegacyChecks, subject_must_agree_with_the_claims) {
  for (const char* subject : {"system:serviceaccount:demo:other", "system:serviceaccount:x:web",
                              "web", "system:serviceaccount:demo:web:x"}) {
    claims_.subject = subject;
    EXPECT_EQ(refusal(), (Refusal{Reason::bad_claims, "sub claim is invalid"})) << subject;
  }
}

TEST_F(LegacyChecks, come_in_their_order) {
  live_.objects["serviceaccount/web"] = {"other", second};
  auto& secret = live_.legacy["web-token"];
  secret.token = "another";
  secret.deleted_at = second + 1000s;
  secret.invalid_since = "2023-01-01";
  EXPECT_EQ(refusal(), (Refusal{Reason::secret_deleted, "Token has been invalidated"}));
  secret.deleted_at = {};
  EXPECT_EQ(refusal(),
            (Refusal{Reason::secret_token_mismatch, "Token does not match server's copy"}));
  secret.token = "the.token.text";
  EXPECT_EQ(refusal(),
            (Refusal{Reason::account_deleted, "ServiceAccount demo/web has been deleted"}));
  live_.objects["serviceaccount/web"].deleted_at = {};
  EXPECT_EQ(refusal(), (Refusal{Reason::account_uid_mismatch,
                                "ServiceAccount UID (other) does not match claim (sa-uid)"}));
  live_.objects["serviceaccount/web"].uid = "sa-uid";
  EXPECT_EQ(refusal().reason, Reason::marked_invalid);
  secret.invalid_since = "";
  EXPECT_TRUE(check());
  live_.objects.erase("serviceaccount/web");
  EXPECT_EQ(refusal(), (Refusal{Reason::account_not_found, R"(serviceaccounts "web" not found)"}));
  live_.legacy.clear();
  EXPECT_EQ(refusal(), (Refusal{Reason::secret_not_found, "Token has been invalidated"}));
}

TEST_F(LegacyChecks, without_lookup_only_the_claims_decide) {
  live_.legacy.clear();
  live_.objects.clear();
  EXPECT_TRUE(check(Lookup::claims_only));
}

TEST_F(LegacyChecks, marked_invalid_is_refused_at_length_and_its_use_recorded) {
  auto& secret = live_.legacy["web-token"];
  secret.invalid_since = "2023-11-01";
  secret.last_used = "2023-10-01";
  const auto checked = check();
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().touch_last_used);
  EXPECT_EQ(checked.error().refusal.text,
            "the token in secret demo/web-token for service account demo/web has been marked "
            "invalid. Use tokens from the TokenRequest API or manually created secret-based "
            "tokens, or remove the 'kubernetes.io/legacy-token-invalid-since' label from the "
            "secret to temporarily allow use of this token");
}

TEST_F(LegacyChecks, last_use_is_recorded_once_a_day) {
  auto& secret = live_.legacy["web-token"];
  for (const auto& [last_used, touch] :
       {std::pair{"2023-11-14", false}, std::pair{"2023-11-15", false},
        std::pair{"2023-11-13", true}, std::pair{"2023-11-16", true}, std::pair{"", true}}) {
    secret.last_used = last_used;
    EXPECT_EQ(check()->touch_last_used, touch) << last_used;
  }
}

TEST_F(LegacyChecks, listed_secrets_are_auto_generated) {
  live_.listed = true;
  EXPECT_TRUE(check()->auto_generated);
}

TEST_F(BoundChecks, user_of_a_pod_carries_pod_node_and_credential) {
  bind_pod();
  bind_node();
  const auto user = user_of(claims_);
  EXPECT_EQ(user.username, "system:serviceaccount:demo:web");
  EXPECT_EQ(user.uid, "sa-uid");
  EXPECT_THAT(user.groups, ElementsAre("system:serviceaccounts", "system:serviceaccounts:demo"));
  const Extra expected{{"authentication.kubernetes.io/credential-id", {"JTI=token-id"}},
                       {"authentication.kubernetes.io/node-name", {"node-a"}},
                       {"authentication.kubernetes.io/node-uid", {"node-uid"}},
                       {"authentication.kubernetes.io/pod-name", {"web-0"}},
                       {"authentication.kubernetes.io/pod-uid", {"pod-uid"}}};
  EXPECT_EQ(user.extra, expected);
}

TEST_F(BoundChecks, user_has_nothing_extra_for_a_secret_or_a_half_known_node) {
  bind_secret();
  claims_.node = ObjectRef{.name = "node-a", .uid = ""};
  claims_.pod = ObjectRef{.name = "web-0", .uid = ""};
  claims_.id = "";
  const Extra expected{{"authentication.kubernetes.io/node-name", {"node-a"}}};
  EXPECT_EQ(user_of(claims_).extra, expected);
}

TEST_F(LegacyChecks, user_has_no_extra) {
  const auto user = user_of(claims_);
  EXPECT_EQ(user.username, "system:serviceaccount:demo:web");
  EXPECT_EQ(user.uid, "sa-uid");
  EXPECT_THAT(user.extra, IsEmpty());
}

TEST(Refusals, before_the_claims_have_the_words_of_kubernetes) {
  EXPECT_EQ(refuse_not_ours().text, "invalid bearer token");
  EXPECT_EQ(refuse_unknown_key().text, "invalid signature, no keys found");
  EXPECT_EQ(refuse_bad_signature().text, "go-jose/go-jose: error in cryptographic primitive");
  EXPECT_EQ(refuse_wrong_issuer("x").text, R"(token issuer "x" is invalid)");
  EXPECT_EQ(refuse_bad_claims("sub claim is missing").reason, Reason::bad_claims);
}

}  // namespace
}  // namespace signet::token
