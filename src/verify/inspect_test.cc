#include "verify/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "codec/base64.h"
#include "jose/vectors_for_test.h"

namespace signet::verify {
namespace {

using namespace std::chrono_literals;
using codec::base64url_encode;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr Instant now{1700000000s};

Inspection inspected(std::string_view compact) {
  return inspect(compact, now).value();
}
std::string token_of(std::string_view header, std::string_view payload) {
  return base64url_encode(header) + "." + base64url_encode(payload) + ".AAAA";
}
std::string meaning_of(const Inspection& seen, std::string_view name) {
  const auto found = std::ranges::find(seen.claim_remarks, name, &Remark::name);
  return found == seen.claim_remarks.end() ? "missing" : found->meaning;
}

TEST(RelativeTime, speaks_plainly) {
  const auto at = [](std::chrono::seconds offset) {
    return relative_time(whole_seconds(now) + offset, now);
  };
  EXPECT_EQ(at(0s), "now");
  EXPECT_EQ(at(1s), "in 1 second");
  EXPECT_EQ(at(-1s), "1 second ago");
  EXPECT_EQ(at(119s), "in 119 seconds");
  EXPECT_EQ(at(120s), "in 2 minutes");
  EXPECT_EQ(at(52min), "in 52 minutes");
  EXPECT_EQ(at(-3h), "3 hours ago");
  EXPECT_EQ(at(47h), "in 47 hours");
  EXPECT_EQ(at(48h), "in 2 days");
  EXPECT_EQ(at(24h * 365), "in 365 days");
  EXPECT_EQ(at(-24h * 365 * 3), "3 years ago");
}

TEST(InspectBound, explains_every_claim) {
  const auto seen = inspected(jose::vectors::bound_token);
  EXPECT_EQ(seen.kind, TokenKind::bound);
  EXPECT_THAT(seen.header_remarks, SizeIs(2));
  for (const auto& remark : seen.claim_remarks) EXPECT_NE(remark.meaning, "") << remark.name;
  EXPECT_EQ(meaning_of(seen, "exp"), "Expires in 365 days (2024-11-13T22:13:20Z).");
  EXPECT_EQ(meaning_of(seen, "iat"), "Issued now (2023-11-14T22:13:20Z).");
  EXPECT_EQ(meaning_of(seen, "sub"),
            "Whom the token stands for: service account web in namespace demo.");
  EXPECT_THAT(meaning_of(seen, "kubernetes.io.pod.name"), HasSubstr("Bound to this pod"));
  EXPECT_THAT(meaning_of(seen, "kubernetes.io.warnafter"), HasSubstr("in 60 minutes"));
  EXPECT_THAT(seen.weaknesses, IsEmpty());
}

TEST(InspectBound, says_when_it_expired) {
  const auto seen = inspect(jose::vectors::bound_token, Instant{1731536000s + 3h}).value();
  EXPECT_EQ(meaning_of(seen, "exp"), "Expired 3 hours ago (2024-11-13T22:13:20Z).");
}

TEST(InspectLegacy, lists_the_four_weaknesses) {
  const auto seen = inspected(jose::vectors::legacy_token);
  EXPECT_EQ(seen.kind, TokenKind::legacy);
  ASSERT_THAT(seen.weaknesses, SizeIs(4));
  EXPECT_THAT(seen.weaknesses[0], HasSubstr("never expires"));
  EXPECT_THAT(seen.weaknesses[1], HasSubstr("no audience"));
  EXPECT_THAT(seen.weaknesses[2], HasSubstr("no pod"));
  EXPECT_THAT(seen.weaknesses[3], HasSubstr("kept in a secret"));
  EXPECT_EQ(meaning_of(seen, "kubernetes.io/serviceaccount/secret.name"),
            "The secret that keeps this token.");
}

TEST(InspectOther, works_on_tokens_nobody_should_believe) {
  const auto seen =
      inspected(token_of(R"({"alg":"none"})", R"({"sub":"x","sub":"y","exp":"soon"})"));
  EXPECT_EQ(seen.kind, TokenKind::other);
  EXPECT_THAT(seen.header_remarks[0].meaning, HasSubstr("Not signed at all"));
  EXPECT_THAT(meaning_of(seen, "exp"), HasSubstr("Not a time"));
  EXPECT_THAT(seen.weaknesses, testing::Contains(HasSubstr("twice")));
  EXPECT_THAT(seen.weaknesses, testing::Contains(HasSubstr("no audience")));
}

TEST(InspectOther, survives_absurd_times) {
  for (const char* exp : {"1e300", "-1", "9007199254740993", "18446744073709551615", "1e400"}) {
    const auto seen =
        inspect(token_of(R"({"alg":"RS256"})", R"({"exp":)" + std::string(exp) + "}"), now);
    if (seen) EXPECT_THAT(meaning_of(*seen, "exp"), HasSubstr("Not a time")) << exp;
  }
}

TEST(Inspect, refuses_what_is_no_token) {
  for (const char* text : {"", "a.b", "a.b.c", "e30.e30.x.y", "e30.W10.x", "W10.e30.x"}) {
    EXPECT_FALSE(inspect(text, now)) << text;
  }
  EXPECT_FALSE(inspect(std::string(16385, 'a'), now));
}

TEST(InspectText, warns_first_and_cannot_drive_a_terminal) {
  const auto text =
      to_text(inspected(token_of(R"({"alg":"RS256","\u001b[2J":"x"})",
                                 "{\"iss\":\"\\u001b]0;owned\\u0007\",\"aud\":[\"\xc2\x9b"
                                 "31m\"],\"\xe2\x80\xae\":1}")));
  EXPECT_LT(text.find("Not verified"), text.find("Header"));
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }))
      << text;
}

TEST(InspectText, shows_values_beside_their_meaning) {
  const auto text = to_text(inspected(jose::vectors::legacy_token));
  EXPECT_THAT(text, HasSubstr("A legacy service-account token, kept in a secret."));
  EXPECT_THAT(text, HasSubstr("\"web-token\""));
  EXPECT_THAT(text, HasSubstr("Weaknesses\n  - It never expires"));
  EXPECT_THAT(text, Not(HasSubstr("D3Rx70")));  // the signature is of use to nobody
}

TEST(InspectJson, carries_claims_and_the_warning) {
  const auto json = to_json(inspected(jose::vectors::bound_token));
  EXPECT_EQ(codec::bool_at(json, "verified"), false);
  EXPECT_EQ(codec::string_at(json, "kind"), "bound");
  EXPECT_EQ(codec::string_at(json, "warning"), unverified_warning());
  EXPECT_EQ(codec::string_at(json, "claims.sub"), "system:serviceaccount:demo:web");
  EXPECT_EQ(codec::array_at(json, "claimRemarks").size(), 15U);
}

}  // namespace
}  // namespace signet::verify
