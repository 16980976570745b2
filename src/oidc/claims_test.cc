#include "oidc/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oidc/oidc_fixture_for_tests.h"

namespace signet::oidc {
namespace {

using fixture::entry;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Result<token::UserInfo> user(std::string_view jwt_entry, std::string_view claims) {
  return user_of(*fixture::compiled(jwt_entry), fixture::object(claims));
}
// The user's name, or why there is none.
std::string name(std::string_view jwt_entry, std::string_view claims) {
  const auto found = user(jwt_entry, claims);
  return found ? found->username : found.error().message;
}

TEST(Username, is_a_claim_with_its_prefix) {
  const auto by_claim = entry(R"("username":{"claim":"sub","prefix":"oidc:"})");
  EXPECT_EQ(name(by_claim, R"({"sub":"jane"})"), "oidc:jane");
  EXPECT_EQ(name(by_claim, "{}"), R"(oidc: parse username claims "sub": claim not present)");
  EXPECT_EQ(name(by_claim, R"({"sub":1})"),
            R"(oidc: parse username claims "sub": json: cannot unmarshal number into Go value of )"
            "type string");
  EXPECT_EQ(name(by_claim, R"({"sub":["a"]})"),
            R"(oidc: parse username claims "sub": json: cannot unmarshal array into Go value of )"
            "type string");
  EXPECT_EQ(name(by_claim, R"({"sub":""})"), "oidc: username is empty");
}

TEST(Username, that_is_an_address_was_verified_if_the_issuer_says_anything_of_it) {
  const auto by_email = entry(R"("username":{"claim":"email","prefix":""})");
  EXPECT_EQ(name(by_email, R"({"email":"a@b"})"), "a@b");
  EXPECT_EQ(name(by_email, R"({"email":"a@b","email_verified":true})"), "a@b");
  EXPECT_EQ(name(by_email, R"({"email":"a@b","email_verified":false})"),
            "oidc: email not verified");
  EXPECT_EQ(name(by_email, R"({"email":"a@b","email_verified":"true"})"),
            "oidc: parse 'email_verified' claim: json: cannot unmarshal string into Go value of "
            "type bool");
}

TEST(Username, is_what_an_expression_makes_of_the_claims) {
  const auto made = entry(R"("username":{"expression":"claims.iss_name + ':' + claims.sub"})");
  EXPECT_EQ(name(made, R"({"sub":"jane","iss_name":"x"})"), "x:jane");
  EXPECT_EQ(name(made, R"({"sub":"jane"})"),
            "oidc: error evaluating username claim expression: expression 'claims.iss_name + ':' + "
            "claims.sub' resulted in error: no such key: iss_name");
  EXPECT_EQ(name(entry(R"("username":{"expression":"claims.sub"})"), R"({"sub":7})"),
            "oidc: error evaluating username claim expression: username claim expression must "
            "return a string");
}

TEST(Groups, are_a_text_or_a_list_of_them) {
  const auto by_claim =
      entry(cat(fixture::plain_username, R"(,"groups":{"claim":"groups","prefix":"oidc:"})"));
  const auto groups = [&](std::string_view claims) { return user(by_claim, claims)->groups; };
  EXPECT_THAT(groups(R"({"sub":"a","groups":["x","y"]})"), ElementsAre("oidc:x", "oidc:y"));
  EXPECT_THAT(groups(R"({"sub":"a","groups":"x"})"), ElementsAre("oidc:x"));
  EXPECT_THAT(groups(R"({"sub":"a"})"), IsEmpty());
  EXPECT_EQ(name(by_claim, R"({"sub":"a","groups":["x",1]})"),
            R"(oidc: parse groups claim "groups": json: cannot unmarshal array into Go value of )"
            "type string");
  EXPECT_EQ(
      name(
          by_claim,
          R"({"sub":"a","_claim_names":{"groups":"s"},"_claim_sources":{"s":{"endpoint":"https://e"}}})"),
      "oidc: could not expand distributed claims: they are not fetched");
}

TEST(Groups, by_an_expression_leave_out_what_is_empty) {
  const auto made = entry(
      cat(fixture::plain_username, R"x(,"groups":{"expression":"claims.?roles.orValue([])"})x"));
  EXPECT_THAT(user(made, R"({"sub":"a","roles":["x","","y"]})")->groups, ElementsAre("x", "y"));
  EXPECT_THAT(user(made, R"({"sub":"a","roles":"x"})")->groups, ElementsAre("x"));
  EXPECT_THAT(user(made, R"({"sub":"a","roles":null})")->groups, IsEmpty());
  EXPECT_THAT(user(made, R"({"sub":"a"})")->groups, IsEmpty());
  EXPECT_EQ(name(made, R"({"sub":"a","roles":{"x":1}})"),
            "oidc: error evaluating group claim expression: expression must return a string or a "
            "list of strings");
}

TEST(Extra, and_uid_come_from_where_the_configuration_says) {
  const auto made = entry(cat(
      fixture::plain_username,
      R"x(,"uid":{"claim":"id"},"extra":[{"key":"a.b/c","valueExpression":"claims.?tenant.orValue('')"}])x"));
  const auto found = user(made, R"({"sub":"a","id":"u1","tenant":"t"})");
  EXPECT_EQ(found->uid, "u1");
  EXPECT_THAT(found->extra, ElementsAre(Pair("a.b/c", ElementsAre("t"))));
  EXPECT_THAT(user(made, R"({"sub":"a","id":"u1"})")->extra, IsEmpty());
  EXPECT_EQ(name(made, R"({"sub":"a"})"), R"(oidc: parse uid claim "id": claim not present)");
}

TEST(ClaimRules, hold_or_the_token_is_refused) {
  const auto rules = entry(
      fixture::plain_username,
      R"(,"claimValidationRules":[{"claim":"hd","requiredValue":"x.example"},{"expression":"claims.exp - claims.nbf <= 86400","message":"too long"}])");
  EXPECT_EQ(name(rules, R"({"sub":"a","hd":"x.example","exp":86400,"nbf":0})"), "a");
  EXPECT_EQ(name(rules, R"({"sub":"a","exp":1,"nbf":0})"),
            "oidc: required claim hd not present in ID token");
  EXPECT_EQ(name(rules, R"({"sub":"a","hd":"y","exp":1,"nbf":0})"),
            "oidc: required claim hd value does not match. Got = y, want = x.example");
  EXPECT_EQ(name(rules, R"({"sub":"a","hd":true,"exp":1,"nbf":0})"),
            "oidc: parse claim hd: json: cannot unmarshal bool into Go value of type string");
  EXPECT_EQ(name(rules, R"({"sub":"a","hd":"x.example","exp":86401,"nbf":0})"),
            "oidc: error evaluating claim validation expression: validation expression 'claims.exp "
            "- claims.nbf <= 86400' failed: too long");
  EXPECT_EQ(name(rules, R"({"sub":"a","hd":"x.example","exp":1})"),
            "oidc: error evaluating claim validation expression: expression 'claims.exp - "
            "claims.nbf <= 86400' resulted in error: no such key: nbf");
}

TEST(UserRules, keep_foreign_users_out_of_our_names) {
  const auto rules = entry(
      R"("username":{"claim":"sub","prefix":""},"groups":{"claim":"groups","prefix":""})",
      R"x(,"userValidationRules":[{"expression":"!user.username.startsWith('system:')","message":"reserved"},{"expression":"user.groups.all(g, !g.startsWith('system:'))"}])x");
  EXPECT_EQ(name(rules, R"({"sub":"a","groups":["b"]})"), "a");
  EXPECT_EQ(name(rules, R"({"sub":"system:admin"})"),
            "oidc: error evaluating user info validation rule: validation expression "
            "'!user.username.startsWith('system:')' failed: reserved");
  EXPECT_EQ(name(rules, R"({"sub":"a","groups":["system:masters"]})"),
            "oidc: error evaluating user info validation rule: validation expression "
            "'user.groups.all(g, !g.startsWith('system:'))' failed: ");
}

}  // namespace
}  // namespace signet::oidc
