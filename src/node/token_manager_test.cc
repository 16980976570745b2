#include "node/token_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::node {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

class FakeSource final : public TokenSource {
 public:
  explicit FakeSource(const Clock& clock) : clock_(clock) {}

  Result<IssuedToken> create_token(const TokenRequest& request) override {
    requests.push_back(request);
    if (error) return std::unexpected(*error);
    const auto lifetime = answered_lifetime.value_or(request.expiration_seconds);
    return IssuedToken{.bytes = Secret(cat("token-", requests.size())),
                       .expires_at = clock_.now() + seconds{lifetime},
                       .lifetime_seconds = no_lifetime ? std::nullopt : std::optional(lifetime)};
  }
  Result<bool> serves_tokens() override {
    ++discoveries;
    return serves;
  }

  std::vector<TokenRequest> requests;
  std::optional<Error> error;
  std::optional<std::int64_t> answered_lifetime;
  bool no_lifetime = false;
  bool serves = true;
  int discoveries = 0;

 private:
  const Clock& clock_;
};

// Draws the same jitter every time.
class FixedRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (auto& byte : bytes) byte = std::byte{0};
    bytes.front() = std::byte{jitter};
  }
  std::uint8_t jitter = 0;
};

class TokenManagerTest : public testing::Test {
 protected:
  std::string token() {
    const auto grant = tokens_.get(request_);
    return grant ? std::string(grant->token->bytes.reveal()) : grant.error().message;
  }

  ManualClock clock_{Instant(hours{500000})};
  FixedRandom random_;
  FakeSource source_{clock_};
  TokenManager tokens_{source_, clock_, random_};
  TokenRequest request_{.account = "web",
                        .space = "demo",
                        .audiences = {},
                        .expiration_seconds = 3607,
                        .pod_name = "p",
                        .pod_uid = "u1"};
};

TEST_F(TokenManagerTest, equal_requests_share_one_token) {
  EXPECT_EQ(token(), "token-1");
  EXPECT_EQ(token(), "token-1");
  EXPECT_EQ(source_.requests.size(), 1U);
}

TEST_F(TokenManagerTest, every_part_of_the_request_is_part_of_the_key) {
  const auto changes = std::to_array<void (*)(TokenRequest&)>(
      {[](TokenRequest& r) { r.pod_uid = "u2"; }, [](TokenRequest& r) { r.pod_name = "q"; },
       [](TokenRequest& r) { r.account = "x"; }, [](TokenRequest& r) { r.space = "x"; },
       [](TokenRequest& r) { r.audiences = {"vault"}; },
       [](TokenRequest& r) { r.expiration_seconds = 600; }});
  ASSERT_TRUE(tokens_.get(request_));
  for (const auto change : changes) {
    auto other = request_;
    change(other);
    ASSERT_TRUE(tokens_.get(other));
  }
  EXPECT_EQ(source_.requests.size(), 7U);
}

struct DueCase {
  const char* name;
  std::int64_t lifetime;
  std::uint8_t jitter;
  seconds last_kept;
  seconds first_refreshed;
};

class TokenDue : public TokenManagerTest, public testing::WithParamInterface<DueCase> {};

TEST_P(TokenDue, is_strictly_after_the_instant) {
  const auto& row = GetParam();
  request_.expiration_seconds = row.lifetime;
  random_.jitter = row.jitter;
  EXPECT_EQ(token(), "token-1");
  clock_.set_offset(row.last_kept);
  EXPECT_EQ(token(), "token-1");
  clock_.set_offset(row.first_refreshed);
  EXPECT_EQ(token(), "token-2");
}

INSTANTIATE_TEST_SUITE_P(, TokenDue,
                         testing::Values(DueCase{"marker", 3607, 0, seconds{2886}, seconds{2887}},
                                         DueCase{"jitter", 3607, 9, seconds{2877}, seconds{2878}},
                                         DueCase{"shortest", 600, 0, seconds{480}, seconds{481}},
                                         DueCase{"week", 604800, 0, seconds{86400},
                                                 seconds{86401}}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(TokenManagerTest, due_instant_is_when_every_check_says_due) {
  const auto start = clock_.now();
  const auto grant = tokens_.get(request_);
  ASSERT_TRUE(grant);
  ASSERT_TRUE(grant->due_at);
  EXPECT_EQ(*grant->due_at, start + seconds{2886} + std::chrono::nanoseconds{1});
  clock_.advance(*grant->due_at - start);
  EXPECT_EQ(token(), "token-2");
}

TEST_F(TokenManagerTest, response_lifetime_drives_the_refresh_under_the_request_key) {
  source_.answered_lifetime = 600;
  EXPECT_EQ(token(), "token-1");
  clock_.advance(seconds{480});
  EXPECT_EQ(token(), "token-1");
  clock_.advance(seconds{1});
  EXPECT_EQ(token(), "token-2");
}

TEST_F(TokenManagerTest, clock_set_back_before_issue_refreshes) {
  EXPECT_EQ(token(), "token-1");
  clock_.advance(seconds{-1});
  EXPECT_EQ(token(), "token-2");
}

TEST_F(TokenManagerTest, missing_lifetime_is_never_due) {
  source_.no_lifetime = true;
  const auto grant = tokens_.get(request_);
  ASSERT_TRUE(grant);
  EXPECT_FALSE(grant->due_at);
  clock_.advance(hours{10000});
  EXPECT_EQ(token(), "token-1");
}

TEST_F(TokenManagerTest, failed_refresh_keeps_a_valid_token_and_tries_again) {
  EXPECT_EQ(token(), "token-1");
  clock_.advance(seconds{3000});
  source_.error = Error{.kind = ErrorKind::unavailable, .message = "down"};
  EXPECT_EQ(token(), "token-1");
  EXPECT_EQ(token(), "token-1");
  EXPECT_EQ(source_.requests.size(), 3U);
  source_.error.reset();
  EXPECT_EQ(token(), "token-4");
}

TEST_F(TokenManagerTest, failed_refresh_of_an_expired_token_is_an_error) {
  EXPECT_EQ(token(), "token-1");
  source_.error = Error{.kind = ErrorKind::unavailable, .message = "down"};
  clock_.advance(seconds{3607});
  EXPECT_EQ(token(), "token-1");
  clock_.advance(seconds{1});
  EXPECT_EQ(token(), cat("token ", request_.key(), " expired and refresh failed: down"));
}

TEST_F(TokenManagerTest, failed_first_fetch_is_an_error) {
  source_.error = Error{.kind = ErrorKind::forbidden, .message = "no relationship"};
  const auto grant = tokens_.get(request_);
  ASSERT_FALSE(grant);
  EXPECT_EQ(grant.error().message, "failed to fetch token: no relationship");
  EXPECT_EQ(grant.error().kind, ErrorKind::forbidden);
}

TEST_F(TokenManagerTest, not_found_without_the_endpoint_says_so_after_one_discovery) {
  source_.error = Error{.kind = ErrorKind::not_found, .message = "not found"};
  source_.serves = false;
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(token(), HasSubstr("the API server does not have TokenRequest endpoints enabled"));
  }
  EXPECT_EQ(source_.discoveries, 1);
}

TEST_F(TokenManagerTest, not_found_with_the_endpoint_stays_as_it_is) {
  source_.error = Error{.kind = ErrorKind::not_found, .message = "serviceaccounts not found"};
  EXPECT_EQ(token(), "failed to fetch token: serviceaccounts not found");
}

TEST_F(TokenManagerTest, pod_teardown_drops_its_entries_only) {
  ASSERT_TRUE(tokens_.get(request_));
  auto other = request_;
  other.pod_uid = "u2";
  ASSERT_TRUE(tokens_.get(other));
  tokens_.drop_pod("u1");
  EXPECT_EQ(tokens_.size(), 1U);
  ASSERT_TRUE(tokens_.get(other));
  EXPECT_EQ(source_.requests.size(), 2U);
}

TEST_F(TokenManagerTest, expired_entries_are_dropped) {
  ASSERT_TRUE(tokens_.get(request_));
  clock_.advance(seconds{3607});
  tokens_.drop_expired();
  EXPECT_EQ(tokens_.size(), 1U);
  clock_.advance(seconds{1});
  tokens_.drop_expired();
  EXPECT_EQ(tokens_.size(), 0U);
}

TEST_F(TokenManagerTest, key_reads_as_kubelets_print_it) {
  request_.audiences = {"a\"1"};
  EXPECT_EQ(request_.key(),
            R"("web"/"demo"/[]string{"a\"1"}/3607/v1.BoundObjectReference{Kind:"Pod", )"
            R"(APIVersion:"v1", Name:"p", UID:"u1"})");
  request_.audiences.clear();
  EXPECT_THAT(request_.key(), StartsWith(R"("web"/"demo"/[]string(nil)/3607/)"));
}

}  // namespace
}  // namespace signet::node
