#include "party/token_check.h"

#include <gmock/gmock.h>

#include "party/attacks_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

class TokenCheckTest : public AttackTest {
 protected:
  std::string payload_with(std::string_view member) const {
    return cat('{', member, ',', payload().substr(1));
  }
  std::string word_of(std::string_view changed_payload) {
    return check_word(signed_with(header_of(p256()), changed_payload));
  }
};

// K-1 13: what is deep, wide or long ends where the limit is.
TEST_F(TokenCheckTest, a_payload_is_no_deeper_wider_or_longer_than_its_limits) {
  policy(main_issuer() + plain_route());
  const auto deep = [&](std::size_t depth) {
    return word_of(payload_with(cat("\"x\":", std::string(depth, '['), std::string(depth, ']'))));
  };
  EXPECT_EQ(deep(15), "allowed");
  EXPECT_EQ(deep(16), "malformed");
  const auto wide = [&](std::size_t members) {
    std::string more = "\"y\":{\"x0\":0";
    for (std::size_t i = 1; i < members; ++i) append(more, ",\"x", i, "\":0");
    return word_of(payload_with(more + '}'));
  };
  EXPECT_EQ(wide(128), "allowed");
  EXPECT_EQ(wide(129), "malformed");
  const auto empty = payload_with(R"("x":"")").size();
  const auto long_one = [&](std::size_t size) {
    return word_of(payload_with(cat(R"("x":")", std::string(size - empty, 'x'), '"')));
  };
  EXPECT_EQ(long_one(jose::payload_bytes_max - 1024), "allowed");
  EXPECT_EQ(long_one(jose::payload_bytes_max + 1), "malformed");
  EXPECT_EQ(long_one(std::size_t{1024} * 1024), "malformed");
}

// K-1 45.
TEST_F(TokenCheckTest, an_issuer_is_one_string) {
  policy(main_issuer() + plain_route());
  const auto own = cat("\"iss\":\"", issuer_url, '"');
  ASSERT_EQ(word_of(payload()), "allowed");
  EXPECT_EQ(word_of(replaced(payload(), own + ',', "")), "malformed");
  for (const auto& iss : {cat("[\"", issuer_url, "\"]"), std::string("1"), std::string("null"),
                          std::string("{}"), std::string("true")}) {
    EXPECT_EQ(word_of(replaced(payload(), own, "\"iss\":" + iss)), "malformed") << iss;
  }
  EXPECT_EQ(word_of(replaced(payload(), own, R"("iss":"")")), "unknown_issuer");
}

// K-1 51.
TEST_F(TokenCheckTest, a_token_of_a_year_is_accepted_where_the_policy_says_so_alone) {
  policy(main_issuer() + plain_route());
  const auto year = token_with([&](auto& c) { c.expires_at = *c.issued_at + hours{24 * 365}; });
  EXPECT_EQ(check_word(year), "unsupported");
  policy(main_issuer(", tokens: {lifetimeMax: 8760h}") + plain_route());
  EXPECT_EQ(check_word(year), "allowed");
  EXPECT_EQ(check_word(token_with(
                [&](auto& c) { c.expires_at = *c.issued_at + hours{24 * 365} + seconds{1}; })),
            "unsupported");
}

// K-1 56.
TEST_F(TokenCheckTest, a_token_of_another_type_is_refused) {
  policy(main_issuer() + plain_route());
  const auto typed = [&](std::string_view type) {
    return check_word(signed_with(header_of(p256(), cat(",\"typ\":\"", type, '"')), payload()));
  };
  EXPECT_EQ(check_word(good_token()), "allowed");
  for (const auto* type : {"JWT", "jwt", "application/jwt"}) EXPECT_EQ(typed(type), "allowed");
  for (const auto* type : {"at+jwt", "wit+jwt", "secevent+jwt", "logout+jwt", "dpop+jwt", ""}) {
    EXPECT_EQ(typed(type), "unsupported") << type;
  }
  policy(main_issuer(", tokens: {types: [at+jwt]}") + plain_route());
  EXPECT_EQ(typed("at+jwt"), "allowed");
  EXPECT_EQ(check_word(good_token()), "unsupported");
}

// K-1 59.
TEST_F(TokenCheckTest, claims_that_nobody_knows_are_there_for_conditions) {
  policy(main_issuer() + plain_route(", condition: \"claims.team == 'blue'\""));
  EXPECT_EQ(word_of(payload_with(R"("team":"blue")")), "allowed");
  EXPECT_EQ(word_of(payload_with(R"("team":"red")")), "forbidden");
  EXPECT_EQ(word_of(payload()), "forbidden");
}

// K-1 60.
TEST_F(TokenCheckTest, tells_what_a_token_is_bound_to) {
  policy(main_issuer() + plain_route());
  const auto to_secret = check(token_with([](auto& c) {
    c.pod = c.node = std::nullopt;
    c.secret = token::ObjectRef{.name = "vault", .uid = "secret-uid"};
  }));
  ASSERT_TRUE(to_secret);
  EXPECT_EQ((*to_secret)->secret, (ObjectName{.name = "vault", .uid = "secret-uid"}));
  EXPECT_FALSE((*to_secret)->pod);
  EXPECT_FALSE((*to_secret)->node);
  const auto to_pod = check(good_token());
  ASSERT_TRUE(to_pod);
  EXPECT_FALSE((*to_pod)->secret);
  EXPECT_EQ((*to_pod)->pod, (ObjectName{.name = "cart-1", .uid = "pod-uid"}));
}

}  // namespace
}  // namespace signet::party::fixture
