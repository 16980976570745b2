#include "gate/assertion.h"

#include <gmock/gmock.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "gate/gate_fixture_for_tests.h"
#include "jose/jwk.h"
#include "jose/jws.h"

namespace signet::gate {
namespace {

using std::chrono::seconds;

class AssertionsTest : public ::testing::Test {
 protected:
  std::string make(Instant now) { return assertions_->make(*testing::cart(), "payments", now); }

  static constexpr Instant start{seconds{1'900'000'000}};
  SeededRandom random_{3};
  std::unique_ptr<Assertions> assertions_ = *Assertions::create("https://gate.example", random_);
};

TEST_F(AssertionsTest, say_who_calls_under_a_published_key) {
  const auto text = make(start);
  const auto jws = jose::parse_jws(text);
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->type, "k8s-assert+jwt");
  const auto keys = jose::parse_jwks(assertions_->jwks());
  ASSERT_TRUE(keys);
  EXPECT_EQ(jose::check_signature(*jws, keys->keys, jose::WithoutKid::only_key),
            jose::SignatureCheck::good);
  const auto claims = *codec::parse_json_strict(jws->payload, {});
  EXPECT_EQ(codec::string_at(claims, "iss"), "https://gate.example");
  EXPECT_EQ(codec::string_at(claims, "sub"), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_EQ(codec::string_at(claims, "aud"), "payments");
  EXPECT_EQ(codec::int_at(claims, "iat"), 1'900'000'000);
  EXPECT_EQ(codec::int_at(claims, "exp"), 1'900'000'060);
  EXPECT_EQ(codec::string_at(claims, "k8s.pod.name"), "cart-0");
  EXPECT_THAT(assertions_->jwks(), ::testing::Not(::testing::HasSubstr("\"d\"")));
}

TEST_F(AssertionsTest, are_used_for_half_of_their_life) {
  const auto first = make(start);
  EXPECT_EQ(make(start + seconds{29}), first);
  EXPECT_NE(make(start + seconds{30}), first);
}

TEST_F(AssertionsTest, a_clock_that_was_set_back_makes_a_new_one) {
  const auto first = make(start);
  EXPECT_NE(make(start - seconds{1}), first);
}

TEST_F(AssertionsTest, another_pod_or_route_gets_its_own) {
  const auto first = make(start);
  auto other = *testing::cart();
  other.pod->name = "cart-1";
  EXPECT_NE(assertions_->make(other, "payments", start), first);
  EXPECT_NE(assertions_->make(*testing::cart(), "orders", start), first);
}

TEST_F(AssertionsTest, callers_beyond_the_limit_are_signed_for_too) {
  auto caller = *testing::cart();
  for (std::size_t i = 0; i < Assertions::remembered_max; ++i) {
    caller.subject = "k8s/c/ns/n/sa/a" + std::to_string(i);
    ASSERT_FALSE(assertions_->make(caller, "payments", start).empty());
  }
  const auto one = make(start);
  EXPECT_TRUE(jose::parse_jws(one));
  EXPECT_NE(make(start), one) << "not remembered";
}

}  // namespace
}  // namespace signet::gate
