#include "jose/jws.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "codec/base64.h"
#include "crypto/digest.h"
#include "jose/vectors_for_test.h"

namespace signet::jose {
namespace {

using codec::base64url_encode;
using crypto::NewKey;
using crypto::PrivateKey;

PrivateKey generate(NewKey kind) {
  return PrivateKey::generate(kind).value();
}

VerificationKey vector_key(std::string_view pem) {
  return verification_key(crypto::parse_public_keys(pem).value().front());
}

std::string with_header(std::string_view header, std::string_view payload = R"({"iss":"i"})") {
  return base64url_encode(header) + "." + base64url_encode(payload) + ".AAAA";
}

SignatureCheck check(std::string_view compact, std::span<const VerificationKey> keys,
                     WithoutKid rule = WithoutKid::try_all) {
  const auto jws = parse_jws(compact);
  return jws ? check_signature(*jws, keys, rule) : SignatureCheck::bad;
}

class GoldenTokens : public testing::Test {
 protected:
  std::vector<VerificationKey> keys_{vector_key(vectors::rsa_pem), vector_key(vectors::ec_pem)};
};

TEST_F(GoldenTokens, have_good_signatures) {
  const auto bound = parse_jws(vectors::bound_token).value();
  EXPECT_EQ(bound.algorithm, Algorithm::rs256);
  EXPECT_EQ(bound.kid, vectors::rsa_kid);
  EXPECT_EQ(bound.type, std::nullopt);
  EXPECT_EQ(bound.payload, vectors::bound_payload);
  EXPECT_EQ(bound.signature.size(), 256U);
  EXPECT_EQ(check_signature(bound, keys_, WithoutKid::only_key), SignatureCheck::good);

  const auto legacy = parse_jws(vectors::legacy_token).value();
  EXPECT_EQ(legacy.algorithm, Algorithm::es256);
  EXPECT_EQ(legacy.kid, vectors::ec_kid);
  EXPECT_EQ(legacy.payload, vectors::legacy_payload);
  EXPECT_EQ(check_signature(legacy, keys_, WithoutKid::only_key), SignatureCheck::good);
}

TEST_F(GoldenTokens, are_the_text_the_document_names) {
  EXPECT_EQ(codec::hex_encode(crypto::as_bytes(crypto::sha256(vectors::bound_token))),
            "bf58b5299741b2c2cf59f034785d57be7adbf44fa588e4f81401eb101ce1d15b");
}

TEST_F(GoldenTokens, have_headers_we_write_the_same) {
  EXPECT_EQ(encode_header(Algorithm::rs256, vectors::rsa_kid),
            vectors::bound_token.substr(0, vectors::bound_token.find('.')));
  EXPECT_EQ(encode_header(Algorithm::es256, vectors::ec_kid),
            vectors::legacy_token.substr(0, vectors::legacy_token.find('.')));
}

TEST_F(GoldenTokens, are_refused_with_any_byte_changed) {
  for (const auto token : {vectors::bound_token, vectors::legacy_token}) {
    for (std::size_t i = 0; i < token.size(); ++i) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U}) {
        std::string changed(token);
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ mask);
        ASSERT_NE(check(changed, keys_), SignatureCheck::good) << "byte " << i;
      }
    }
  }
}

TEST_F(GoldenTokens, are_refused_with_parts_dropped_swapped_or_decorated) {
  const std::string token(vectors::legacy_token);
  const auto first = token.find('.');
  const auto second = token.rfind('.');
  const auto header = token.substr(0, first);
  const auto payload = token.substr(first + 1, second - first - 1);
  const auto signature = token.substr(second + 1);
  for (const auto& changed :
       {header + "." + payload, header + "." + payload + ".", header + ".." + signature,
        "." + payload + "." + signature, payload + "." + header + "." + signature, token + ".",
        "." + token, header + "..." + signature, token + "=", token + "\n", " " + token,
        header + "=." + payload + "." + signature, header + "." + payload + "\n." + signature,
        token + "." + signature + "." + signature, std::string(), std::string(".."),
        std::string("invalid token"), std::string("a.b.c")}) {
    EXPECT_FALSE(parse_jws(changed)) << changed;
  }
}

TEST_F(GoldenTokens, are_refused_by_other_keys) {
  const std::vector others{verification_key(generate(NewKey::rsa2048).public_key())};
  EXPECT_EQ(check(vectors::bound_token, others), SignatureCheck::unknown_key);
  auto renamed = others;
  renamed[0].kid = vectors::rsa_kid;
  EXPECT_EQ(check(vectors::bound_token, renamed), SignatureCheck::bad);
  EXPECT_EQ(check(vectors::bound_token, {}), SignatureCheck::unknown_key);
}

TEST(JwsHeader, must_be_one_object_with_an_algorithm) {
  for (const char* header :
       {"[]", "\"x\"", "1", "null", "{}", R"({"kid":"k"})", R"({"alg":1})", R"({"alg":null})",
        R"({"alg":"RS256","alg":"RS256"})", R"({"alg":"RS256","kid":1})",
        R"({"alg":"RS256","kid":null})", R"({"alg":"RS256","kid":["k"]})",
        R"({"alg":"RS256","typ":1})", R"({"alg":"RS256"} x)", "{\"alg\":\"RS256\xff\"}",
        "\xef\xbb\xbf{\"alg\":\"RS256\"}", R"({"alg":"RS256","enc":"A128GCM"})",
        R"({"alg":"RS256","zip":"DEF"})"}) {
    EXPECT_FALSE(parse_jws(with_header(header))) << header;
  }
}

TEST(JwsHeader, names_of_algorithms_are_compared_exactly) {
  for (const char* name : {"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "eddsa",
                           "Ed25519", "PS1", "rs256", "ES256 ", "ES256K"}) {
    const auto jws = parse_jws(with_header(std::string(R"({"alg":")") + name + R"("})"));
    ASSERT_TRUE(jws) << name;
    EXPECT_EQ(jws->algorithm, std::nullopt) << name;
  }
}

TEST(JwsHeader, extensions_and_embedded_keys_are_noticed) {
  for (const char* member : {R"("crit":["exp"])", R"("crit":[])", R"("crit":"b64")",
                             R"("b64":false)", R"("crit":["x"])"}) {
    EXPECT_TRUE(parse_jws(with_header(std::string(R"({"alg":"RS256",)") + member + "}"))->critical);
  }
  for (const char* member : {R"("jwk":{"kty":"oct"})", R"("jku":"https://a")", R"("x5c":[])",
                             R"("x5u":"https://a")", R"("x5t":"a")", R"("x5t#S256":"a")"}) {
    const auto jws = parse_jws(with_header(std::string(R"({"alg":"RS256",)") + member + "}"));
    EXPECT_TRUE(jws->embeds_key) << member;
    EXPECT_FALSE(jws->critical) << member;
  }
}

TEST(JwsLimits, come_in_pairs) {
  const auto kid = [](std::size_t bytes) {
    return parse_jws(with_header(R"({"alg":"RS256","kid":")" + std::string(bytes, 'k') + "\"}"));
  };
  EXPECT_TRUE(kid(1024));
  EXPECT_FALSE(kid(1025));
  const auto header = [](std::size_t bytes) {
    const std::string start = R"({"alg":"RS256","x":")";
    return parse_jws(with_header(start + std::string(bytes - start.size() - 2, 'x') + "\"}"));
  };
  EXPECT_TRUE(header(header_bytes_max));
  EXPECT_FALSE(header(header_bytes_max + 1));
  const auto whole = [](std::size_t bytes) {
    const auto start = base64url_encode(R"({"alg":"RS256"})") + ".e30.";
    return parse_jws(start + std::string(bytes - start.size(), 'A'));
  };
  ASSERT_NE((token_bytes_max - base64url_encode(R"({"alg":"RS256"})").size() - 5) % 4, 1U);
  EXPECT_TRUE(whole(token_bytes_max));
  EXPECT_FALSE(whole(token_bytes_max + 1));
}

TEST(JwsSerialization, of_json_is_refused) {
  EXPECT_FALSE(parse_jws(R"({"payload":"e30","protected":"e30","signature":"AA"})"));
  EXPECT_FALSE(parse_jws(R"({"payload":"a.b.c"})"));
}

class SignedByUs : public testing::TestWithParam<NewKey> {};

TEST_P(SignedByUs, is_good_for_the_key_and_nobody_else) {
  const auto key = generate(GetParam());
  const auto own = verification_key(key.public_key());
  const auto compact =
      sign_compact(key, encode_header(own.algorithm, own.kid), R"({"iss":"i"})").value();
  const auto jws = parse_jws(compact).value();
  EXPECT_EQ(jws.signature.size(), key.public_key().signature_bytes());
  EXPECT_EQ(jws.kid.size(), 43U);
  EXPECT_EQ(check(compact, std::span(&own, 1)), SignatureCheck::good);
  // A key is used with its own algorithm only, whatever the header says.
  for (const auto& row : algorithm_table) {
    if (row.algorithm == own.algorithm) continue;
    const auto lying = sign_compact(key, encode_header(row.algorithm, own.kid), "{}").value();
    EXPECT_EQ(check(lying, std::span(&own, 1)), SignatureCheck::bad) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(, SignedByUs,
                         testing::Values(NewKey::rsa2048, NewKey::p256, NewKey::p384,
                                         NewKey::p521));

TEST(SignatureByPublicKeyAsSecret, is_refused) {
  const auto key = vector_key(vectors::rsa_pem);
  for (const auto secret :
       {vectors::rsa_pem, std::string_view(key.key.spki_der()), vectors::rsa_jwk}) {
    for (const char* header : {R"({"alg":"HS256","kid":")", R"({"alg":"RS256","kid":")"}) {
      const auto input = base64url_encode(header + key.kid + "\"}") + "." +
                         base64url_encode(vectors::bound_payload);
      const auto mac = crypto::hmac_sha256(secret, input);
      const auto forged = input + "." + base64url_encode(crypto::as_bytes(mac));
      EXPECT_EQ(check(forged, std::span(&key, 1)), SignatureCheck::bad);
    }
  }
}

class KeyChoice : public testing::Test {
 protected:
  std::string token(const PrivateKey& key, std::optional<std::string> kid) const {
    const auto algorithm = to_string(algorithm_of(key.type()));
    auto header = R"({"alg":")" + std::string(algorithm) + '"';
    if (kid) header += R"(,"kid":")" + *kid + '"';
    return sign_compact(key, base64url_encode(header + "}"), "{}").value();
  }
  VerificationKey own(const PrivateKey& key) const { return verification_key(key.public_key()); }

  PrivateKey rsa_ = generate(NewKey::rsa2048);
  PrivateKey ec_ = generate(NewKey::p256);
  PrivateKey other_ec_ = generate(NewKey::p256);
};

TEST_F(KeyChoice, without_kid_tries_all_for_our_own_tokens) {
  const std::vector keys{own(rsa_), own(other_ec_), own(ec_)};
  EXPECT_EQ(check(token(ec_, std::nullopt), keys), SignatureCheck::good);
  EXPECT_EQ(check(token(ec_, ""), keys), SignatureCheck::good);
}

TEST_F(KeyChoice, without_kid_takes_the_only_key_of_the_algorithm_for_foreign_tokens) {
  const std::vector both{own(rsa_), own(ec_)};
  EXPECT_EQ(check(token(ec_, std::nullopt), both, WithoutKid::only_key), SignatureCheck::good);
  const std::vector three{own(rsa_), own(other_ec_), own(ec_)};
  EXPECT_EQ(check(token(ec_, std::nullopt), three, WithoutKid::only_key),
            SignatureCheck::unknown_key);
}

TEST_F(KeyChoice, kid_of_another_known_key_is_refused) {
  const std::vector keys{own(other_ec_), own(ec_)};
  EXPECT_EQ(check(token(ec_, own(other_ec_).kid), keys), SignatureCheck::bad);
  EXPECT_EQ(check(token(ec_, own(ec_).kid), keys), SignatureCheck::good);
  EXPECT_EQ(check(token(ec_, own(ec_).kid + " "), keys), SignatureCheck::unknown_key);
}

TEST_F(KeyChoice, key_is_found_after_a_rotation) {
  const auto other_rsa = generate(NewKey::rsa2048);
  const std::vector keys{own(other_rsa), own(ec_), own(rsa_)};
  EXPECT_EQ(check(token(rsa_, own(rsa_).kid), keys), SignatureCheck::good);
  EXPECT_EQ(check(token(rsa_, std::nullopt), keys), SignatureCheck::good);
}

TEST_F(KeyChoice, one_kid_with_two_kinds_of_key_is_told_apart_by_algorithm) {
  auto first = own(rsa_);
  auto second = own(ec_);
  first.kid = second.kid = "same";
  const std::vector keys{first, second};
  EXPECT_EQ(check(token(ec_, "same"), keys), SignatureCheck::good);
  EXPECT_EQ(check(token(rsa_, "same"), keys), SignatureCheck::good);
}

std::optional<std::string> peek(std::string_view payload) {
  return peek_issuer("x." + base64url_encode(payload) + ".y");
}

TEST(PeekIssuer, reads_what_nobody_has_verified) {
  EXPECT_EQ(peek_issuer(vectors::bound_token), "https://tokens.example.test");
  EXPECT_EQ(peek_issuer(vectors::legacy_token), "kubernetes/serviceaccount");
  EXPECT_EQ(peek_issuer(parse_jws(vectors::bound_token).value()), "https://tokens.example.test");
}

TEST(PeekIssuer, is_as_lenient_as_kubernetes) {
  EXPECT_EQ(peek(R"({"ISS":"a"})"), "a");
  EXPECT_EQ(peek("{\"i\xc5\xbfs\":\"a\"}"), "a");
  EXPECT_EQ(peek(R"({"iss":"a","iss":"b"})"), "b");
  EXPECT_EQ(peek(R"({"x":{"iss":"a"}})"), std::nullopt);
}

TEST(PeekIssuer, finds_none_in_what_is_no_token) {
  EXPECT_EQ(peek_issuer(""), std::nullopt);
  EXPECT_EQ(peek_issuer("a.b.c"), std::nullopt);
  EXPECT_EQ(peek_issuer("two.parts"), std::nullopt);
  EXPECT_EQ(peek_issuer(R"({"payload":"x"})"), std::nullopt);
  EXPECT_EQ(peek(R"({"iss":1})"), std::nullopt);
  EXPECT_EQ(peek(R"({"sub":"a"})"), std::nullopt);
  EXPECT_EQ(peek(R"({"iss":"a"} )"
                 "x"),
            std::nullopt);
  EXPECT_EQ(peek("[]"), std::nullopt);
}

}  // namespace
}  // namespace signet::jose
