// Tokens that claim a signature which is none: by algorithm, by number, by whose key it is.
#include <array>

#include "crypto/digest.h"
#include "party/attacks_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using crypto::NewKey;

// SP 800-186 s3.2.1.3.
std::string order_of_p256() {
  return codec::base64url_decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").value();
}

class AttacksOnSignatures : public AttackTest {
 protected:
  static std::string named_set(std::string_view kid, const std::vector<crypto::PrivateKey>& keys) {
    std::vector<jose::VerificationKey> published;
    for (const auto& each : keys) {
      published.push_back(jose::verification_key(each.public_key()));
      published.back().kid = kid;
    }
    return jose::to_jwks(published);
  }
  static std::string fixed(std::string_view name, std::string_view url, std::string_view set,
                           std::string_view more = {}) {
    return issuer(
        name, cat("url: '", url, "', cluster: ", name, ", keys: {jwks: '", set, '\'', more, '}'));
  }
  std::string token_of(std::string_view url, const crypto::PrivateKey& with,
                       std::string_view kid = {}) const {
    auto changed = claims();
    changed.issuer = url;
    return sign(with, token::compose(changed), kid);
  }
};

TEST_F(AttacksOnSignatures, attack_01_none_is_no_algorithm_in_any_spelling) {
  policy(main_issuer() + plain_route());
  const auto good = good_token();
  ASSERT_EQ(check_word(good), "allowed");
  std::vector<std::string> names{"", "none ", "null"};
  for (unsigned upper = 0; upper < 16; ++upper) {
    std::string name = "none";
    for (unsigned i = 0; i < 4; ++i) {
      if ((upper >> i & 1U) != 0) name[i] = static_cast<char>(name[i] - 'a' + 'A');
    }
    names.push_back(name);
  }
  for (const auto& name : names) {
    const auto header = cat(R"({"alg":")", name, R"(","kid":")", kid_of(p256()), "\"}");
    EXPECT_EQ(check_word(joined(header, payload(), signature_of(good))), "unsupported") << name;
    EXPECT_EQ(check_word(joined(header, payload(), "x")), "unsupported") << name;
    const auto stripped = joined(header, payload(), "");
    EXPECT_EQ(check_word(stripped), "malformed") << name;
    EXPECT_EQ(check_word(stripped.substr(0, stripped.size() - 1)), "malformed") << name;
  }
  EXPECT_EQ(check_word(joined("{}", payload(), signature_of(good))), "malformed");
}

TEST_F(AttacksOnSignatures, attack_02_a_public_key_is_no_secret_for_a_mac) {
  const auto& rsa = key(NewKey::rsa2048);
  policy(main_issuer("", {rsa}) + plain_route());
  ASSERT_EQ(check_word(sign(rsa, payload())), "allowed");
  const auto shown = jose::verification_key(rsa.public_key());
  for (const auto& secret : {rsa.public_key().to_pem(), rsa.public_key().spki_der(),
                             jose::to_jwk(shown), jwks({rsa}), rsa.public_key().rsa_numbers().n}) {
    for (const auto* name : {"HS256", "HS384", "HS512", "RS256"}) {
      const auto header = replaced(header_of(rsa), "RS256", name);
      const auto input =
          cat(codec::base64url_encode(header), '.', codec::base64url_encode(payload()));
      const auto mac = crypto::hmac_sha256(secret, input);
      EXPECT_EQ(check_word(joined(header, payload(), crypto::as_bytes(mac))),
                std::string_view(name) == "RS256" ? "bad_signature" : "unsupported")
          << name;
    }
  }
}

TEST_F(AttacksOnSignatures, attack_03_a_key_is_used_for_its_own_kind_of_algorithm_only) {
  const auto& rsa = key(NewKey::rsa2048);
  const auto& p384 = key(NewKey::p384);
  auto set = jwks({p256(), rsa, p384});
  for (const auto* alg : {R"("alg":"ES256",)", R"("alg":"RS256",)", R"("alg":"ES384",)"}) {
    set = replaced(set, alg, "");
  }
  policy(issuer("main", cat("url: '", issuer_url, "', cluster: prod, keys: {jwks: '", set,
                            "'}, tokens: {algorithms: [RS256, ES256, EdDSA]}")) +
         plain_route());
  ASSERT_EQ(check_word(sign(p256(), payload())), "allowed");
  ASSERT_EQ(check_word(sign(rsa, payload())), "allowed");
  const auto lying = [&](const crypto::PrivateKey& with, std::string_view algorithm) {
    const auto header = cat(R"({"alg":")", algorithm, R"(","kid":")", kid_of(with), "\"}");
    return check_word(signed_with(header, payload(), with));
  };
  EXPECT_EQ(lying(p256(), "RS256"), "unknown_key");
  EXPECT_EQ(lying(p256(), "EdDSA"), "unknown_key");
  EXPECT_EQ(lying(rsa, "ES256"), "unknown_key");
  EXPECT_EQ(lying(rsa, "EdDSA"), "unknown_key");
  EXPECT_EQ(lying(p384, "ES256"), "unknown_key");
  EXPECT_EQ(lying(p384, "RS256"), "unknown_key");

  // One name for keys of two kinds: the algorithm says which, and a failure is not tried again.
  policy(fixed("main", issuer_url, named_set("k", {p256(), rsa})) + plain_route());
  EXPECT_EQ(check_word(sign(p256(), payload(), "k")), "allowed");
  EXPECT_EQ(check_word(sign(rsa, payload(), "k")), "allowed");
  EXPECT_EQ(check_word(signed_with(R"({"alg":"RS256","kid":"k"})", payload(), p256())),
            "bad_signature");
  EXPECT_EQ(check_word(signed_with(R"({"alg":"ES256","kid":"k"})", payload(), rsa)),
            "bad_signature");
}

// FIPS 186-5 s6.4.2: both numbers are from 1 to n - 1; RFC 7518 s3.4: each in 32 bytes.
TEST_F(AttacksOnSignatures, attack_10_numbers_out_of_range_and_other_encodings_are_no_signature) {
  policy(main_issuer() + plain_route());
  const auto good = good_token();
  const auto signature = signature_of(good);
  ASSERT_EQ(check_word(with_signature(good, signature)), "allowed");
  const auto r = signature.substr(0, 32);
  const auto s = signature.substr(32);
  const std::string zero(32, '\0');
  const std::string most(32, '\xff');
  const auto n = order_of_p256();
  auto above_n = n;
  above_n.back() = static_cast<char>(above_n.back() + 1);
  for (const auto& bad : {zero, n, above_n, most}) {
    EXPECT_EQ(check_word(with_signature(good, bad + s)), "bad_signature");
    EXPECT_EQ(check_word(with_signature(good, r + bad)), "bad_signature");
    EXPECT_EQ(check_word(with_signature(good, bad + bad)), "bad_signature");
  }
  // What OpenSSL itself would read: a SEQUENCE of two INTEGERs.
  const auto integer = [](std::string_view number) {
    const bool high = (static_cast<unsigned char>(number.front()) & 0x80U) != 0;
    return cat('\x02', static_cast<char>(number.size() + (high ? 1 : 0)),
               high ? std::string_view("\0", 1) : std::string_view(), number);
  };
  const auto both = integer(r) + integer(s);
  EXPECT_EQ(check_word(with_signature(good, cat('\x30', static_cast<char>(both.size()), both))),
            "bad_signature");
  EXPECT_EQ(check_word(with_signature(good, signature.substr(1))), "bad_signature");
  EXPECT_EQ(check_word(with_signature(good, signature + '\0')), "bad_signature");
  EXPECT_EQ(check_word(with_signature(good, std::string(1, '\0') + signature)), "bad_signature");
  EXPECT_EQ(check_word(with_signature(good, signature + r)), "bad_signature");
}

// K-1 29: JWS knows no rule of the lower half, so everybody can write n - s for s. It is a token of
// its own to whoever remembers tokens by their text.
TEST_F(AttacksOnSignatures, the_other_half_of_an_ecdsa_signature_is_as_good) {
  policy(main_issuer() + plain_route());
  const auto good = good_token();
  auto other = signature_of(good);
  const auto n = order_of_p256();
  int borrow = 0;
  for (std::size_t i = n.size(); i-- > 0;) {
    const int digit =
        static_cast<unsigned char>(n[i]) - static_cast<unsigned char>(other[n.size() + i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    other[n.size() + i] = static_cast<char>(digit);
  }
  const auto first = check(good);
  const auto second = check(with_signature(good, other));
  ASSERT_TRUE(first);
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(**first, **second);
  EXPECT_NE(first->get(), second->get());
}

// CVE-2022-21449.
TEST_F(AttacksOnSignatures, attack_11_nothing_but_zeros_is_no_signature) {
  policy(main_issuer() + plain_route());
  const std::string zeros(64, '\0');
  EXPECT_EQ(check_word(with_signature(good_token(), zeros)), "bad_signature");
  EXPECT_EQ(check_word(joined(R"({"alg":"ES256"})", payload(), zeros)), "bad_signature");
  EXPECT_EQ(check_word(good_token()), "allowed");
}

TEST_F(AttacksOnSignatures, attack_12_weak_keys_of_a_set_are_not_loaded) {
  const auto& rsa = key(NewKey::rsa2048);
  const auto n = rsa.public_key().rsa_numbers().n;
  auto even = n;
  even.back() = static_cast<char>(even.back() & ~1);
  struct Weak {
    std::string_view kid;
    std::string n;
    std::string_view e;
  };
  const std::array weak{
      Weak{"bits-512", n.substr(0, 63) + n.back(), "AQAB"},
      Weak{"bits-1024", n.substr(0, 127) + n.back(), "AQAB"},
      Weak{"exponent-1", n, "AQ"},
      Weak{"even", even, "AQAB"},
      Weak{"leading-zero", std::string(1, '\0') + n, "AQAB"},
  };
  auto set = jwks({p256(), rsa});
  for (const auto& each : weak) {
    set.insert(set.rfind(']'), cat(R"(,{"kty":"RSA","kid":")", each.kid, R"(","e":")", each.e,
                                   R"(","n":")", codec::base64url_encode(each.n), "\"}"));
  }
  serve(set);
  policy(fetched_issuer() + plain_route());
  run(milliseconds{200});
  ASSERT_EQ(check_word(good_token()), "allowed");
  ASSERT_EQ(check_word(sign(rsa, payload())), "allowed");
  EXPECT_TRUE(metrics_.text().contains(cat("signet_keys_skipped_total ", weak.size())));
  for (const auto& each : weak) {
    // With a public exponent of 1 everybody can sign: the padded digest is the signature.
    // RFC 8017 s9.2.
    const auto header = cat(R"({"alg":"RS256","kid":")", each.kid, "\"}");
    const auto input =
        cat(codec::base64url_encode(header), '.', codec::base64url_encode(payload()));
    const auto digest = crypto::sha256(input);
    const std::string_view prefix(
        "\0\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 20);
    const auto padded = cat(std::string_view("\0\x01", 2), std::string(202, '\xff'), prefix,
                            crypto::as_bytes(digest));
    EXPECT_EQ(padded.size(), n.size());
    EXPECT_EQ(patient_word(joined(header, payload(), padded)), "unknown_key") << each.kid;
  }
}

// K-1 43: another key under an id that was known, where ids are said to be hashes.
TEST_F(AttacksOnSignatures, a_key_under_the_id_of_another_is_refused_where_ids_are_hashes) {
  const auto set = named_set(kid_of(p256(0)), {p256(1)});
  const auto token = token_of(issuer_url, p256(1), kid_of(p256(0)));
  policy(fixed("main", issuer_url, set) + plain_route());
  EXPECT_EQ(check_word(token), "allowed") << "nothing was said of ids";
  policy(fixed("main", issuer_url, set, ", verifyKeyIDs: true") + plain_route());
  EXPECT_EQ(check_word(token), "unknown_key");
  serve(set);
  policy(fetched_issuer(", keys: {verifyKeyIDs: true}") + plain_route());
  EXPECT_EQ(patient_word(token), "unknown_key");
  serve({p256(0), p256(1)});
  run(minutes{15});
  EXPECT_EQ(check_word(token_of(issuer_url, p256(1))), "allowed");
  EXPECT_EQ(check_word(token), "bad_signature");
}

TEST_F(AttacksOnSignatures, attack_13_another_issuers_key_signs_nothing_of_this_one) {
  policy(fixed("a", "https://a.example", jwks({p256(0)})) +
         fixed("b", "https://b.example", jwks({p256(1)})) + plain_route());
  EXPECT_EQ(check_word(token_of("https://a.example", p256(0))), "allowed");
  EXPECT_EQ(check_word(token_of("https://b.example", p256(1))), "allowed");
  // With the name of a key of A, and with B's own.
  EXPECT_EQ(check_word(token_of("https://a.example", p256(1), kid_of(p256(0)))), "bad_signature");
  EXPECT_EQ(check_word(token_of("https://a.example", p256(1))), "unknown_key");
  EXPECT_TRUE(network_.seen().empty());
}

TEST_F(AttacksOnSignatures, attack_14_one_key_id_of_two_issuers_is_two_keys) {
  policy(fixed("a", "https://a.example", named_set("same", {p256(0)})) +
         fixed("b", "https://b.example", named_set("same", {p256(1)})) + plain_route());
  for (int i = 0; i < 2; ++i) {
    const auto of_a = check(token_of("https://a.example", p256(0), "same"));
    ASSERT_TRUE(of_a);
    EXPECT_EQ((*of_a)->cluster, "a");
    const auto of_b = check(token_of("https://b.example", p256(1), "same"));
    ASSERT_TRUE(of_b);
    EXPECT_EQ((*of_b)->cluster, "b");
    EXPECT_EQ(check_word(token_of("https://a.example", p256(1), "same")), "bad_signature");
    EXPECT_EQ(check_word(token_of("https://b.example", p256(0), "same")), "bad_signature");
  }
}

}  // namespace
}  // namespace signet::party::fixture
