#include "party/https_reviews.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "base/temp_directory_for_tests.h"
#include "party/review_limits.h"
#include "party/token_review.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::party {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using verify::testing::broken;
using verify::testing::Reply;
using verify::testing::with_status;

constexpr std::string_view good_status =
    R"("status":{"authenticated":true,"user":{"username":"system:serviceaccount:shop:cart",)"
    R"("uid":"u","groups":["g"],"extra":{"k":["v"]}},"audiences":["payments"]})";

Reply reviewed(std::string_view status, std::string_view version = "v1") {
  Reply reply;
  reply.result =
      net::ClientResponse{.status = 201,
                          .headers = {},
                          .body = cat(R"({"apiVersion":"authentication.k8s.io/)", version,
                                      R"(","kind":"TokenReview",)", status, "}")};
  return reply;
}

class HttpsReviewsTest : public ::testing::Test {
 protected:
  HttpsReviewsTest() { use({}); }

  void use(ReviewSource source) {
    source.server = "https://api.example:6443/";
    source.token_file = directory_ / "token";
    write_token("reviewer-1");
    auto made = HttpsReviews::create(std::move(source), network_, moments_);
    ASSERT_TRUE(made) << made.error().message;
    reviews_ = *std::move(made);
  }
  void write_token(std::string_view token) {
    ASSERT_TRUE(write_file_durably(directory_ / "token", cat(token, '\n'), 0600));
  }

  struct Answer {
    std::optional<ReviewAnswer> answer;
    int times = 0;
  };
  std::shared_ptr<Answer> ask(std::string_view token, milliseconds patience = seconds{1}) {
    auto answer = std::make_shared<Answer>();
    reviews_->ask(token, {"payments"}, moments_.now().steady + patience,
                  [answer](ReviewAnswer given) {
                    answer->answer = std::move(given);
                    ++answer->times;
                  });
    return answer;
  }
  void run(milliseconds span = seconds{10}) {
    const auto end = moments_.now().steady + span;
    while (network_.next() <= end) {
      moments_.set(network_.next());
      network_.deliver(moments_.now().steady);
    }
    moments_.set(end);
  }
  ReviewAnswer answer(std::string_view token = "t") {
    const auto asked = ask(token);
    run();
    EXPECT_EQ(asked->times, 1);
    return asked->answer.value();
  }
  bool is_unknown(const ReviewAnswer& given) const {
    return std::holds_alternative<ReviewUnknown>(given);
  }

  const std::string url_ = "https://api.example:6443/apis/authentication.k8s.io/v1/tokenreviews";
  signet::fixture::TempDirectory directory_;
  verify::testing::ManualMoments moments_;
  verify::testing::SimulatedNetwork network_{moments_};
  std::shared_ptr<ClusterReviews> reviews_;
};

// K-1 101.
TEST_F(HttpsReviewsTest, posts_a_token_review_as_the_reviewer) {
  network_.serve(url_, reviewed(good_status));
  const auto given = answer("the-token");
  ASSERT_TRUE(std::holds_alternative<ReviewYes>(given));
  const auto& yes = std::get<ReviewYes>(given);
  EXPECT_EQ(yes.user.username, "system:serviceaccount:shop:cart");
  EXPECT_EQ(yes.user.uid, "u");
  EXPECT_THAT(yes.user.groups, ElementsAre("g"));
  EXPECT_THAT(yes.user.extra.at("k"), ElementsAre("v"));
  EXPECT_THAT(yes.audiences, ElementsAre("payments"));
  EXPECT_EQ(yes.asked_at, network_.seen()[0].at);
  ASSERT_EQ(network_.seen().size(), 1U);
  const auto& seen = network_.seen()[0];
  EXPECT_EQ(seen.request.request.method, "POST");
  EXPECT_EQ(seen.request.request.body,
            R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview",)"
            R"("spec":{"token":"the-token","audiences":["payments"]}})");
  EXPECT_EQ(seen.header("authorization"), "Bearer reviewer-1");
  EXPECT_EQ(seen.request.timeout, seconds{1});
}

TEST_F(HttpsReviewsTest, reads_both_versions_and_nothing_else) {
  network_.serve(url_, reviewed(good_status, "v1beta1"));
  EXPECT_TRUE(std::holds_alternative<ReviewYes>(answer()));
  network_.serve(url_, reviewed(R"("status":{"authenticated":false,"error":"x"})"));
  EXPECT_TRUE(std::holds_alternative<ReviewNo>(answer()));
  network_.serve(url_, reviewed(R"("status":{})"));
  EXPECT_TRUE(std::holds_alternative<ReviewNo>(answer()));
  network_.serve(url_, reviewed(good_status, "v2"));
  EXPECT_TRUE(is_unknown(answer()));
  for (const auto* body : {"", "<html>", "[]", "{}", R"({"kind":"Status"})"}) {
    network_.serve(url_, verify::testing::ok(body));
    EXPECT_TRUE(is_unknown(answer())) << body;
  }
}

// Attack 42: without audiences in the answer only the API server's own are granted.
TEST_F(HttpsReviewsTest, attack_42_grants_no_audience_that_the_cluster_did_not_name) {
  constexpr std::string_view silent =
      R"("status":{"authenticated":true,"user":{"username":"system:serviceaccount:a:b"}})";
  network_.serve(url_, reviewed(silent));
  EXPECT_THAT(std::get<ReviewYes>(answer()).audiences, IsEmpty());
  use({.api_audiences = {"api", "payments"}});
  EXPECT_THAT(std::get<ReviewYes>(answer()).audiences, ElementsAre("payments"));
}

// K-1 105.
TEST_F(HttpsReviewsTest, repeats_once_what_broke_off_and_then_knows_nothing) {
  struct Row {
    Reply reply;
    std::size_t calls;
  };
  for (const auto& [reply, calls] :
       {Row{broken(net::FetchFault::reset), 2}, Row{with_status(500), 2}, Row{with_status(503), 2},
        Row{with_status(429), 1}, Row{with_status(403), 1}, Row{broken(net::FetchFault::tls), 1},
        Row{broken(net::FetchFault::timeout), 1}}) {
    network_.serve(url_, reply);
    network_.forget();
    EXPECT_TRUE(is_unknown(answer()));
    EXPECT_EQ(network_.count(url_), calls);
  }
}

TEST_F(HttpsReviewsTest, passes_on_when_to_come_back_within_reason) {
  const auto after = [&](std::string value) {
    network_.serve(url_,
                   Reply{.result = net::ClientResponse{
                             .status = 429, .headers = {{"retry-after", value}}, .body = ""}});
    return std::get<ReviewUnknown>(answer()).retry_after;
  };
  EXPECT_EQ(after("7"), seconds{7});
  EXPECT_EQ(after("0"), seconds{1});
  EXPECT_EQ(after("100000"), seconds{30});
  EXPECT_EQ(after("soon"), seconds{1});
}

TEST_F(HttpsReviewsTest, rests_after_twenty_calls_of_which_half_failed) {
  network_.serve(url_, with_status(429));
  for (int i = 0; i < 20; ++i) std::ignore = answer(cat(i));
  EXPECT_EQ(network_.count(url_), 20U);
  use({});  // a breaker of its own
  for (int i = 0; i < 20; ++i) {
    std::ignore = ask(cat(i));
    run(milliseconds{20});
  }
  EXPECT_TRUE(reviews_->status().breaker_open);
  network_.forget();
  network_.serve(url_, reviewed(good_status));
  const auto refused = ask("t");
  ASSERT_EQ(refused->times, 1);
  EXPECT_EQ(std::get<ReviewUnknown>(*refused->answer).retry_after, seconds{5});
  EXPECT_EQ(network_.seen().size(), 0U);
  run(seconds{5});
  EXPECT_TRUE(std::holds_alternative<ReviewYes>(answer()));
}

// K-1 107.
TEST_F(HttpsReviewsTest, five_thousand_questions_at_once_all_end_in_time) {
  network_.serve(url_, reviewed(good_status));
  std::vector<std::shared_ptr<Answer>> asked;
  for (int i = 0; i < 5'000; ++i) asked.push_back(ask(cat(i)));
  EXPECT_EQ(network_.running(), 64U);
  run(seconds{1});
  std::size_t known = 0;
  for (const auto& each : asked) {
    ASSERT_EQ(each->times, 1);
    known += std::holds_alternative<ReviewYes>(*each->answer) ? 1U : 0U;
  }
  EXPECT_GE(known, 400U);
  EXPECT_LE(known, 600U);
  EXPECT_EQ(network_.most_running(), 64U);
  EXPECT_EQ(network_.count(url_), known);
}

TEST_F(HttpsReviewsTest, refuses_who_waited_too_long_for_a_call_to_end) {
  use({.concurrent = 1});
  network_.serve(url_, verify::testing::hanging());
  const auto first = ask("a", seconds{30});
  const auto second = ask("b", seconds{1});
  EXPECT_EQ(second->times, 0);
  run(seconds{6});
  EXPECT_EQ(first->times, 1);
  ASSERT_EQ(second->times, 1);
  EXPECT_TRUE(is_unknown(*second->answer));
  EXPECT_EQ(network_.count(url_), 1U);
}

TEST_F(HttpsReviewsTest, asks_the_same_once_at_a_time) {
  network_.serve(url_, reviewed(good_status));
  const auto first = ask("t");
  const auto second = ask("t");
  const auto other = ask("u");
  run();
  EXPECT_EQ(network_.count(url_), 2U);
  for (const auto& each : {first, second, other}) {
    ASSERT_EQ(each->times, 1);
    EXPECT_TRUE(std::holds_alternative<ReviewYes>(*each->answer));
  }
  std::ignore = answer("t");
  EXPECT_EQ(network_.count(url_), 3U);  // nothing is remembered here
}

// K-1 108.
TEST_F(HttpsReviewsTest, a_rotated_token_counts_soon_and_at_once_after_a_refusal) {
  network_.serve(url_, reviewed(good_status));
  std::ignore = answer();
  write_token("reviewer-2");
  std::ignore = answer();  // ten seconds later
  EXPECT_EQ(network_.seen().back().header("authorization"), "Bearer reviewer-2");
  write_token("reviewer-3");
  network_.forget();
  network_.serve(url_, [](const auto& seen) {
    return seen.header("authorization") == "Bearer reviewer-3" ? reviewed(good_status)
                                                               : with_status(401);
  });
  const auto asked = ask("x");
  run(milliseconds{100});
  ASSERT_EQ(asked->times, 1);
  EXPECT_TRUE(std::holds_alternative<ReviewYes>(*asked->answer));
}

TEST_F(HttpsReviewsTest, is_told_what_cannot_be_used) {
  const auto refusal = [&](ReviewSource source) {
    const auto made = HttpsReviews::create(std::move(source), network_, moments_);
    return made ? std::string() : made.error().message;
  };
  write_token("");
  EXPECT_THAT(refusal({.server = "https://a.example", .token_file = directory_ / "token"}),
              ::testing::HasSubstr("there is no token in it"));
  write_token("t");
  EXPECT_THAT(refusal({.server = "http://a.example", .token_file = directory_ / "token"}),
              ::testing::HasSubstr("https"));
  EXPECT_NE(refusal({.server = "https://a.example", .token_file = directory_ / "missing"}), "");
  EXPECT_NE(refusal({.kubeconfig = directory_ / "missing"}), "");
}

TEST_F(HttpsReviewsTest, tells_whoever_waits_when_it_ends) {
  network_.serve(url_, verify::testing::hanging());
  const auto asked = ask("t");
  reviews_.reset();
  ASSERT_EQ(asked->times, 1);
  EXPECT_TRUE(is_unknown(*asked->answer));
  run();
  EXPECT_EQ(asked->times, 1);
}

}  // namespace
}  // namespace signet::party
