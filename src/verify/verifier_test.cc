#include "verify/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "codec/base64.h"
#include "jose/vectors_for_test.h"
#include "token/claims_for_tests.h"

namespace signet::verify {
namespace {

using namespace std::chrono_literals;
using crypto::NewKey;
using crypto::PrivateKey;
using testing::ElementsAre;

constexpr Instant now{1700000000s};
constexpr UnixTime second = whole_seconds(now);
constexpr std::string_view issuer = "https://issuer.example.test";

class NoKeys final : public KeySource {
 public:
  std::shared_ptr<const KeySnapshot> current() const override { return nullptr; }
};

class Verifier : public testing::Test {
 protected:
  static const PrivateKey& key() {
    static const PrivateKey shared = PrivateKey::generate(NewKey::p256).value();
    return shared;
  }
  static jose::VerificationKey own() { return jose::verification_key(key().public_key()); }

  static token::BoundClaims good_claims() { return token::good_claims(issuer, second); }
  static std::string sign_payload(std::string_view payload) {
    const auto header = jose::encode_header(own().algorithm, own().kid);
    return jose::sign_compact(key(), header, payload).value();
  }
  static std::string sign(const token::BoundClaims& claims) {
    return sign_payload(token::compose(claims));
  }
  static std::string with_header(std::string_view members) {
    const auto header = R"({"alg":"ES256","kid":")" + own().kid + '"' + std::string(members) + "}";
    return jose::sign_compact(key(), codec::base64url_encode(header), token::compose(good_claims()))
        .value();
  }
  TokenVerifier verifier() const {
    return TokenVerifier::create(options_, std::make_shared<FixedKeys>(std::vector{own()})).value();
  }
  std::optional<Reason> refusal(std::string_view compact, Instant instant = now) const {
    const auto token = verifier().verify(compact, instant);
    if (token) return std::nullopt;
    return token.error().reason;
  }

  TokenVerifier::Options options_{.issuer = std::string(issuer), .audiences = {"vault"}};
};

TEST_F(Verifier, believes_a_good_token) {
  const auto token = verifier().verify(sign(good_claims()), now);
  ASSERT_TRUE(token) << token.error().detail;
  EXPECT_EQ(token->claims(), good_claims());
  EXPECT_THAT(token->matched_audiences(), ElementsAre("vault"));
  EXPECT_EQ(token->expires_at(), second + 3600s);
}

TEST_F(Verifier, believes_the_golden_token) {
  const auto key =
      jose::verification_key(crypto::parse_public_keys(jose::vectors::rsa_pem).value().front());
  const TokenVerifier::Options options{.issuer = "https://tokens.example.test",
                                       .audiences = {"https://tokens.example.test"},
                                       .lifetime_max = std::chrono::hours(24 * 365)};
  const auto verifier =
      TokenVerifier::create(options, std::make_shared<FixedKeys>(std::vector{key})).value();
  const auto token = verifier.verify(jose::vectors::bound_token, now);
  ASSERT_TRUE(token) << token.error().detail;
  EXPECT_EQ(token->claims().pod->name, "web-0");
}

TEST_F(Verifier, reports_every_wrong_option) {
  const auto created = TokenVerifier::create({.issuer = "",
                                              .audiences = {},
                                              .algorithms = {},
                                              .clock_skew = 301s,
                                              .lifetime_max = 0s,
                                              .types = {}},
                                             nullptr);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().size(), 7U);
  EXPECT_FALSE(
      TokenVerifier::create({.issuer = "i", .audiences = {""}}, std::make_shared<NoKeys>()));
  EXPECT_FALSE(TokenVerifier::create({.issuer = "i", .audiences = {"a"}, .clock_skew = -1s},
                                     std::make_shared<NoKeys>()));
  EXPECT_TRUE(TokenVerifier::create({.issuer = "i", .audiences = {"a"}, .clock_skew = 300s},
                                    std::make_shared<NoKeys>()));
}

TEST_F(Verifier, refuses_a_token_with_any_byte_changed) {
  const auto token = sign(good_claims());
  const auto checker = verifier();
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ 1U);
    ASSERT_FALSE(checker.verify(changed, now)) << "byte " << i;
  }
}

TEST_F(Verifier, refuses_what_is_too_large_or_malformed) {
  EXPECT_EQ(refusal(std::string(16385, 'a')), Reason::too_large);
  EXPECT_EQ(refusal(std::string(16384, 'a')), Reason::malformed);
  EXPECT_EQ(refusal(""), Reason::malformed);
  EXPECT_EQ(refusal(sign(good_claims()) + "\n"), Reason::malformed);
}

TEST_F(Verifier, accepts_only_the_algorithms_it_was_told) {
  const auto token = sign(good_claims());
  options_.algorithms = {jose::Algorithm::rs256, jose::Algorithm::es384};
  EXPECT_EQ(refusal(token), Reason::algorithm_not_accepted);
  for (const char* name : {"none", "HS256", "PS256"}) {
    const auto header = std::string(R"({"alg":")") + name + "\"}";
    EXPECT_EQ(refusal(codec::base64url_encode(header) + ".e30.AAAA"),
              Reason::algorithm_not_accepted);
  }
}

TEST_F(Verifier, looks_at_the_header) {
  EXPECT_EQ(refusal(with_header("")), std::nullopt);
  for (const char* type : {"JWT", "jwt", "application/jwt", "APPLICATION/JWT"}) {
    EXPECT_EQ(refusal(with_header(std::string(R"(,"typ":")") + type + '"')), std::nullopt) << type;
  }
  for (const char* type : {"at+jwt", "wit+jwt", "secevent+jwt", "", "application/", "JWT "}) {
    EXPECT_EQ(refusal(with_header(std::string(R"(,"typ":")") + type + '"')),
              Reason::header_not_accepted)
        << type;
  }
  EXPECT_EQ(refusal(with_header(R"(,"crit":["exp"])")), Reason::header_not_accepted);
  EXPECT_EQ(refusal(with_header(R"(,"b64":false)")), Reason::header_not_accepted);
  EXPECT_EQ(refusal(with_header(R"(,"jku":"https://a")")), Reason::header_not_accepted);
  options_.tolerate_embedded_keys = true;
  EXPECT_EQ(refusal(with_header(R"(,"jku":"https://a")")), std::nullopt);
  options_.types = {"JWT"};
  EXPECT_EQ(refusal(with_header("")), Reason::header_not_accepted);
}

TEST_F(Verifier, tells_missing_keys_from_unknown_ones_and_bad_signatures) {
  const auto token = sign(good_claims());
  const auto none = TokenVerifier::create(options_, std::make_shared<NoKeys>()).value();
  EXPECT_EQ(none.verify(token, now).error().reason, Reason::keys_unavailable);

  auto other = jose::verification_key(PrivateKey::generate(NewKey::p256).value().public_key());
  const auto with = [&](const jose::VerificationKey& key) {
    const auto checker =
        TokenVerifier::create(options_, std::make_shared<FixedKeys>(std::vector{key})).value();
    return checker.verify(token, now).error().reason;
  };
  EXPECT_EQ(with(other), Reason::unknown_key);
  other.kid = own().kid;
  EXPECT_EQ(with(other), Reason::bad_signature);
}

TEST_F(Verifier, needs_the_registered_claims) {
  for (const auto member : {&token::BoundClaims::issuer, &token::BoundClaims::subject}) {
    auto claims = good_claims();
    claims.*member = "";
    EXPECT_EQ(refusal(sign(claims)), Reason::bad_claims);
  }
  auto endless = good_claims();
  endless.expires_at = std::nullopt;
  EXPECT_EQ(refusal(sign(endless)), Reason::bad_claims);
  EXPECT_EQ(refusal(sign_payload("no json, but long enough")), Reason::bad_claims);
  auto payload = token::compose(good_claims());
  payload.insert(1, R"("SUB":"system:serviceaccount:demo:admin",)");
  EXPECT_EQ(refusal(sign_payload(payload)), Reason::bad_claims);
}

TEST_F(Verifier, refuses_legacy_tokens) {
  EXPECT_EQ(refusal(sign_payload(jose::vectors::legacy_payload)), Reason::bad_claims);
}

TEST_F(Verifier, compares_the_issuer_byte_for_byte) {
  for (const char* other : {"https://issuer.example.test/", "https://ISSUER.example.test",
                            "https://issuer.example.test:443", "http://issuer.example.test"}) {
    auto claims = good_claims();
    claims.issuer = other;
    EXPECT_EQ(refusal(sign(claims)), Reason::wrong_issuer) << other;
  }
}

TEST_F(Verifier, compares_audiences_byte_for_byte) {
  for (const char* other : {"vaul", "vaultx", "Vault", "https://vault", "vault/"}) {
    auto claims = good_claims();
    claims.audiences = {other};
    EXPECT_EQ(refusal(sign(claims)), Reason::wrong_audience) << other;
  }
  auto claims = good_claims();
  claims.audiences = {};
  EXPECT_EQ(refusal(sign(claims)), Reason::wrong_audience);
  options_.audiences = {"other", "vault", "more"};
  claims.audiences = {"more", "vault"};
  EXPECT_THAT(verifier().verify(sign(claims), now)->matched_audiences(),
              ElementsAre("vault", "more"));
}

TEST_F(Verifier, limits_the_number_of_audiences) {
  auto claims = good_claims();
  claims.audiences.assign(16, "vault");
  EXPECT_EQ(refusal(sign(claims)), std::nullopt);
  claims.audiences.assign(17, "vault");
  EXPECT_EQ(refusal(sign(claims)), Reason::bad_claims);
}

struct TimeCase {
  const char* name;
  std::chrono::seconds nbf, exp, iat;  // relative to now
  std::optional<Reason> expected;
};
class TokenTimeWindow : public Verifier, public testing::WithParamInterface<TimeCase> {};

TEST_P(TokenTimeWindow, has_the_skew_on_both_sides) {
  auto claims = good_claims();
  claims.not_before = second + GetParam().nbf;
  claims.expires_at = second + GetParam().exp;
  claims.issued_at = second + GetParam().iat;
  EXPECT_EQ(refusal(sign(claims)), GetParam().expected);
}

constexpr TimeCase time_cases[] = {
    {"last_early_nbf", 30s, 3600s, 0s, std::nullopt},
    {"too_early_nbf", 31s, 3600s, 0s, Reason::not_yet_valid},
    {"last_late_exp", -100s, -29s, -100s, std::nullopt},
    {"too_late_exp", -100s, -30s, -100s, Reason::expired},
    {"last_early_iat", 0s, 3600s, 30s, std::nullopt},
    {"too_early_iat", 0s, 3600s, 31s, Reason::issued_in_future},
    {"longest_life", 0s, 48h, 0s, std::nullopt},
    {"too_long_life", 0s, 48h + 1s, 0s, Reason::lives_too_long},
    {"year", 0s, 24h * 365, 0s, Reason::lives_too_long},
};
INSTANTIATE_TEST_SUITE_P(, TokenTimeWindow, testing::ValuesIn(time_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Verifier, counts_parts_of_a_second) {
  auto claims = good_claims();
  claims.expires_at = second - 29s;
  EXPECT_EQ(refusal(sign(claims), now + 999ms), std::nullopt);
  EXPECT_EQ(refusal(sign(claims), now + 1s), Reason::expired);
}

TEST_F(Verifier, takes_the_lifetime_from_now_when_iat_is_missing) {
  auto claims = good_claims();
  claims.issued_at = std::nullopt;
  EXPECT_EQ(refusal(sign(claims)), std::nullopt);
  claims.expires_at = second + 48h + 1s;
  EXPECT_EQ(refusal(sign(claims)), Reason::lives_too_long);
}

TEST_F(Verifier, subject_must_be_the_account_in_the_claims) {
  for (const char* subject :
       {"system:serviceaccount:other:web", "system:serviceaccount:demo:admin", "demo:web",
        "system:serviceaccount:demo:web:x", "system:serviceaccount:demo"}) {
    auto claims = good_claims();
    claims.subject = subject;
    EXPECT_EQ(refusal(sign(claims)), Reason::claims_mismatch) << subject;
  }
  auto foreign = good_claims();
  foreign.subject = "repo:acme/app";
  options_.subjects = Subjects::any;
  EXPECT_EQ(refusal(sign(foreign)), std::nullopt);
}

TEST_F(Verifier, can_tell_junk_without_keys) {
  const auto checker = TokenVerifier::create(options_, std::make_shared<NoKeys>()).value();
  const auto token = sign(good_claims());
  EXPECT_TRUE(checker.check_unverified(token, now));
  EXPECT_EQ(checker.check_unverified(token, now + 2h).error().reason, Reason::expired);
  auto claims = good_claims();
  claims.audiences = {"other"};
  EXPECT_EQ(checker.check_unverified(sign(claims), now).error().reason, Reason::wrong_audience);
}

TEST_F(Verifier, looks_at_the_signature_after_the_rest_where_the_key_must_be_found_first) {
  const auto checker = TokenVerifier::create(options_, std::make_shared<NoKeys>()).value();
  const auto prove = [&](std::string_view token, std::vector<jose::VerificationKey> keys) {
    const auto jws = jose::parse_jws(token).value();
    auto unproven = checker.check_unverified(jws, now);
    EXPECT_TRUE(unproven);
    EXPECT_EQ(unproven->issued_at(), second);
    return TokenVerifier::prove(*std::move(unproven), keys);
  };
  const auto token = sign(good_claims());
  const auto proven = prove(token, {own()});
  ASSERT_TRUE(proven);
  EXPECT_EQ(proven->claims(), good_claims());
  EXPECT_THAT(proven->matched_audiences(), ElementsAre("vault"));
  EXPECT_EQ(prove(token, {}).error().reason, Reason::unknown_key);
  auto other = jose::verification_key(PrivateKey::generate(NewKey::p256)->public_key());
  EXPECT_EQ(prove(token, {other}).error().reason, Reason::unknown_key);
  other.kid = own().kid;
  EXPECT_EQ(prove(token, {other}).error().reason, Reason::bad_signature);

  const auto critical = jose::parse_jws(with_header(R"(,"crit":["b64"],"b64":true)")).value();
  EXPECT_EQ(checker.check_unverified(critical, now).error().reason, Reason::header_not_accepted);
  const auto good = jose::parse_jws(token).value();
  EXPECT_EQ(checker.check_unverified(good, now + 2h).error().reason, Reason::expired);
}

TEST(Reasons, have_the_names_of_their_enumerators) {
  EXPECT_EQ(to_string(Reason::too_large), "too_large");
  EXPECT_EQ(to_string(Reason::keys_unavailable), "keys_unavailable");
  EXPECT_EQ(to_string(Reason::claims_mismatch), "claims_mismatch");
}

}  // namespace
}  // namespace signet::verify
