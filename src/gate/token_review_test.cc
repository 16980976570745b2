#include "gate/token_review.h"

#include <gmock/gmock.h>

#include "codec/json.h"
#include "gate/gate_fixture_for_tests.h"

namespace signet::gate {
namespace {

std::string body(std::string_view version, std::string_view spec) {
  return R"({"apiVersion":"authentication.k8s.io/)" + std::string(version) +
         R"(","kind":"TokenReview","spec":)" + std::string(spec) + "}";
}

codec::Json reply(const std::vector<std::string>& audiences, const Answer& answer,
                  Username username = Username::service_account) {
  const TokenReview review{
      .api_version = "authentication.k8s.io/v1", .token = "t", .audiences = audiences};
  return *codec::parse_json_strict(token_review_reply(review, answer, username), {});
}

TEST(TokenReview, reads_both_versions) {
  for (const auto* version : {"v1", "v1beta1"}) {
    const auto review = parse_token_review(body(version, R"({"token":"t","audiences":["a","b"]})"));
    ASSERT_TRUE(review);
    EXPECT_EQ(review->token, "t");
    EXPECT_EQ(review->audiences, (std::vector<std::string>{"a", "b"}));
  }
}

TEST(TokenReview, refuses_what_is_none) {
  std::string many = R"({"token":"t","audiences":["a")";
  for (int i = 0; i < 15; ++i) many += R"(,"a")";
  EXPECT_TRUE(parse_token_review(body("v1", many + "]}"))) << "16 audiences";
  for (const auto& bad :
       {std::string("{"), std::string("[]"), body("v2", R"({"token":"t"})"), body("v1", "{}"),
        body("v1", R"({"token":""})"), body("v1", R"({"token":7})"),
        body("v1", R"({"token":"t","token":"u"})"), body("v1", R"({"token":"t","audiences":[1]})"),
        body("v1", R"({"token":"t","audiences":"a"})"), body("v1", many + R"(,"a"]})"),
        std::string(
            R"({"apiVersion":"authentication.k8s.io/v1","kind":"Pod","spec":{"token":"t"}})"),
        body("v1", R"({"token":")" + std::string(token_review_bytes_max, 'a') + "\"}")}) {
    EXPECT_FALSE(parse_token_review(bad)) << bad.substr(0, 80);
  }
}

TEST(TokenReview, what_the_path_says_the_body_need_not) {
  constexpr std::string_view vaults =
      R"({"metadata":{},"spec":{"token":"t"},"status":{"user":{}}})";
  EXPECT_FALSE(parse_token_review(vaults));
  for (const std::string version : {"v1", "v1beta1"}) {
    const auto review = parse_token_review(vaults, version);
    ASSERT_TRUE(review);
    EXPECT_EQ(review->api_version, "authentication.k8s.io/" + version);
    for (const auto* bad :
         {R"({"kind":"Pod","spec":{"token":"t"}})", R"({"kind":7,"spec":{"token":"t"}})",
          R"({"apiVersion":"v1","spec":{"token":"t"}})"}) {
      EXPECT_FALSE(parse_token_review(bad, version)) << bad;
    }
  }
}

// K-1 113.
TEST(TokenReview, answers_as_a_cluster_does) {
  const auto review = reply({"payments"}, testing::cart());
  EXPECT_EQ(codec::bool_at(review, "status.authenticated"), true);
  EXPECT_EQ(codec::string_at(review, "status.user.username"), "system:serviceaccount:shop:cart");
  EXPECT_EQ(codec::string_at(review, "status.user.uid"), "5b1c6d5e");
  EXPECT_EQ(codec::to_json(codec::array_at(review, "status.user.groups")),
            R"(["system:serviceaccounts","system:serviceaccounts:shop","system:authenticated"])");
  const auto& extra = codec::object_at(review, "status.user.extra");
  EXPECT_EQ(codec::to_json(extra.at("authentication.kubernetes.io/pod-name")), R"(["cart-0"])");
  EXPECT_EQ(codec::to_json(extra.at("authentication.kubernetes.io/credential-id")),
            R"(["JTI=j-1"])");
  EXPECT_EQ(codec::string_at(review, "spec.token"), "") << "the token is not sent back";
}

TEST(TokenReview, audiences_are_those_of_both) {
  EXPECT_EQ(codec::to_json(
                codec::array_at(reply({"x", "payments"}, testing::cart()), "status.audiences")),
            R"(["payments"])");
  EXPECT_EQ(codec::to_json(codec::array_at(reply({}, testing::cart()), "status.audiences")),
            R"(["payments","pay,new"])");
}

TEST(TokenReview, without_a_common_audience_nobody_is_authenticated) {
  auto any = *testing::cart();
  any.audiences.clear();
  for (const auto& review : {reply({"other"}, testing::cart()),
                             reply({"payments"}, std::make_shared<const party::Caller>(any)),
                             reply({}, std::make_shared<const party::Caller>(any))}) {
    EXPECT_EQ(codec::bool_at(review, "status.authenticated"), false);
    EXPECT_EQ(codec::find(review, "status.user"), nullptr);
    EXPECT_THAT(codec::string_at(review, "status.error"), ::testing::HasSubstr("wrong_audience"));
  }
}

TEST(TokenReview, a_refused_caller_is_not_authenticated_and_told_why) {
  const auto review = reply({}, std::unexpected(Denied{.reason = party::Refusal::expired}));
  EXPECT_EQ(codec::bool_at(review, "status.authenticated"), false);
  EXPECT_EQ(codec::string_at(review, "status.error"), "expired: the token has expired");
}

TEST(TokenReview, the_subject_tells_clusters_apart) {
  const auto review = reply({}, testing::cart(), Username::subject);
  EXPECT_EQ(codec::string_at(review, "status.user.username"), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_EQ(codec::to_json(codec::array_at(review, "status.user.groups")),
            R"(["k8s/prod-eu","k8s/prod-eu/ns/shop"])");
}

}  // namespace
}  // namespace signet::gate
