// Ten thousand issuers: what they cost together, and what the dead among them cost the others.
#include <cstdint>
#include <vector>

#include "base/temp_directory_for_tests.h"
#include "verify/key_engine_fixture_for_tests.h"

namespace signet::verify::testing {
namespace {

constexpr int issuers = 10'000;

class KeyEngineScale : public KeyEngineTest {
 protected:
  KeyEngineScale() {
    network_.serve_others([this](const SimulatedNetwork::Seen& seen) {
      if (dead_ && dead_(seen.url())) return hanging();
      if (seen.header("if-none-match") == "\"t\"") {
        return Reply{.result = net::ClientResponse{.status = 304, .headers = cache_, .body = {}}};
      }
      auto headers = cache_;
      headers.emplace_back("etag", "\"t\"");
      return ok(body_, headers);
    });
  }

  static std::string url(int i) { return cat("https://i", i, ".example/openid/v1/jwks"); }
  static std::string name(int i) { return cat("https://i", i, ".example"); }
  void configure_all() {
    std::vector<IssuerSource> sources;
    sources.reserve(issuers);
    for (int i = 0; i < issuers; ++i) sources.push_back({.issuer = name(i), .jwks_uri = url(i)});
    configure(std::move(sources));
  }
  std::size_t count(KeyState state) {
    return static_cast<std::size_t>(
        std::ranges::count(engine_->status(), state, &IssuerStatus::state));
  }
  // Of the requests seen: how many there were in each step of a minute, and at most in any second.
  struct Rates {
    double mean = 0;  // a second
    double highest_minute = 0;
    std::size_t highest_second = 0;
  };
  Rates rates(SteadyTime from, SteadyTime to) const {
    std::vector<SteadyTime> times;
    for (const auto& seen : network_.seen()) {
      if (seen.at >= from && seen.at < to) times.push_back(seen.at);
    }
    Rates rates{.mean = static_cast<double>(times.size()) /
                        std::chrono::duration<double>(to - from).count()};
    std::map<std::int64_t, double> in_minute;
    for (const auto at : times) in_minute[(at - from) / minutes{1}] += 1.0 / 60;
    for (const auto& [minute, rate] : in_minute) {
      rates.highest_minute = std::max(rates.highest_minute, rate);
    }
    std::size_t first = 0;
    for (std::size_t last = 0; last < times.size(); ++last) {
      while (times[last] - times[first] >= seconds{1}) ++first;
      rates.highest_second = std::max(rates.highest_second, last - first + 1);
    }
    return rates;
  }

  std::string body_ = jwks({0, 1, 2});
  std::vector<std::pair<std::string, std::string>> cache_;
  std::function<bool(std::string_view)> dead_;
};

// K-1 89.
TEST_F(KeyEngineScale, ten_thousand_issuers_cost_some_eighteen_fetches_a_second_without_waves) {
  const auto begin = moments_.now().steady;
  configure_all();
  run(seconds{201});
  EXPECT_EQ(count(KeyState::fresh), issuers) << "a cold start takes 200 s";
  run_until(begin + hours{1});
  EXPECT_EQ(rates(begin, begin + hours{1}).highest_second, 50);
  const auto steady = rates(begin + minutes{10}, begin + hours{1});
  EXPECT_GE(steady.mean, 12);
  EXPECT_LE(steady.mean, 19);
  EXPECT_LE(steady.highest_minute, 2 * steady.mean);
  EXPECT_LE(steady.highest_second, 2 * steady.mean + 20);
  EXPECT_EQ(count(KeyState::fresh), issuers);
}

TEST_F(KeyEngineScale, kubernetes_own_max_age_costs_twelve_a_second) {
  cache_ = {{"cache-control", "public, max-age=3600"}};
  const auto begin = moments_.now().steady;
  configure_all();
  run_until(begin + hours{1});
  const auto steady = rates(begin + minutes{15}, begin + hours{1});
  EXPECT_GE(steady.mean, 11.5);
  EXPECT_LE(steady.mean, 13.5);
  EXPECT_LE(steady.highest_minute, 2 * steady.mean);
}

TEST_F(KeyEngineScale, issuers_that_want_a_minute_get_what_there_is) {
  cache_ = {{"cache-control", "no-store"}};
  const auto begin = moments_.now().steady;
  configure_all();
  run_until(begin + minutes{20});
  const auto seen = rates(begin + minutes{10}, begin + minutes{20});
  EXPECT_LE(seen.highest_second, 50);
  EXPECT_GE(seen.mean, 49);
  std::chrono::seconds oldest{0};
  for (const auto& one : engine_->status()) oldest = std::max(oldest, one.age.value());
  EXPECT_LE(oldest, seconds{260}) << "each in its turn: 200 s and what it was early";
}

// K-1 90.
TEST_F(KeyEngineScale, three_thousand_dead_issuers_take_nothing_from_the_others) {
  dead_ = [](std::string_view url) {
    const auto digit = url.substr(url.find(".example") - 1, 1);
    return digit == "0" || digit == "1" || digit == "2";
  };
  const auto begin = moments_.now().steady;
  configure_all();
  run_until(begin + minutes{20});
  std::size_t dead = 0;
  for (int minute = 0; minute < 40; ++minute) {
    run(minutes{1});
    dead = 0;
    for (const auto& one : engine_->status()) {
      if (one.dead) {
        ++dead;
        continue;
      }
      ASSERT_EQ(one.state, KeyState::fresh) << one.issuer;
      ASSERT_LE(one.age.value(), seconds{602});
    }
    ASSERT_EQ(dead, 3000);
    ASSERT_LE(network_.running(), 64 + 10);
  }
  const auto seen = rates(begin + minutes{20}, begin + hours{1});
  EXPECT_LE(seen.highest_second, 50);
  EXPECT_LE(network_.most_running(), 256);
}

// K-1 91.
TEST_F(KeyEngineScale, when_all_are_dead_what_was_kept_holds_for_its_hard_ttl) {
  const signet::fixture::TempDirectory directory;
  start({.directory = directory / "keys"});
  configure_all();
  run(seconds{210});
  ASSERT_EQ(count(KeyState::fresh), issuers);
  ASSERT_TRUE(engine_->persist());
  dead_ = [](std::string_view) { return true; };
  moments_.jump_wall(seconds{3600});
  start({.directory = directory / "keys"});
  network_.forget();
  const auto begin = moments_.now().steady;
  configure_all();
  EXPECT_EQ(count(KeyState::soft_stale), issuers);
  run(hours{5} - seconds{220});
  for (int i = 0; i < issuers; i += 100) ASSERT_EQ(find(0, name(i)), KeyAnswer::keys);
  EXPECT_EQ(count(KeyState::soft_stale), issuers);
  EXPECT_LE(network_.running(), 64);
  EXPECT_LE(rates(begin, begin + hours{5}).highest_second, 50);
  run(seconds{220});
  EXPECT_EQ(count(KeyState::hard_stale), issuers);
  EXPECT_EQ(find(0, name(0)), KeyAnswer::keys_unavailable);
  dead_ = {};
  run(minutes{30});
  EXPECT_EQ(count(KeyState::fresh), issuers);
}

TEST_F(KeyEngineScale, who_is_asked_for_is_loaded_first) {
  configure_all();
  run(seconds{2});
  const auto waiting = ask(KeyQuestion{.issuer = name(9999), .kid = test_key(0).kid});
  run(seconds{2});
  EXPECT_EQ(waiting->answer, KeyAnswer::keys);
}

TEST_F(KeyEngineScale, a_host_of_ten_thousand_issuers_gets_four_requests_at_once) {
  std::vector<IssuerSource> sources;
  for (int i = 0; i < issuers; ++i) {
    sources.push_back({.issuer = name(i), .jwks_uri = cat("https://one.example/", i)});
  }
  sources.push_back({.issuer = "https://other.example", .jwks_uri = "https://other.example/"});
  configure(std::move(sources));
  run(seconds{60});
  EXPECT_LE(network_.most_running(), 5);
  EXPECT_EQ(find(0, "https://other.example"), KeyAnswer::keys);
}

}  // namespace
}  // namespace signet::verify::testing
