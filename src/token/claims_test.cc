#include "token/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "jose/vectors_for_test.h"

namespace signet::token {
namespace {

using jose::vectors::bound_payload;
using jose::vectors::legacy_payload;
using testing::ElementsAre;

constexpr UnixTime at(std::int64_t seconds) {
  return UnixTime(std::chrono::seconds(seconds));
}

BoundClaims golden_bound() {
  return {.audiences = {"https://tokens.example.test"},
          .expires_at = at(1731536000),
          .issued_at = at(1700000000),
          .not_before = at(1700000000),
          .issuer = "https://tokens.example.test",
          .id = "0f3c6b1e-54c1-4c1b-9a36-0d1f6b9d7a11",
          .subject = "system:serviceaccount:demo:web",
          .ns = "demo",
          .service_account = {.name = "web", .uid = "33333333-3333-4333-8333-333333333333"},
          .pod = ObjectRef{.name = "web-0", .uid = "22222222-2222-4222-8222-222222222222"},
          .secret = std::nullopt,
          .node = ObjectRef{.name = "node-a", .uid = "11111111-1111-4111-8111-111111111111"},
          .warn_after = at(1700003607)};
}

LegacyClaims golden_legacy() {
  return {.subject = "system:serviceaccount:demo:web",
          .ns = "demo",
          .secret_name = "web-token",
          .service_account_name = "web",
          .service_account_uid = "33333333-3333-4333-8333-333333333333",
          .audiences = {}};
}

ParsedClaims parsed(std::string_view payload) {
  return parse_claims(std::string(payload)).value();
}
bool is_accepted(std::string_view payload, NameRule names = NameRule::exact) {
  return parse_claims(std::string(payload), names).has_value();
}
std::string with(std::string_view member) {
  return R"({"iss":"https://issuer.example.test",)" + std::string(member) + "}";
}

TEST(BoundClaims, are_composed_byte_for_byte) {
  EXPECT_EQ(compose(golden_bound()), bound_payload);
}

TEST(BoundClaims, are_read_back) {
  const auto claims = parsed(bound_payload);
  ASSERT_NE(claims.bound(), nullptr);
  EXPECT_EQ(claims.legacy(), nullptr);
  EXPECT_EQ(*claims.bound(), golden_bound());
  EXPECT_EQ(claims.issuer(), "https://tokens.example.test");
}

TEST(LegacyClaims, are_composed_byte_for_byte) {
  EXPECT_EQ(compose(golden_legacy()), legacy_payload);
}

TEST(LegacyClaims, are_read_back) {
  const auto claims = parsed(legacy_payload);
  ASSERT_NE(claims.legacy(), nullptr);
  EXPECT_EQ(claims.bound(), nullptr);
  EXPECT_EQ(*claims.legacy(), golden_legacy());
  EXPECT_EQ(claims.issuer(), legacy_issuer);
}

TEST(ParsedClaims, survive_being_moved) {
  auto first = parsed(bound_payload);
  const auto second = std::move(first);
  EXPECT_EQ(*second.bound(), golden_bound());
}

TEST(BoundClaims, omit_what_is_absent) {
  const BoundClaims claims{.audiences = {},
                           .expires_at = std::nullopt,
                           .issued_at = std::nullopt,
                           .not_before = std::nullopt,
                           .issuer = "i",
                           .id = "",
                           .subject = "s",
                           .ns = "n",
                           .service_account = {.name = "a", .uid = "u"},
                           .pod = std::nullopt,
                           .secret = ObjectRef{.name = "x", .uid = "y"},
                           .node = ObjectRef{.name = "m", .uid = ""},
                           .warn_after = std::nullopt};
  EXPECT_EQ(
      compose(claims),
      R"({"iss":"i","kubernetes.io":{"namespace":"n","node":{"name":"m"},)"
      R"("secret":{"name":"x","uid":"y"},"serviceaccount":{"name":"a","uid":"u"}},"sub":"s"})");
}

TEST(BoundClaims, escape_as_go_does_and_round_trip) {
  auto claims = golden_bound();
  claims.audiences = {"a&b", "<c>", "\xe2\x80\xa8", "\xc3\xa9\"\\", "", "a&b"};
  const auto payload = compose(claims);
  EXPECT_THAT(payload, testing::StartsWith(R"({"aud":["a\u0026b","\u003cc\u003e","\u2028",)"
                                           "\"\xc3\xa9\\\"\\\\\",\"\",\"a\\u0026b\"],"));
  EXPECT_EQ(*parsed(payload).bound(), claims);
}

TEST(Audience, may_be_one_string_or_a_list) {
  EXPECT_THAT(parsed(with(R"("aud":"api")")).bound()->audiences, ElementsAre("api"));
  EXPECT_THAT(parsed(with(R"("aud":["a","b"])")).bound()->audiences, ElementsAre("a", "b"));
  EXPECT_THAT(parsed(with(R"("aud":[])")).bound()->audiences, ElementsAre());
  EXPECT_THAT(parsed(with(R"("aud":null)")).bound()->audiences, ElementsAre());
  EXPECT_FALSE(is_accepted(with(R"("aud":1)")));
  EXPECT_FALSE(is_accepted(with(R"("aud":{"a":"b"})")));
  EXPECT_FALSE(is_accepted(with(R"("aud":["a",1])")));
  EXPECT_FALSE(is_accepted(with(R"("aud":["a",null])")));
}

TEST(Audience, limit_comes_in_a_pair) {
  const auto many = [](int count) {
    std::string list = "\"aud\":[\"a\"";
    for (int i = 1; i < count; ++i) list += ",\"a\"";
    return is_accepted(with(list + "]"));
  };
  EXPECT_TRUE(many(64));
  EXPECT_FALSE(many(65));
}

TEST(Times, are_cut_to_whole_seconds) {
  EXPECT_EQ(parsed(with(R"("exp":1700000000.999)")).bound()->expires_at, at(1700000000));
  EXPECT_EQ(parsed(with(R"("nbf":1.7e9)")).bound()->not_before, at(1700000000));
  EXPECT_EQ(parsed(with(R"("exp":null)")).bound()->expires_at, std::nullopt);
  for (const char* exp : {"\"1700000000\"", "true", "-1", "1e400", "9007199254740993", "[1]"}) {
    EXPECT_FALSE(is_accepted(with(std::string("\"exp\":") + exp))) << exp;
  }
}

TEST(Claims, of_the_wrong_type_are_refused) {
  for (const char* member :
       {R"("sub":1)", R"("jti":[])", R"("iat":"x")", R"("nbf":{})", R"("kubernetes.io":"x")",
        R"("kubernetes.io":{"namespace":1})", R"("kubernetes.io":{"pod":"x"})",
        R"("kubernetes.io":{"serviceaccount":{"name":1}})", R"("kubernetes.io":{"warnafter":"x"})",
        R"("kubernetes.io/serviceaccount/namespace":1)"}) {
    EXPECT_FALSE(is_accepted(with(member))) << member;
  }
  EXPECT_FALSE(is_accepted(R"({"iss":1,"sub":"somebody"})"));
}

TEST(Claims, that_come_twice_are_refused) {
  for (const char* member :
       {R"("aud":"a","aud":"a")", R"("kubernetes.io":{"namespace":"a","namespace":"b"})",
        R"("kubernetes.io":{"pod":{"uid":"a","uid":"b"}})", R"("x":{"y":1,"y":1})",
        R"("iss":"https://issuer.example.test")", R"("\u0069ss":"x")"}) {
    EXPECT_FALSE(is_accepted(with(member))) << member;
  }
}

TEST(Claims, are_spelled_exactly) {
  const auto claims = parsed(R"({"ISS":"https://issuer.example.test","Exp":"never"})");
  EXPECT_EQ(claims.bound()->issuer, "");
  EXPECT_EQ(claims.bound()->expires_at, std::nullopt);
}

TEST(Claims, that_only_look_registered_can_be_refused) {
  for (const char* member :
       {R"("SUB":"a")", R"("Aud":"a")", "\"\xc5\xbfub\":\"a\"", R"("\u017fub":"a")",
        R"("Kubernetes.IO":{})", "\"\xef\xbd\x81ud\":1"}) {
    EXPECT_FALSE(is_accepted(with(member), NameRule::unambiguous)) << member;
    EXPECT_TRUE(is_accepted(with(member), NameRule::exact)) << member;
  }
  EXPECT_TRUE(is_accepted(with(R"("email":"a","subject":"b")"), NameRule::unambiguous));
}

TEST(Claims, that_nobody_knows_are_skipped_but_checked) {
  EXPECT_TRUE(is_accepted(with(R"("x":[1,{"y":null}],"kubernetes.io":{"later":[true]})")));
  EXPECT_FALSE(is_accepted(with(R"("x":[1,{"y":nul}])")));
}

TEST(Claims, must_be_one_object) {
  for (const char* payload :
       {"", "{}", "[]", "null", "[1,2,3,4,5,6,7,8,9,10]", R"("a string of some length")",
        R"({"iss":"a","sub":"b"} x)", R"({"iss":"a","sub":"b"}{})", R"({"iss":"a","sub":"b")"}) {
    EXPECT_FALSE(is_accepted(payload)) << payload;
  }
}

TEST(Claims, limits_come_in_pairs) {
  const auto sized = [](std::size_t bytes) {
    const std::string start = R"({"iss":"a","x":")";
    return is_accepted(start + std::string(bytes - start.size() - 2, 'x') + "\"}");
  };
  EXPECT_TRUE(sized(12288));
  EXPECT_FALSE(sized(12289));
  EXPECT_TRUE(is_accepted(R"({"iss":"abcdef"})"));
  EXPECT_FALSE(is_accepted(R"({"iss":"abcde"})"));
  const auto deep = [](std::size_t depth) {
    return is_accepted(with("\"x\":" + std::string(depth, '[') + std::string(depth, ']')));
  };
  EXPECT_TRUE(deep(15));
  EXPECT_FALSE(deep(16));
}

}  // namespace
}  // namespace signet::token
