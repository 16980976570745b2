// The whole relying party, with its threads and the machine's clocks.
#include "party/policy_party.h"

#include <gmock/gmock.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A network where nothing ever answers but at the end.
class SilentNetwork final : public net::Fetcher {
 public:
  Id start(net::FetchRequest, Done done) override {
    held_.with([&](auto& held) { held.push_back(std::move(done)); });
    return 1;
  }
  void cancel(Id) override {}

 private:
  Guarded<std::vector<Done>> held_;
};

class PolicyPartyTest : public PartyTest {
 protected:
  void open(std::string_view text) {
    write(text);
    auto opened = PolicyParty::open(
        {.policy = directory_ / "."},
        {.fetcher = silent_, .moments = real_, .random = system_random_, .metrics = registry_});
    ASSERT_TRUE(opened) << opened.error().front();
    party_ = *std::move(opened);
  }
  std::string fresh_token() const {
    auto now = claims();
    const auto second = whole_seconds(clock_.now());
    now.issued_at = second;
    now.not_before = second;
    now.expires_at = second + hours{1};
    return sign(p256(), token::compose(now));
  }

  SystemClock clock_;
  verify::SteadyMoments real_{clock_};
  SystemRandom system_random_;
  telemetry::Registry registry_;
  SilentNetwork silent_;
  std::unique_ptr<PolicyParty> party_;
};

TEST_F(PolicyPartyTest, says_all_that_is_wrong_with_its_policy) {
  write("kind: x\n---\nkind: y\n");
  const auto opened = PolicyParty::open(
      {.policy = directory_ / "."},
      {.fetcher = silent_, .moments = real_, .random = system_random_, .metrics = registry_});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), SizeIs(2));
}

TEST_F(PolicyPartyTest, checks_from_many_threads) {
  open(main_issuer() + plain_route());
  const auto token = fresh_token();
  std::vector<std::future<int>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      int allowed = 0;
      for (int n = 0; n < 200; ++n) {
        const auto verdict = party_->check_now({.token = token, .route = "r"});
        allowed += verdict && *verdict ? 1 : 0;
      }
      return allowed;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 200);
}

TEST_F(PolicyPartyTest, tells_an_operator_how_it_is) {
  write("reviewer", "token");
  open(main_issuer() +
       issuer("b", cat("url: 'https://b.example', cluster: b, mode: review, review: {server: "
                       "'https://api.b.example', tokenFile: '",
                       directory_ / "token", "'}")) +
       plain_route());
  EXPECT_TRUE(party_->has_route("r"));
  EXPECT_FALSE(party_->has_route("x"));
  EXPECT_TRUE(party_->ready());
  auto status = party_->status();
  EXPECT_EQ(status.policy.generation, 1U);
  ASSERT_THAT(status.issuers, SizeIs(2));
  EXPECT_EQ(status.issuers[0].mode, "oidc");
  EXPECT_TRUE(status.issuers[0].keys->fixed);
  EXPECT_FALSE(status.issuers[0].review);
  EXPECT_FALSE(status.issuers[1].keys);
  EXPECT_EQ(status.issuers[1].review->server, "https://api.b.example");
  ASSERT_THAT(status.routes, SizeIs(1));
  EXPECT_THAT(status.routes[0].audiences, ElementsAre("payments"));
  const auto json = to_json(status);
  EXPECT_EQ(codec::string_at(json.at("issuers").at(0), "keys.state"), "fresh");
  EXPECT_EQ(codec::string_at(json.at("routes").at(0), "phase"), "new");
  party_->drain();
  EXPECT_FALSE(party_->ready());
  EXPECT_TRUE(party_->check_now({.token = fresh_token(), .route = "r"})->has_value());
}

TEST_F(PolicyPartyTest, reloads_when_told) {
  open(main_issuer() + plain_route());
  write("bad: true");
  EXPECT_FALSE(party_->reload());
  EXPECT_THAT(party_->status().policy.problems, SizeIs(2));
  write(main_issuer() + route("other", cat("anyAudience: true, ", everybody)));
  EXPECT_TRUE(party_->reload());
  EXPECT_TRUE(party_->has_route("other"));
  EXPECT_FALSE(party_->has_route("r"));
}

TEST_F(PolicyPartyTest, answers_whoever_waits_when_it_ends) {
  open(issuer("main", cat("url: '", issuer_url, "', cluster: prod")) + plain_route());
  std::promise<Verdict> promise;
  auto verdict = promise.get_future();
  party_->check({.token = fresh_token(), .route = "r"}, real_.now().steady + hours{1},
                [&](Verdict given) { promise.set_value(std::move(given)); });
  party_.reset();
  ASSERT_EQ(verdict.wait_for(seconds{0}), std::future_status::ready);
  EXPECT_FALSE(verdict.get());
}

}  // namespace
}  // namespace signet::party::fixture
