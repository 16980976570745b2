// Tokens that name a key which the set does not have.
#include <vector>

#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

// K-1 76.
TEST_F(KeyEngineTest, an_unknown_key_is_fetched_within_the_request) {
  load();
  const auto before = generation();
  network_.serve(keys_, ok(jwks({0, 1})));
  EXPECT_EQ(find(1), KeyAnswer::unknown_key);
  const auto waiting = ask(1);
  run(milliseconds{50});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys);
  EXPECT_EQ(find(1), KeyAnswer::keys);
  EXPECT_NE(generation(), before);
  EXPECT_EQ(network_.count(keys_), 2);
  EXPECT_EQ(status().counts.misses_allowed, 1);
}

// K-1 77.
TEST_F(KeyEngineTest, unknown_keys_cause_one_fetch_in_half_a_minute) {
  load();
  const auto first = ask("bogus");
  run(milliseconds{100});
  EXPECT_EQ(first->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(network_.count(keys_), 2);
  run(seconds{28});
  EXPECT_EQ(ask("another")->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(network_.count(keys_), 2);
  run(seconds{2});
  const auto later = ask("another");
  EXPECT_FALSE(later->answer);
  run(milliseconds{100});
  EXPECT_EQ(later->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(network_.count(keys_), 3);
}

// K-1 78.
TEST_F(KeyEngineTest, attack_23_a_flood_of_unknown_keys_is_one_fetch) {
  load();
  std::vector<std::shared_ptr<Waiting>> waiting;
  for (int i = 0; i < 1000; ++i) waiting.push_back(ask(cat("bogus", i)));
  run(milliseconds{300});
  for (const auto& one : waiting) EXPECT_EQ(one->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(network_.count(keys_), 2);
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 10'000; ++i) {
      ASSERT_EQ(ask(cat("flood", second, ".", i))->answer, KeyAnswer::unknown_key);
    }
    run(seconds{1});
    ASSERT_EQ(find(0), KeyAnswer::keys);
  }
  EXPECT_EQ(network_.count(keys_), 2);
  EXPECT_GE(status().counts.misses_suppressed, 100'000);
}

// K-1 79.
TEST_F(KeyEngineTest, a_flood_at_one_issuer_does_not_delay_another) {
  const std::string other = "https://other.example";
  serve_issuer(other, jwks({2}));
  load();
  configure({{.issuer = issuer_}, {.issuer = other}});
  run(seconds{1});
  for (int i = 0; i < 1000; ++i) ask(cat("bogus", i));
  network_.serve(other + "/openid/v1/jwks", ok(jwks({2, 3})));
  const auto waiting = ask(KeyQuestion{.issuer = other, .kid = test_key(3).kid});
  run(milliseconds{25});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys);
}

// K-1 80: who does not ask does not spend; the budget is spent by wait_for() and by nothing else.
TEST_F(KeyEngineTest, a_look_up_spends_no_budget) {
  load();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(find_kid(cat("junk", i)), KeyAnswer::unknown_key);
  run(seconds{10});
  EXPECT_EQ(network_.count(keys_), 1);
  EXPECT_EQ(status().counts.misses_allowed, 0);
}

// K-1 81.
TEST_F(KeyEngineTest, an_old_token_with_an_unknown_key_causes_no_fetch) {
  load();
  const auto fetched = whole_seconds(status().fetched_at.value());
  const auto old =
      ask(KeyQuestion{.issuer = issuer_, .kid = "unknown", .issued_at = fetched - seconds{121}});
  EXPECT_EQ(old->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(network_.count(keys_), 1);
  const auto young =
      ask(KeyQuestion{.issuer = issuer_, .kid = "unknown", .issued_at = fetched - seconds{119}});
  EXPECT_FALSE(young->answer);
  run(milliseconds{100});
  EXPECT_EQ(network_.count(keys_), 2);
}

TEST_F(KeyEngineTest, who_asks_for_an_unknown_key_waits_a_quarter_of_a_second) {
  load();
  network_.serve(keys_, hanging());
  const auto asked_at = moments_.now().steady;
  const auto first = ask("bogus");
  const auto unsure =
      ask(KeyQuestion{.issuer = issuer_, .kid = "bogus", .when_late = KeyAnswer::keys_unavailable});
  run(seconds{1});
  EXPECT_EQ(first->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(first->at - asked_at, milliseconds{250});
  EXPECT_EQ(unsure->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(unsure->at - asked_at, milliseconds{250});
}

TEST_F(KeyEngineTest, sixty_four_wait_for_unknown_keys_and_the_next_does_not) {
  load();
  network_.serve(keys_, hanging());
  std::vector<std::shared_ptr<Waiting>> waiting;
  for (int i = 0; i < 64; ++i) waiting.push_back(ask(cat("bogus", i)));
  for (const auto& one : waiting) EXPECT_FALSE(one->answer);
  EXPECT_EQ(status().waiters, 64);
  EXPECT_EQ(ask("one more")->answer, KeyAnswer::unknown_key);
  run(milliseconds{250});
  for (const auto& one : waiting) EXPECT_EQ(one->times, 1);
  EXPECT_EQ(status().waiters, 0);
}

TEST_F(KeyEngineTest, nobody_can_say_that_a_key_is_unknown_while_the_issuer_fails) {
  load();
  network_.serve(keys_, with_status(500));
  const auto first = ask(1);
  run(milliseconds{100});
  EXPECT_EQ(first->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(ask(1)->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(network_.count(keys_), 2);
  EXPECT_EQ(find(0), KeyAnswer::keys);
}

TEST_F(KeyEngineTest, a_key_just_looked_for_is_not_looked_for_again) {
  serve_issuer(issuer_, jwks({0}));
  configure({{.issuer = issuer_, .kid_miss_interval = seconds{10}}});
  run(seconds{1});
  ask("bogus");
  run(seconds{15});
  EXPECT_EQ(network_.count(keys_), 2);
  EXPECT_EQ(ask("bogus")->answer, KeyAnswer::unknown_key) << "remembered for half a minute";
  EXPECT_EQ(network_.count(keys_), 2);
  network_.serve(keys_, ok(jwks({0, 1})));
  ask("other");  // brings a new generation, and with it the memory is gone
  run(milliseconds{100});
  EXPECT_EQ(network_.count(keys_), 3);
  run(seconds{10});
  EXPECT_FALSE(ask("bogus")->answer);
}

// All issuers at once: the lane for unknown keys is narrower than the whole.
TEST_F(KeyEngineTest, unknown_keys_of_many_issuers_share_fifteen_fetches_a_second) {
  std::vector<IssuerSource> sources;
  for (int i = 0; i < 100; ++i) {
    const auto name = cat("https://i", i, ".example");
    network_.serve(name, ok(jwks({0})));
    sources.push_back({.issuer = name, .jwks_uri = name});
  }
  configure(sources);
  run(seconds{10});
  network_.forget();
  for (const auto& source : sources) ask(KeyQuestion{.issuer = source.issuer, .kid = "bogus"});
  run(milliseconds{999});
  EXPECT_EQ(network_.seen().size(), 15);
  run(seconds{7});
  EXPECT_EQ(network_.seen().size(), 100);
}

}  // namespace
}  // namespace signet::verify::testing
