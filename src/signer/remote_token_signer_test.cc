#include "signer/remote_token_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <utility>

#include "signer/external_signer.h"
#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::encoded;
using fixture::remote_key;
using fixture::remote_keys;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::string_view good_header = R"({"alg":"ES256","kid":"a","typ":"JWT"})";

RemoteSignature answer_of(std::string_view header, std::string signature = "c2ln") {
  return {.header = encoded(header), .signature = std::move(signature)};
}

class RemoteSigning : public testing::Test {
 protected:
  void SetUp() override {
    remote.keys = remote_keys({remote_key("a"), remote_key("hidden", 1, true)});
    ASSERT_TRUE(keeper.load(seconds{60}, {}));
    signer.emplace(remote, keeper, seconds{7200}, loop);
  }
  void ask(seconds lifetime = seconds{3600}, std::string payload = R"({"iss":"i"})") {
    spawn(signer->sign(std::move(payload), lifetime),
          [this](Result<std::string> token) { tokens.push_back(std::move(token)); });
  }
  // The token, or why there is none.
  std::string sign(Result<RemoteSignature> answer) {
    ask();
    remote.answer(std::move(answer));
    loop.turn();
    return said();
  }
  std::string said() {
    EXPECT_FALSE(tokens.empty());
    if (tokens.empty()) return "nothing";
    const auto token = tokens.back();
    tokens.clear();
    return token ? *token : token.error().message;
  }

  fixture::FakeSigner remote;
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  fixture::Turned loop;
  RemoteKeyKeeper keeper{remote, clock, metrics};
  std::optional<RemoteTokenSigner> signer;
  std::vector<Result<std::string>> tokens;
};

TEST_F(RemoteSigning, puts_claims_between_what_came_back) {
  EXPECT_EQ(sign(answer_of(good_header)),
            encoded(good_header) + "." + encoded(R"({"iss":"i"})") + ".c2ln");
  EXPECT_EQ(remote.asked, std::vector{encoded(R"({"iss":"i"})")});
}

TEST_F(RemoteSigning, resumes_on_the_loop) {
  ask();
  remote.answer(answer_of(good_header));
  EXPECT_TRUE(tokens.empty());
  loop.turn();
  EXPECT_EQ(tokens.size(), 1U);
}

// tokens.md 13.115, 13.117.
TEST_F(RemoteSigning, believes_no_bad_answer) {
  EXPECT_EQ(sign(answer_of(R"({"alg":"ES256","kid":"a"})")), "bad type");
  EXPECT_EQ(sign(answer_of(R"({"alg":"ES256","kid":"hidden","typ":"JWT"})")),
            "key used for signing JWT (kid: hidden) is excluded from OIDC discovery docs");
  EXPECT_EQ(sign(answer_of(good_header, "")), "empty signature returned");
}

// The token is copied into a JSON answer as it is.
TEST_F(RemoteSigning, lets_nothing_into_a_token_that_is_no_base64url) {
  for (const std::string signature : {"\",\"x\":\"", "a.b", "a=", "a\nb", "\xff"}) {
    EXPECT_EQ(sign(answer_of(good_header, signature)), "signature is not base64url") << signature;
  }
  EXPECT_EQ(sign(answer_of(good_header, std::string(16384, 'A'))),
            "the token is larger than 16384 bytes");
}

TEST_F(RemoteSigning, says_what_went_wrong_outside) {
  EXPECT_EQ(sign(fail(ErrorKind::unavailable, "gone")), "gone");
  EXPECT_EQ(sign(fail(ErrorKind::internal, "refused")), "refused");
}

TEST_F(RemoteSigning, asks_for_nothing_that_lives_longer_than_the_signer_allows) {
  ask(seconds{7200});
  EXPECT_EQ(remote.asked.size(), 1U);
  ask(seconds{7201});
  EXPECT_EQ(said(), "the external signer signs for at most 7200 seconds");
  ask(seconds::max());  // a legacy token
  EXPECT_EQ(said(), "the external signer signs for at most 7200 seconds");
  EXPECT_EQ(remote.asked.size(), 1U);
  remote.answer(answer_of(good_header));
  loop.turn();
}

TEST_F(RemoteSigning, lets_only_so_many_wait) {
  for (std::size_t i = 0; i < RemoteTokenSigner::waiting_max; ++i) ask();
  EXPECT_TRUE(tokens.empty());
  ask();
  EXPECT_EQ(said(), "too many tokens wait for the external signer");
  while (!remote.waiting.empty()) remote.answer(answer_of(good_header));
  loop.turn();
  EXPECT_EQ(tokens.size(), RemoteTokenSigner::waiting_max);
  tokens.clear();
  EXPECT_THAT(sign(answer_of(good_header)), HasSubstr(".c2ln"));
}

// tokens.md 13.114 and the start-up rules of 10.
TEST(Connecting, checks_what_the_signer_can_do) {
  struct Case {
    Result<RemoteKeys> keys = remote_keys({remote_key("a")});
    Result<seconds> longest = seconds{7200};
    std::optional<seconds> configured = std::nullopt;
  };
  const auto connect = [](const Case& one) -> std::string {
    ManualClock clock{Instant(seconds{1000})};
    telemetry::Registry metrics;
    auto remote = std::make_unique<fixture::FakeSigner>();
    remote->keys = one.keys;
    remote->longest = one.longest;
    auto external = ExternalSigner::connect(std::move(remote),
                                            {.token_lifetime_max = one.configured}, clock, metrics);
    if (!external) return external.error().message;
    return std::to_string((*external)->longest_lifetime().count());
  };
  EXPECT_EQ(connect({}), "7200");
  EXPECT_EQ(connect({.longest = seconds{600}}), "600");
  EXPECT_EQ(connect({.longest = seconds{599}}),
            "max token life supported by external-jwt-signer (599s) is less than acceptable (min "
            "600s)");
  EXPECT_EQ(connect({.configured = seconds{7200}}), "7200");
  EXPECT_EQ(connect({.configured = seconds{7201}}),
            "service-account-max-token-expiration cannot be set longer than the token expiration "
            "supported by service-account-signing-endpoint: 7201 > 7200");
  EXPECT_EQ(connect({.keys = fail(ErrorKind::unavailable, "away")}),
            "while setting up external-jwt-signer: away");
  EXPECT_EQ(connect({.keys = remote_keys({})}),
            "while setting up external-jwt-signer: there are no keys");
  EXPECT_EQ(connect({.longest = fail(ErrorKind::unavailable, "away")}),
            "while setting up external-jwt-signer: away");
}

TEST(Connecting, ends_when_nobody_wants_it_any_more) {
  class Silent final : public RemoteSigner {
   public:
    Result<RemoteKeys> fetch_keys(Milliseconds) override {
      stopped_.get_future().wait();
      return fail(ErrorKind::unavailable, "away");
    }
    Result<seconds> longest_lifetime(Milliseconds) override { return seconds{7200}; }
    void sign(std::string, Milliseconds, OnSigned) override {}
    void stop() override {
      if (!std::exchange(told_, true)) stopped_.set_value();
    }

   private:
    std::promise<void> stopped_;
    bool told_ = false;
  };
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  const auto external = ExternalSigner::connect(std::make_unique<Silent>(),
                                                {.give_up = [] { return true; }}, clock, metrics);
  ASSERT_FALSE(external);
  EXPECT_EQ(external.error().message, "while setting up external-jwt-signer: away");
}

TEST(Connecting, lists_keys_and_changes_none) {
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  fixture::Turned loop;
  auto remote = std::make_unique<fixture::FakeSigner>();
  remote->keys = remote_keys({remote_key("a"), remote_key("hidden", 1, true)});
  auto external = ExternalSigner::connect(std::move(remote), {}, clock, metrics);
  ASSERT_TRUE(external);
  const auto await = [&](auto callback) {
    std::optional<Result<identity::KeyList>> got;
    const auto task = [](auto awaited) -> Task<Result<identity::KeyList>> {
      co_return co_await std::move(awaited);
    };
    spawn(task(std::move(callback)), [&](auto list) { got = std::move(list); });
    loop.turn();
    return *std::move(got);
  };
  const auto list = await((*external)->list(loop));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[1].kid, "hidden");
  EXPECT_THAT((*list)[1].why, HasSubstr("unpublished"));
  for (const auto& refused :
       {await((*external)->rotate({}, loop)), await((*external)->retire("a", true, loop))}) {
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  }
}

}  // namespace
}  // namespace signet::signer
