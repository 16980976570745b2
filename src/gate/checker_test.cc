#include "gate/checker.h"

#include <gmock/gmock.h>

#include "base/log.h"
#include "gate/gate_fixture_for_tests.h"

namespace signet::gate {
namespace {

using party::Refusal;
using ::testing::HasSubstr;

class CheckerTest : public ::testing::Test {
 protected:
  static Question ask(std::string_view token) { return {Surface::auth_request, token, "payments"}; }
  bool counted(std::string_view result) {
    return world_.metrics.text().contains("signet_gate_checks_total{result=\"" +
                                          std::string(result) + "\",surface=\"auth_request\"} 1");
  }

  testing::GateWorld world_;
  Checker checker_{{}, world_.checker_world()};
};

TEST_F(CheckerTest, lets_in_whom_the_party_lets_in) {
  const auto answer = checker_.check_now(ask("good"));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((**answer)->name, "cart");
  EXPECT_TRUE(counted("allowed")) << world_.metrics.text();
}

TEST_F(CheckerTest, every_refusal_has_its_status_challenge_and_count) {
  for (std::size_t i = 0; i < party::refusals; ++i) {
    const auto reason = static_cast<Refusal>(i);
    world_.party.verdicts["bad"] = std::unexpected(testing::refused(reason));
    const auto answer = checker_.check_now(ask("bad"));
    ASSERT_TRUE(answer && !*answer);
    const auto& denied = answer->error();
    EXPECT_EQ(denied.status(), party::http_status(reason));
    EXPECT_EQ(denied.challenge().empty(), denied.status() != 401);
    EXPECT_EQ(denied.retry_after.count() > 0, denied.status() == 429 || denied.status() == 503);
    EXPECT_TRUE(counted(to_string(reason))) << to_string(reason);
  }
}

TEST_F(CheckerTest, without_a_credential_the_challenge_names_only_the_scheme) {
  const auto answer =
      checker_.check_now({Surface::auth_request, std::unexpected(NoToken::absent), "payments"});
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().status(), 401);
  EXPECT_EQ(answer->error().challenge(), "Bearer");
}

TEST_F(CheckerTest, several_credentials_are_an_invalid_token) {
  const auto answer =
      checker_.check_now({Surface::auth_request, std::unexpected(NoToken::malformed), "payments"});
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().challenge(), "Bearer error=\"invalid_token\"");
}

// K-1 116.
TEST_F(CheckerTest, what_is_not_known_by_the_deadline_is_a_503_and_the_next_request_succeeds) {
  world_.party.later = {"good"};
  EXPECT_FALSE(checker_.check_now(ask("good")));
  std::optional<Answer> answer;
  const auto before = world_.moments.now().steady;
  checker_.begin(ask("good"), [&](Answer later) { answer = std::move(later); });
  EXPECT_FALSE(answer);
  EXPECT_GE(world_.party.first_deadline(), before + std::chrono::milliseconds{150});
  EXPECT_LE(world_.party.first_deadline(),
            world_.moments.now().steady + std::chrono::milliseconds{150});
  world_.party.pass_deadline();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().status(), 503);
  EXPECT_EQ(answer->error().retry_after, std::chrono::seconds{1});
  world_.party.later.clear();
  EXPECT_TRUE(*checker_.check_now(ask("good")));
}

TEST_F(CheckerTest, an_answer_that_comes_later_is_counted_too) {
  world_.party.later = {"good"};
  bool let_in = false;
  checker_.begin(ask("good"), [&](Answer later) { let_in = later.has_value(); });
  world_.party.release();
  EXPECT_TRUE(let_in);
  EXPECT_TRUE(counted("allowed"));
}

TEST_F(CheckerTest, is_idle_when_the_last_check_that_waits_is_answered) {
  world_.party.later = {"good"};
  std::atomic<int> answered = 0;
  for (int i = 0; i < 3; ++i) checker_.begin(ask("good"), [&](const Answer&) { ++answered; });
  std::jthread releasing([this] { world_.party.release(); });
  checker_.wait_until_idle();
  EXPECT_EQ(answered, 3);
}

// K-1 118.
TEST_F(CheckerTest, attack_44_a_log_line_has_a_keyed_hash_and_no_token) {
  log::set_level(log::Level::info);
  ::testing::internal::CaptureStderr();
  (void)checker_.check_now({Surface::auth_request, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "payments"});
  (void)checker_.check_now({Surface::auth_request, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "se\ncret"});
  const auto lines = ::testing::internal::GetCapturedStderr();
  log::set_level(log::Level::warn);
  EXPECT_THAT(lines, HasSubstr("\"reason\":\"bad_signature\""));
  EXPECT_THAT(lines, HasSubstr("\"route\":\"payments\""));
  EXPECT_THAT(lines, ::testing::ContainsRegex("\"token\":\"[0-9a-f]{16}\""));
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("eyJ")));
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("cret")));
}

}  // namespace
}  // namespace signet::gate
