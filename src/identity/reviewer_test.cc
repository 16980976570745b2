#include "identity/reviewer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "identity/identity_fixture_for_tests.h"

namespace signet::identity {
namespace {

using namespace std::chrono_literals;
using fixture::bound;
using fixture::World;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr std::string_view invalidated = "service account token has been invalidated";

class Review : public testing::Test {
 protected:
  World world;
  const std::string account = world.make_account();

  std::string payload(std::string_view changes = "", std::string_view audiences = R"(["api"])",
                      std::string_view issuer = fixture::issuer_url) {
    return cat(R"({"aud":)", audiences, R"(,"exp":1700003600,"iat":1700000000,"iss":")", issuer,
               R"(","jti":"j","kubernetes.io":{"namespace":"myns","serviceaccount":{"name":)"
               R"("test-svcacct","uid":")",
               account, R"("}},"nbf":1700000000,"sub":"system:serviceaccount:myns:test-svcacct")",
               changes, '}');
  }
  double counted(std::string_view name) { return world.metrics.counter(name, "").value(); }
};

TEST_F(Review, a_fresh_token_is_its_account) {
  const auto token = world.token();
  const auto reviewed = world.review(token);
  ASSERT_TRUE(reviewed);
  EXPECT_EQ(reviewed->user.username, "system:serviceaccount:myns:test-svcacct");
  EXPECT_EQ(reviewed->user.uid, account);
  EXPECT_THAT(reviewed->user.groups,
              ElementsAre("system:serviceaccounts", "system:serviceaccounts:myns"));
  EXPECT_THAT(reviewed->user.extra,
              ElementsAre(Pair(
                  "authentication.kubernetes.io/credential-id",
                  ElementsAre(cat("JTI=", codec::string_at(fixture::claims_of(token), "jti"))))));
  EXPECT_THAT(reviewed->audiences, ElementsAre("api"));
}

TEST_F(Review, a_token_of_a_pod_tells_pod_and_node) {
  const auto pod = world.make_pod("test-svcacct", "test-node");
  const auto node = world.make_node();
  const auto reviewed = world.review(world.token(bound("Pod", "test-pod")));
  ASSERT_TRUE(reviewed);
  const auto& extra = reviewed->user.extra;
  EXPECT_THAT(extra, Contains(Pair(token::pod_name_key, ElementsAre("test-pod"))));
  EXPECT_THAT(extra, Contains(Pair(token::pod_uid_key, ElementsAre(pod))));
  EXPECT_THAT(extra, Contains(Pair(token::node_name_key, ElementsAre("test-node"))));
  EXPECT_THAT(extra, Contains(Pair(token::node_uid_key, ElementsAre(node))));
}

TEST_F(Review, dies_with_the_account_and_is_not_revived_by_another_of_its_name) {
  const auto token = world.token();
  EXPECT_EQ(world.verdict(token), "");
  world.remove("serviceaccounts/test-svcacct");
  EXPECT_EQ(world.verdict(token), R"(serviceaccounts "test-svcacct" not found)");
  const auto other = world.make_account();
  EXPECT_EQ(world.verdict(token),
            cat("service account UID (", other, ") does not match claim (", account, ")"));
}

TEST_F(Review, dies_with_the_pod_although_it_is_remembered) {
  const auto pod = world.make_pod();
  const auto token = world.token(bound("Pod", "test-pod"));
  EXPECT_EQ(world.verdict(token), "");
  EXPECT_EQ(world.verdict(token), "");
  world.remove("pods/test-pod");
  EXPECT_EQ(world.verdict(token), invalidated);
  const auto other = world.make_pod();
  EXPECT_EQ(world.verdict(token),
            cat("pod UID (", other, ") does not match service account pod ref claim (", pod, ")"));
}

TEST_F(Review, dies_with_the_secret_or_node_it_is_bound_to) {
  world.make_secret();
  world.make_node();
  const auto of_secret = world.token(bound("Secret", "test-secret"));
  const auto of_node = world.token(bound("Node", "test-node"));
  EXPECT_EQ(world.verdict(of_secret), "");
  EXPECT_EQ(world.verdict(of_node), "");
  world.remove("secrets/test-secret");
  world.remove("nodes/test-node");
  EXPECT_EQ(world.verdict(of_secret), invalidated);
  EXPECT_EQ(world.verdict(of_node), invalidated);
  world.make_secret();
  EXPECT_THAT(world.verdict(of_secret), HasSubstr("secret UID ("));
}

TEST_F(Review, a_pods_token_outlives_its_node) {
  world.make_node();
  world.make_pod("test-svcacct", "test-node");
  const auto token = world.token(bound("Pod", "test-pod"));
  world.remove("nodes/test-node");
  EXPECT_EQ(world.verdict(token), "");
}

TEST_F(Review, a_deleted_object_that_still_stands_counts_for_sixty_seconds) {
  world.make_pod("test-svcacct", "test-node");
  const auto token = world.token(bound("Pod", "test-pod"));
  EXPECT_EQ(world.api.del(cat(fixture::core, "/pods/test-pod")).status, 200);  // 30 s of grace
  EXPECT_EQ(world.verdict(token), "");
  world.api.clock().advance(90s);
  EXPECT_EQ(world.verdict(token), "");
  world.api.clock().advance(1s);
  EXPECT_EQ(world.verdict(token), invalidated);
}

TEST_F(Review, time_is_looked_at_every_time) {
  const auto token = world.token();
  EXPECT_EQ(world.verdict(token), "");
  world.api.clock().advance(3660s);
  EXPECT_EQ(world.verdict(token), "");
  world.api.clock().advance(1s);
  EXPECT_EQ(world.verdict(token), "service account token has expired");
  world.api.clock().set_offset(-60s);
  EXPECT_EQ(world.verdict(token), "");
  world.api.clock().set_offset(-61s);
  EXPECT_EQ(world.verdict(token), "service account token is not valid yet");
}

TEST_F(Review, audiences_are_those_asked_for_in_their_order) {
  const auto token = world.token(R"({"audiences":["a","b"]})");
  EXPECT_EQ(world.verdict(token),
            R"(token audiences ["a" "b"] is invalid for the target audiences ["api"])");
  const auto both = world.review(token, {"b", "a", "x"});
  ASSERT_TRUE(both);
  EXPECT_THAT(both->audiences, ElementsAre("b", "a"));
  EXPECT_EQ(world.verdict(token, {"vault"}),
            R"(token audiences ["a" "b"] is invalid for the target audiences ["vault"])");
}

TEST_F(Review, tokens_of_other_issuers_are_not_ours) {
  for (const std::string_view issuer :
       {"https://elsewhere.example.com", "https://foo.bar.example.com/"}) {
    const auto reviewed = world.review(world.sign(payload("", R"(["api"])", issuer)));
    ASSERT_FALSE(reviewed);
    EXPECT_EQ(reviewed.error().reason, token::Reason::not_ours) << issuer;
  }
  EXPECT_EQ(world.verdict(world.sign(payload("", R"(["api"])", "https://old.example.com"))), "")
      << "an issuer of before";
}

TEST_F(Review, texts_that_are_no_tokens_are_not_ours) {
  for (const std::string_view text : {"", "a.b", "a.b.c", "invalid token",
                                      R"({"payload":"e30","signatures":[]})", "..", "....."}) {
    const auto reviewed = world.review(text);
    ASSERT_FALSE(reviewed) << text;
    EXPECT_EQ(reviewed.error().reason, token::Reason::not_ours) << text;
  }
}

TEST_F(Review, keys_are_found_by_their_id_and_only_by_it) {
  EXPECT_EQ(world.verdict(world.sign(payload())), "");
  EXPECT_EQ(world.verdict(world.sign(payload(), 1)), "invalid signature, no keys found");
  EXPECT_EQ(world.verdict(world.sign(payload(), 0, "")), "") << "without an id all are tried";
  world.ring.replace(fixture::keys_of(0, {1, 0, 2}));
  EXPECT_EQ(world.verdict(world.sign(payload(), 2)), "");
  EXPECT_EQ(world.verdict(world.sign(payload(), 0, "")), "");
  const auto other = jose::verification_key(fixture::test_key(1).public_key()).kid;
  EXPECT_NE(world.verdict(world.sign(payload(), 0, other)), "");
}

TEST_F(Review, a_key_that_is_taken_away_takes_remembered_tokens_with_it) {
  const auto token = world.token();
  EXPECT_EQ(world.verdict(token), "");
  world.ring.replace(fixture::keys_of(1, {1}));
  EXPECT_EQ(world.verdict(token), "invalid signature, no keys found");
  world.ring.replace(fixture::keys_of(1, {0, 1}));
  EXPECT_EQ(world.verdict(token), "");
}

TEST_F(Review, an_altered_payload_is_refused_even_after_the_original_was_good) {
  const auto token = world.token();
  EXPECT_EQ(world.verdict(token), "");
  auto altered = token;
  const auto dot = altered.find('.');
  altered[dot + 5] = altered[dot + 5] == 'A' ? 'B' : 'A';
  EXPECT_NE(world.verdict(altered), "");
  EXPECT_EQ(world.verdict(token), "");
}

TEST_F(Review, claims_are_read_strictly) {
  EXPECT_NE(world.verdict(world.sign(payload(R"(,"jti":"again")"))), "") << "a name twice";
  EXPECT_EQ(world.verdict(world.sign(payload("", R"("api")"))), "") << "a bare string is a list";
  EXPECT_NE(world.verdict(world.sign(payload("", "7"))), "");
}

TEST_F(Review, a_token_without_audience_is_for_the_api_and_counted) {
  EXPECT_EQ(world.verdict(world.sign(payload("", "[]"))), "");
  EXPECT_EQ(counted("serviceaccount_legacy_tokens_total"), 1);
}

TEST_F(Review, a_refused_token_without_audience_is_counted_too) {
  const auto token = world.sign(payload("", "[]"));
  world.remove("serviceaccounts/test-svcacct");
  EXPECT_NE(world.verdict(token), "");
  EXPECT_EQ(counted("serviceaccount_legacy_tokens_total"), 1);
  EXPECT_NE(world.verdict(world.sign(payload("", "[]"), 1)), "");  // not ours: anybody can say that
  EXPECT_EQ(counted("serviceaccount_legacy_tokens_total"), 1);
}

TEST_F(Review, what_is_counted_of_the_memory_has_kubernetes_names) {
  const auto token = world.token();
  EXPECT_EQ(world.verdict(token), "");
  EXPECT_EQ(world.verdict(token), "");
  EXPECT_NE(world.verdict("a.b.c"), "");
  const auto text = world.metrics.text();
  for (const auto* line :
       {"authentication_token_cache_request_total{status=\"hit\"} 1\n",
        "authentication_token_cache_request_total{status=\"miss\"} 2\n",
        "authentication_token_cache_request_duration_seconds_count{status=\"hit\"} 1\n",
        "authentication_token_cache_request_duration_seconds_count{status=\"miss\"} 2\n",
        "authentication_token_cache_fetch_total{status=\"ok\"} 2\n",
        "authentication_token_cache_fetch_total{status=\"error\"} 0\n",
        "authentication_token_cache_active_fetch_count{status=\"in_flight\"} 0\n",
        "authentication_token_cache_active_fetch_count{status=\"blocked\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(Review, extended_tokens_are_counted_as_valid_and_later_as_stale) {
  world.make_pod();
  const auto token = world.token(bound("Pod", "test-pod", "", R"(,"expirationSeconds":3607)"));
  EXPECT_EQ(world.verdict(token), "");
  EXPECT_EQ(counted("serviceaccount_valid_tokens_total"), 1);
  world.api.clock().advance(3608s);
  EXPECT_EQ(world.verdict(token), "");
  EXPECT_EQ(counted("serviceaccount_stale_tokens_total"), 1);
  EXPECT_EQ(counted("serviceaccount_valid_tokens_total"), 1);
}

TEST_F(Review, remembers_so_many_tokens_and_the_least_recently_used_go_first) {
  const auto misses = [&] {
    return world.metrics
        .counter("authentication_token_cache_request_total", "", {{"status", "miss"}})
        .value();
  };
  std::vector<std::string> tokens;
  for (int i = 0; i < 5; ++i) tokens.push_back(world.token());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(world.verdict(tokens[static_cast<std::size_t>(i)]), "");
  EXPECT_EQ(misses(), 4);
  EXPECT_EQ(world.verdict(tokens[0]), "");  // a hit, and the newest now
  EXPECT_EQ(world.verdict(tokens[4]), "");  // pushes out tokens[1]
  EXPECT_EQ(misses(), 5);
  EXPECT_EQ(world.verdict(tokens[0]), "");
  EXPECT_EQ(misses(), 5);
  EXPECT_EQ(world.verdict(tokens[1]), "");
  EXPECT_EQ(misses(), 6);
}

TEST_F(Review, a_token_seen_before_lends_its_signature_to_no_other) {
  const auto good = world.sign(payload());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.verdict(good), "");
  const auto other = world.sign(payload(R"(,"more":1)"));
  const auto signature = [](std::string_view token) { return token.substr(token.rfind('.')); };
  const auto forged = cat(other.substr(0, other.rfind('.')), signature(good));
  EXPECT_NE(world.verdict(forged), "");
  EXPECT_EQ(world.verdict(good), "");
}

TEST_F(Review, failures_are_not_remembered_and_no_memory_at_all_is_fine) {
  Reviewer forgetful(
      {.issuers = {std::string(fixture::issuer_url)}, .api_audiences = {"api"}, .cache_entries = 0},
      world.ring, world.api.clock(), world.metrics);
  const auto token = world.token();
  EXPECT_TRUE(forgetful.review(token, {}, *world.api.view().current()));
  EXPECT_TRUE(forgetful.review(token, {}, *world.api.view().current()));

  const auto foreign = world.sign(payload(), 1);
  EXPECT_NE(world.verdict(foreign), "");
  world.ring.replace(fixture::keys_of(0, {0, 1}));
  EXPECT_EQ(world.verdict(foreign), "");
}

}  // namespace
}  // namespace signet::identity
