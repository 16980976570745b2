// How a key set is kept fresh, what holds while it cannot be, and when it stops to hold.
#include <vector>

#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

// K-1 73: what the server says of its answer decides when it is asked again, within bounds.
struct TtlRow {
  const char* name;
  std::vector<std::pair<std::string, std::string>> headers;
  int seconds;
};

class SoftTtlOf : public KeyEngineTest, public ::testing::WithParamInterface<TtlRow> {};

TEST_P(SoftTtlOf, an_answer_is_clamped) {
  serve_issuer(issuer_, "");
  network_.serve(keys_, ok(jwks({0}), GetParam().headers));
  configure({{.issuer = issuer_}});
  run(seconds{3600});
  std::vector<SteadyTime> times;
  for (const auto& seen : network_.seen()) {
    if (seen.url() == keys_) times.push_back(seen.at);
  }
  ASSERT_GE(times.size(), 4);
  // The first round is shorter, see refresh_schedule.h.
  for (std::size_t i = 2; i < times.size(); ++i) {
    const auto between = times[i] - times[i - 1];
    EXPECT_GE(between, seconds{GetParam().seconds} * 8 / 10);
    EXPECT_LE(between, seconds{GetParam().seconds} + milliseconds{50});
  }
}

INSTANTIATE_TEST_SUITE_P(
    , SoftTtlOf,
    ::testing::Values(TtlRow{"max_age_5", {{"cache-control", "max-age=5"}}, 60},
                      TtlRow{"max_age_60", {{"cache-control", "max-age=60"}}, 60},
                      TtlRow{"max_age_600", {{"cache-control", "max-age=600"}}, 600},
                      TtlRow{"kubernetes", {{"cache-control", "public, max-age=3600"}}, 900},
                      TtlRow{"no_store", {{"cache-control", "no-store"}}, 60},
                      TtlRow{"absent", {}, 600},
                      TtlRow{"malformed", {{"cache-control", "max-age=soon"}}, 600},
                      TtlRow{"aged", {{"cache-control", "max-age=600"}, {"age", "480"}}, 120},
                      TtlRow{"aged_out", {{"cache-control", "max-age=600"}, {"age", "700"}}, 60}),
    [](const auto& row) { return std::string(row.param.name); });

// K-1 74: twenty TTLs with a look-up each second; none ever finds less than keys.
TEST_F(KeyEngineTest, nobody_waits_for_a_refresh) {
  load();
  for (int second = 0; second < 20 * 600; ++second) {
    run(seconds{1});
    ASSERT_EQ(find(0), KeyAnswer::keys);
    ASSERT_LT(status().age.value(), seconds{602});
  }
  EXPECT_GE(network_.count(keys_), 20);
}

// K-1 75.
TEST_F(KeyEngineTest, not_modified_renews_the_set_and_keeps_its_generation) {
  serve_issuer(issuer_, "");
  std::string tag = "\"one\"";
  network_.serve(keys_, [&](const SimulatedNetwork::Seen& seen) {
    if (seen.header("if-none-match") == tag) return with_status(304);
    return ok(jwks({0}), {{"etag", tag}, {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}});
  });
  configure({{.issuer = issuer_}});
  run(seconds{1});
  const auto before = generation();
  ASSERT_NE(before, 0);
  run(hours{7});  // past the hard TTL of the first answer
  EXPECT_EQ(generation(), before);
  EXPECT_EQ(status().counts.fetched, 1);
  EXPECT_GT(status().counts.not_modified, 40);
  EXPECT_EQ(network_.seen().back().header("if-modified-since"), "Sun, 06 Nov 1994 08:49:37 GMT");
  tag = "\"two\"";  // another tag on the same body
  run(minutes{20});
  EXPECT_GE(status().counts.fetched, 2);
  EXPECT_EQ(generation(), before);
}

TEST_F(KeyEngineTest, not_modified_is_a_failure_for_who_has_nothing) {
  serve_issuer(issuer_, "");
  network_.serve(keys_, with_status(304));
  configure({{.issuer = issuer_}});
  run(milliseconds{500});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
  EXPECT_EQ(status().counts.failed, 1);
}

// K-1 82: cache poisoning by failure.
struct BadAnswer {
  const char* name;
  Reply reply;
};

// That many, in less than the limit of bytes.
std::string entries(std::size_t count) {
  std::string set = R"({"keys":[{})";
  for (std::size_t i = 1; i < count; ++i) set += ",{}";
  return set + "]}";
}

class AfterABadAnswer : public KeyEngineTest, public ::testing::WithParamInterface<BadAnswer> {};

TEST_P(AfterABadAnswer, attack_29_the_old_set_holds_and_the_issuer_is_asked_ever_more_seldom) {
  load();
  const auto before = generation();
  network_.serve(keys_, GetParam().reply);
  run(minutes{11});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(generation(), before);
  EXPECT_EQ(status().state, KeyState::soft_stale);
  EXPECT_GE(status().counts.failed, 1);
  EXPECT_FALSE(status().last_error.empty());
  run(hours{1});
  EXPECT_TRUE(status().dead);
  network_.forget();
  run(hours{1});
  // 300 s apart, a fifth more or less, and a document a minute at most beside them.
  EXPECT_LE(network_.count(keys_), 16);
  EXPECT_GE(network_.count(keys_), 9);
  EXPECT_EQ(find(0), KeyAnswer::keys);
  network_.serve(keys_, ok(jwks({0})));
  run(minutes{7});
  EXPECT_EQ(status().state, KeyState::fresh);
  EXPECT_FALSE(status().dead);
  EXPECT_EQ(status().last_error, "");
  EXPECT_EQ(generation(), before);
}

INSTANTIATE_TEST_SUITE_P(
    , AfterABadAnswer,
    ::testing::Values(
        BadAnswer{"status_500", with_status(500)}, BadAnswer{"status_404", with_status(404)},
        BadAnswer{"redirect_301", with_status(301)}, BadAnswer{"redirect_302", with_status(302)},
        BadAnswer{"redirect_307", with_status(307)}, BadAnswer{"redirect_308", with_status(308)},
        BadAnswer{"timeout", broken(net::FetchFault::timeout)},
        BadAnswer{"tls", broken(net::FetchFault::tls)},
        BadAnswer{"too_large", broken(net::FetchFault::too_large)},
        BadAnswer{"html", ok("<html>sorry</html>")}, BadAnswer{"empty", ok("")},
        BadAnswer{"an_object", ok("{}")}, BadAnswer{"no_keys", ok(R"({"keys":[]})")},
        BadAnswer{"ten_thousand_entries", ok(entries(10'000))},
        BadAnswer{"truncated", ok(jwks({0}).substr(0, 60))},
        BadAnswer{"only_for_encryption",
                  ok(R"({"keys":[{"kty":"EC","use":"enc","crv":"P-256"}]})")},
        BadAnswer{"a_private_key", ok(R"({"keys":[{"kty":"EC","crv":"P-256","d":"AA"}]})")},
        BadAnswer{"a_symmetric_key", ok(R"({"keys":[{"kty":"oct","k":"AA"}]})")},
        BadAnswer{"one_kid_twice", ok(jwks({0, 1}, "same"))}),
    [](const auto& row) { return std::string(row.param.name); });

// K-1 83.
TEST_F(KeyEngineTest, past_its_hard_ttl_a_set_is_unavailable_until_the_first_good_answer) {
  load();
  const auto before = generation();
  network_.serve(keys_, with_status(500));
  const auto fetched = moments_.now().steady - status().age.value();
  run_until(fetched + hours{6} - seconds{2});
  // The last success may have been some minutes after the first.
  while (status().state == KeyState::soft_stale) run(seconds{10});
  EXPECT_EQ(status().state, KeyState::hard_stale);
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
  EXPECT_EQ(generation(), 0);
  EXPECT_EQ(ask(0)->answer, KeyAnswer::keys_unavailable);
  network_.serve(keys_, ok(jwks({0})));
  run(minutes{7});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  EXPECT_EQ(generation(), before) << "the same keys: what was verified with them still holds";
}

TEST_F(KeyEngineTest, the_hard_ttl_ends_a_set_to_the_second) {
  serve_issuer(issuer_, jwks({0}));
  configure({{.issuer = issuer_, .hard_ttl = minutes{15}}});
  run(milliseconds{40});
  ASSERT_EQ(status().counts.fetched, 1);
  const auto fetched = moments_.now().steady;
  network_.serve(keys_, with_status(500));
  run_until(fetched + minutes{15} - milliseconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys);
  run(milliseconds{1});
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
}

// K-1 85: a key that is gone stops within the soft TTL and five seconds.
TEST_F(KeyEngineTest, a_key_that_disappears_stops_within_the_bound) {
  serve_issuer(issuer_, jwks({0, 1}));
  configure({{.issuer = issuer_}});
  run(minutes{30});
  const auto before = generation();
  network_.serve(keys_, ok(jwks({1})));
  run(seconds{605});
  EXPECT_EQ(find(0), KeyAnswer::unknown_key);
  EXPECT_EQ(find(1), KeyAnswer::keys);
  EXPECT_NE(generation(), before) << "verdicts that were cached die with it";
}

// K-1 86.
TEST_F(KeyEngineTest, a_key_replaced_under_its_kid_is_another_key) {
  serve_issuer(issuer_, jwks({0}, "kid"));
  configure({{.issuer = issuer_}});
  run(seconds{1});
  const auto before = generation();
  ASSERT_EQ(reader_->find(issuer_, "kid", alg).key->key, test_key(0).key);
  network_.serve(keys_, ok(jwks({1}, "kid")));
  run(minutes{11});
  EXPECT_EQ(reader_->find(issuer_, "kid", alg).key->key, test_key(1).key);
  EXPECT_NE(generation(), before);
}

TEST_F(KeyEngineTest, keys_in_another_order_are_the_same_keys) {
  serve_issuer(issuer_, jwks({0, 1}));
  configure({{.issuer = issuer_}});
  run(seconds{1});
  const auto before = generation();
  network_.serve(keys_, ok(jwks({1, 0})));
  run(minutes{30});
  EXPECT_GE(status().counts.fetched, 3);
  EXPECT_EQ(generation(), before);
}

// K-1 96.
TEST_F(KeyEngineTest, the_wall_clock_moves_no_ttl) {
  load();
  for (const auto jump : {hours{-1}, hours{+1}, hours{+100}, hours{-1000}}) {
    moments_.jump_wall(jump);
    const auto fetched = status().counts.fetched;
    run(milliseconds{1});
    EXPECT_EQ(find(0), KeyAnswer::keys);
    EXPECT_EQ(status().counts.fetched, fetched);
    run(seconds{602});
    EXPECT_GT(status().counts.fetched, fetched);
  }
}

TEST_F(KeyEngineTest, an_issuer_without_tokens_sleeps_after_a_day_and_wakes_with_one) {
  load();
  run(hours{24} + minutes{20});
  EXPECT_TRUE(status().idle);
  network_.forget();
  run(hours{3});
  EXPECT_TRUE(network_.seen().empty());
  // Younger than the hard TTL: used, and fetched anew.
  EXPECT_EQ(find(0), KeyAnswer::keys);
  run(seconds{1});
  EXPECT_EQ(network_.count(keys_), 1);
  EXPECT_FALSE(status().idle);
  EXPECT_EQ(status().state, KeyState::fresh);
  run(hours{40});
  EXPECT_TRUE(status().idle);
  EXPECT_EQ(status().state, KeyState::hard_stale);
  EXPECT_EQ(find(0), KeyAnswer::keys_unavailable);
  const auto waiting = ask(0);
  run(seconds{1});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys);
}

TEST_F(KeyEngineTest, an_issuer_with_tokens_never_sleeps) {
  load();
  for (int hour = 0; hour < 100; ++hour) {
    run(hours{1});
    ASSERT_EQ(find(0), KeyAnswer::keys);
    ASSERT_FALSE(status().idle);
  }
}

TEST_F(KeyEngineTest, a_connection_that_breaks_or_a_busy_server_is_asked_once_more) {
  for (const auto& bad :
       {broken(net::FetchFault::reset), with_status(502), with_status(503), with_status(504)}) {
    start();
    network_.forget();
    serve_issuer(issuer_, "");
    int asked = 0;
    network_.serve(keys_, [&](const auto&) { return ++asked == 1 ? bad : ok(jwks({0})); });
    configure({{.issuer = issuer_}});
    run(milliseconds{500});
    EXPECT_EQ(find(0), KeyAnswer::keys);
    EXPECT_EQ(status().counts.failed, 0);
    EXPECT_EQ(asked, 2);
  }
  for (const auto& bad : {with_status(500), broken(net::FetchFault::connect)}) {
    start();
    int asked = 0;
    network_.serve(keys_, [&](const auto&) {
      ++asked;
      return bad;
    });
    configure({{.issuer = issuer_}});
    run(milliseconds{500});
    EXPECT_EQ(asked, 1);
  }
}

}  // namespace
}  // namespace signet::verify::testing
