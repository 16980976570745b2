#include "identity/token_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/identity_fixture_for_tests.h"

namespace signet::identity {
namespace {

using fixture::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view reviews_path = "/apis/authentication.k8s.io/v1/tokenreviews";
constexpr std::string_view self_path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

class TokenReviewReply : public testing::Test {
 protected:
  TokenReviewReply() {
    world.api.thread().run([this] {
      world.api.api().add_action(kinds::token_review, "", [this](machinery::ActionRequest request) {
        return reviews.review(std::move(request));
      });
      world.api.api().add_action(
          kinds::self_subject_review, "", [this](machinery::ActionRequest request) {
            return review_self(std::move(request), whole_seconds(world.api.clock().now()));
          });
    });
  }
  ~TokenReviewReply() override { world.api.stop(); }

  World world;
  std::vector<std::string> audiences_seen;
  std::string asker_seen;
  TokenReviews reviews{[this](std::string_view text, std::span<const std::string> audiences,
                              const Asker& asker) -> Result<Reviewed, std::string> {
    asker_seen = cat(asker.username, " at ", asker.address);
    audiences_seen.assign(audiences.begin(), audiences.end());
    if (text == "good") {
      return Reviewed{.user = {.username = "u",
                               .uid = "1",
                               .groups = {"g", "system:authenticated"},
                               .extra = {{"k", {"v"}}}},
                      .audiences = {"vault"}};
    }
    return std::unexpected(std::string("[a, b]"));
  }};
};

TEST_F(TokenReviewReply, of_a_good_token_names_the_user) {
  const auto reply =
      world.api.post(reviews_path, R"({"spec":{"token":"good","audiences":["vault"]}})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(
      reply.body,
      R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"good","audiences":["vault"]},"status":{"authenticated":true,"user":{"username":"u","uid":"1","groups":["g","system:authenticated"],"extra":{"k":["v"]}},"audiences":["vault"]}})"
      "\n");
  EXPECT_THAT(audiences_seen, ElementsAre("vault"));
  EXPECT_EQ(asker_seen, "admin at test");
}

TEST_F(TokenReviewReply, of_a_bad_token_is_created_all_the_same_and_says_why) {
  const auto reply = world.api.post(reviews_path, R"({"spec":{"token":"bad"}})");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.at("status"), R"({"user":{},"error":"[a, b]"})");
  EXPECT_EQ(reply.at("spec"), R"({"token":"bad"})");
}

// Somebody outside has more keys than the ring.
class LaterKey final : public KeySearch {
 public:
  LaterKey(KeyRing& ring, KeySetPtr found) : ring_(ring), found_(std::move(found)) {}
  Task<bool> look() override {
    ++looks;
    if (found_ != nullptr) ring_.replace(found_);
    co_return true;
  }
  int looks = 0;

 private:
  KeyRing& ring_;
  KeySetPtr found_;
};

class LateKeys : public testing::Test {
 protected:
  ~LateKeys() override { world.api.stop(); }
  // "" when the token is good, after as many looks as `search` counts.
  std::string review(LaterKey& search, std::string_view token) {
    TokenReviews reviews(
        [this](std::string_view text, std::span<const std::string> audiences,
               const Asker&) -> Result<Reviewed, std::string> {
          auto reviewed = world.reviewer.review(text, audiences, *world.api.view().current());
          if (!reviewed) return std::unexpected(reviewed.error().text);
          return *std::move(reviewed);
        },
        {.reviewer = &world.reviewer, .search = &search});
    world.api.thread().run([&] {
      world.api.api().add_action(kinds::token_review, "", [&](machinery::ActionRequest request) {
        return reviews.review(std::move(request));
      });
    });
    const auto status =
        world.api.post(reviews_path, cat(R"({"spec":{"token":")", token, "\"}}")).json();
    return std::string(codec::string_at(status, "status.error"));
  }
  World world;
  const std::string account = world.make_account();
};

// tokens.md 13.116.
TEST_F(LateKeys, are_looked_for_once_and_then_the_verdict_falls) {
  const auto claims =
      cat(R"({"iss":")", fixture::issuer_url,
          R"(","aud":["api"],"exp":99999999999,"kubernetes.io":{"namespace":"myns",)",
          R"("serviceaccount":{"name":"test-svcacct","uid":")", account, R"("}}})");
  const auto token = world.sign(claims, 1);
  LaterKey in_vain(world.ring, nullptr);
  EXPECT_EQ(review(in_vain, token), "invalid signature, no keys found");
  EXPECT_EQ(in_vain.looks, 1);
}

TEST_F(LateKeys, that_are_found_verify) {
  const auto claims =
      cat(R"({"iss":")", fixture::issuer_url,
          R"(","aud":["api"],"exp":99999999999,"kubernetes.io":{"namespace":"myns",)",
          R"("serviceaccount":{"name":"test-svcacct","uid":")", account, R"("}}})");
  LaterKey search(world.ring, fixture::keys_of(0, {0, 1}));
  EXPECT_EQ(review(search, world.sign(claims, 1)), "");
  EXPECT_EQ(search.looks, 1);
}

TEST_F(LateKeys, are_not_looked_for_without_need) {
  LaterKey search(world.ring, nullptr);
  EXPECT_EQ(review(search, world.token()), "");
  EXPECT_EQ(search.looks, 0);
}

TEST_F(LateKeys, are_not_looked_for_for_others) {
  LaterKey search(world.ring, nullptr);
  EXPECT_NE(review(search, world.sign(R"({"iss":"https://other.example"})", 1)), "");
  EXPECT_EQ(search.looks, 0);
}

TEST_F(TokenReviewReply, without_a_token_is_refused) {
  for (const auto* body : {"{}", R"({"spec":{"token":""}})"}) {
    EXPECT_EQ(world.api.post(reviews_path, body).refusal(),
              "400 BadRequest token is required for TokenReview in authentication");
  }
}

TEST_F(TokenReviewReply, takes_only_its_own_kind_and_posts) {
  EXPECT_THAT(world.api.post(reviews_path, R"({"kind":"Pod","apiVersion":"v1"})").refusal(),
              StartsWith("400 BadRequest "));
  EXPECT_EQ(world.api.get(reviews_path).status, 405);
  EXPECT_EQ(
      world.api
          .post(cat(reviews_path, "?fieldValidation=Strict"), R"({"spec":{"token":"good","x":1}})")
          .status,
      400);
}

TEST_F(TokenReviewReply, ignores_a_status_that_the_client_made_up) {
  const auto reply = world.api.post(
      reviews_path,
      R"({"spec":{"token":"bad"},"status":{"authenticated":true,"user":{"username":"root","extra":{"k":["v"]}}}})");
  EXPECT_EQ(reply.at("status"), R"({"user":{},"error":"[a, b]"})");
}

TEST_F(TokenReviewReply, of_oneself_shows_who_is_asking) {
  const token::UserInfo user{
      .username = "alice", .uid = {}, .groups = {"dev"}, .extra = {{"k", {"a<b"}}}};
  const auto reply = world.api.send("POST", self_path, "{}", {}, 0, user);
  EXPECT_EQ(
      reply.body,
      R"({"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":"2023-11-14T22:13:20Z"},"status":{"userInfo":{"username":"alice","groups":["dev"],"extra":{"k":["a\u003cb"]}}}})"
      "\n");
  EXPECT_EQ(reply.status, 201);
}

}  // namespace
}  // namespace signet::identity
