// The first load of an issuer's keys, and who waits for it.
#include <vector>

#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

// K-1 70.
TEST_F(KeyEngineTest, a_thousand_callers_cause_one_document_and_one_key_set) {
  serve_issuer(issuer_, jwks({0}));
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  std::vector<std::shared_ptr<Waiting>> waiting;
  for (int i = 0; i < 1000; ++i) waiting.push_back(ask(0));
  run(seconds{3});
  EXPECT_EQ(network_.count(document_), 1);
  EXPECT_EQ(network_.count(keys_), 1);
  EXPECT_EQ(network_.seen().size(), 2);
  for (const auto& one : waiting) EXPECT_EQ(one->times, 1);
  EXPECT_EQ(find(0), KeyAnswer::keys);
}

// K-1 71.
TEST_F(KeyEngineTest, the_sixty_fifth_waiter_is_told_at_once_and_the_others_succeed) {
  serve_issuer(issuer_, jwks({0}));
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  std::vector<std::shared_ptr<Waiting>> waiting;
  for (int i = 0; i < 64; ++i) waiting.push_back(ask(0));
  const auto late = ask(0);
  EXPECT_EQ(late->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(late->id, 0);
  run(seconds{1});
  for (const auto& one : waiting) EXPECT_EQ(one->answer, KeyAnswer::keys);
}

// K-1 72: cache poisoning by cancel.
TEST_F(KeyEngineTest, attack_30_a_caller_that_leaves_harms_nobody) {
  serve_issuer(issuer_, jwks({0}));
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  const auto first = ask(0);
  const auto second = ask(0);
  run(milliseconds{10});
  engine_->cancel(first->id);
  run(seconds{1});
  EXPECT_EQ(first->times, 0);
  EXPECT_EQ(second->answer, KeyAnswer::keys);
  EXPECT_EQ(network_.cancelled(), 0);
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(ask(0)->answer, KeyAnswer::keys);
}

// K-1 84.
TEST_F(KeyEngineTest, an_unreachable_issuer_costs_two_seconds_once_and_nothing_in_its_backoff) {
  network_.serve(document_, hanging());
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  const auto asked_at = moments_.now().steady;
  const auto first = ask(0);
  run(seconds{10});
  EXPECT_EQ(first->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(first->at - asked_at, seconds{2});
  network_.serve(document_, broken(net::FetchFault::connect));
  run(minutes{10});
  EXPECT_TRUE(status().dead);
  const auto in_backoff = ask(0);
  EXPECT_EQ(in_backoff->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineTest, a_failed_first_load_is_said_at_once) {
  network_.serve(document_, with_status(500));
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  const auto waiting = ask(0);
  run(milliseconds{100});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys_unavailable);
}

TEST_F(KeyEngineTest, a_caller_waits_no_longer_than_it_wants) {
  network_.serve(document_, hanging());
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  const auto asked_at = moments_.now().steady;
  const auto waiting =
      ask(KeyQuestion{.issuer = issuer_, .kid = "k", .patience = milliseconds{150}});
  run(seconds{1});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(waiting->at - asked_at, milliseconds{150});
}

TEST_F(KeyEngineTest, attack_24_a_flood_of_unknown_issuers_asks_nobody_and_keeps_nothing) {
  load();
  network_.forget();
  for (int i = 0; i < 100'000; ++i) {
    const auto name = cat("https://attacker", i, ".example");
    ASSERT_EQ(reader_->find(name, "k", alg).answer, KeyAnswer::unknown_issuer);
  }
  for (const auto* name :
       {"http://169.254.169.254/", "file:///etc/passwd", "", "https://attacker"}) {
    EXPECT_EQ(ask(KeyQuestion{.issuer = name, .kid = "k"})->answer, KeyAnswer::unknown_issuer);
  }
  run(seconds{10});
  EXPECT_TRUE(network_.seen().empty());
  EXPECT_EQ(engine_->status().size(), 1);
}

// K-1 44: byte for byte.
TEST_F(KeyEngineTest, issuers_are_told_apart_by_every_byte) {
  load();
  for (const auto* name : {"https://k8s.example/", "https://K8s.example", "https://k8s.example:443",
                           "HTTPS://k8s.example", "https://k8s.exampl"}) {
    EXPECT_EQ(reader_->find(name, test_key(0).kid, alg).answer, KeyAnswer::unknown_issuer) << name;
  }
}

// K-1 87: cross-issuer kid cache.
TEST_F(KeyEngineTest, one_kid_of_two_issuers_is_two_keys) {
  const std::string other = "https://other.example";
  serve_issuer(issuer_, jwks({0}, "same"));
  serve_issuer(other, jwks({1}, "same"));
  configure({{.issuer = issuer_}, {.issuer = other}});
  run(seconds{1});
  const auto ours = reader_->find(issuer_, "same", alg);
  ASSERT_EQ(ours.answer, KeyAnswer::keys);
  EXPECT_EQ(ours.key->key, test_key(0).key);
  const auto theirs = reader_->find(other, "same", alg);
  ASSERT_EQ(theirs.answer, KeyAnswer::keys);
  EXPECT_EQ(theirs.key->key, test_key(1).key);
  EXPECT_NE(ours.generation, theirs.generation);
}

TEST_F(KeyEngineTest, a_key_is_found_for_its_own_algorithm_only) {
  load();
  EXPECT_EQ(reader_->find(issuer_, test_key(0).kid, jose::Algorithm::rs256).answer,
            KeyAnswer::unknown_key);
}

// K-1 38, 39.
TEST_F(KeyEngineTest, a_token_without_kid_means_the_only_key_of_its_algorithm) {
  load();
  EXPECT_EQ(reader_->find_only(issuer_, alg).answer, KeyAnswer::keys);
  EXPECT_EQ(reader_->find_only(issuer_, jose::Algorithm::rs256).answer, KeyAnswer::unknown_key);
  network_.serve(keys_, ok(jwks({0, 1})));
  run(minutes{11});
  EXPECT_EQ(reader_->find_only(issuer_, alg).answer, KeyAnswer::unknown_key);
  EXPECT_EQ(ask("")->answer, KeyAnswer::unknown_key);
  EXPECT_EQ(find_kid(test_key(0).kid + " "), KeyAnswer::unknown_key);
}

// Four requests to one host at once: whoever is next begins when a slow answer is given up.
TEST_F(KeyEngineTest, attack_27_keys_that_trickle_hold_their_place_for_five_seconds) {
  std::vector<IssuerSource> sources;
  for (int i = 0; i < 5; ++i) {
    const auto url = cat("https://slow.example/", i);
    sources.push_back({.issuer = cat("i", i), .jwks_uri = url});
    network_.serve(
        url, [&](const auto&) { return network_.seen().size() <= 4 ? hanging() : ok(jwks({0})); });
  }
  configure(sources);
  const auto found = [&] {
    return std::ranges::count_if(sources, [&](const IssuerSource& source) {
      return find(0, source.issuer) == KeyAnswer::keys;
    });
  };
  run(milliseconds{4'990});
  EXPECT_EQ(network_.seen().size(), 4);
  EXPECT_EQ(found(), 0);
  run(milliseconds{100});
  EXPECT_GE(network_.seen().size(), 5);
  EXPECT_EQ(found(), 1);
  for (const auto& seen : network_.seen()) EXPECT_EQ(seen.request.timeout, seconds{5});
}

TEST_F(KeyEngineTest, fixed_keys_need_no_network) {
  configure({{.issuer = "anything at all", .jwks = jwks({0})}});
  run(hours{200});
  EXPECT_TRUE(network_.seen().empty());
  EXPECT_EQ(find(0, "anything at all"), KeyAnswer::keys);
  EXPECT_EQ(ask(KeyQuestion{.issuer = "anything at all", .kid = "other"})->answer,
            KeyAnswer::unknown_key);
  EXPECT_TRUE(status("anything at all").fixed);
  EXPECT_EQ(status("anything at all").state, KeyState::fresh);
}

TEST_F(KeyEngineTest, who_waits_at_the_end_of_the_engine_is_told) {
  network_.serve(document_, hanging());
  ASSERT_TRUE(engine_->configure({{.issuer = issuer_}}));
  const auto waiting = ask(0);
  run(milliseconds{10});
  start();
  EXPECT_EQ(waiting->answer, KeyAnswer::keys_unavailable);
  EXPECT_EQ(network_.cancelled(), 1);
  network_.deliver(moments_.now().steady + hours{1});
}

}  // namespace
}  // namespace signet::verify::testing
