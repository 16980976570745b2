#include "jose/jwk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"
#include "codec/base64.h"
#include "jose/vectors_for_test.h"

namespace signet::jose {
namespace {

using crypto::NewKey;

VerificationKey key_of(std::string_view pem) {
  return verification_key(crypto::parse_public_keys(pem).value().front());
}
VerificationKey generate(NewKey kind) {
  return verification_key(crypto::PrivateKey::generate(kind).value().public_key());
}
std::string set_of(const std::vector<std::string>& keys) {
  std::string text = R"({"keys":[)";
  for (const auto& key : keys) text += (text.ends_with('[') ? "" : ",") + key;
  return text + "]}";
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const std::string rsa_jwk(vectors::rsa_jwk);
const std::string ec_jwk(vectors::ec_jwk);

TEST(Jwk, is_written_byte_for_byte) {
  EXPECT_EQ(to_jwk(key_of(vectors::rsa_pem)), vectors::rsa_jwk);
  EXPECT_EQ(to_jwk(key_of(vectors::ec_pem)), vectors::ec_jwk);
}

TEST(Jwks, keeps_the_order_and_round_trips) {
  const std::vector keys{key_of(vectors::ec_pem), key_of(vectors::rsa_pem), generate(NewKey::p384),
                         generate(NewKey::p521)};
  const auto text = to_jwks(keys);
  EXPECT_TRUE(text.starts_with(R"({"keys":[)" + ec_jwk + "," + rsa_jwk + ","));
  const auto parsed = parse_jwks(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->skipped, 0U);
  ASSERT_EQ(parsed->keys.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(parsed->keys[i].kid, keys[i].kid);
    EXPECT_EQ(parsed->keys[i].algorithm, keys[i].algorithm);
    EXPECT_EQ(parsed->keys[i].key, keys[i].key);
  }
}

TEST(Jwks, of_no_keys_is_an_empty_list) {
  EXPECT_EQ(to_jwks({}), R"({"keys":[]})");
}

struct SkippedCase {
  const char* name;
  std::string jwk;
};
class SkippedKey : public testing::TestWithParam<SkippedCase> {};

TEST_P(SkippedKey, does_not_lose_the_others) {
  const auto parsed = parse_jwks(set_of({GetParam().jwk, ec_jwk}));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->skipped, 1U);
  ASSERT_EQ(parsed->keys.size(), 1U);
  EXPECT_EQ(parsed->keys[0].kid, vectors::ec_kid);
}

INSTANTIATE_TEST_SUITE_P(
    , SkippedKey,
    testing::Values(
        SkippedCase{"unknown_kty", R"({"kty":"AKP","x":"AA","kid":"a"})"},
        SkippedCase{"short_okp", R"({"kty":"OKP","crv":"Ed25519","x":"AA","kid":"a"})"},
        SkippedCase{
            "other_okp",
            R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"},
        SkippedCase{"no_kty", R"({"kid":"a"})"}, SkippedCase{"no_object", "17"},
        SkippedCase{"use_enc", replaced(rsa_jwk, R"("sig")", R"("enc")")},
        SkippedCase{"use_number", replaced(rsa_jwk, R"("sig")", "1")},
        SkippedCase{"key_ops", replaced(rsa_jwk, R"("use":"sig")", R"("key_ops":["encrypt"])")},
        SkippedCase{"other_alg", replaced(rsa_jwk, "RS256", "RSA-OAEP")},
        SkippedCase{"alg_of_another_type", replaced(rsa_jwk, "RS256", "ES256")},
        SkippedCase{"alg_of_another_curve",
                    replaced(replaced(ec_jwk, "ES256", "ES384"), R"("kid":"1)", R"("kid":"2)")},
        SkippedCase{"kid_number", R"({"kty":"EC","kid":1})"},
        SkippedCase{"modulus_with_leading_zero", replaced(rsa_jwk, R"("n":"nV1)", R"("n":"AACd)")},
        SkippedCase{"short_modulus",
                    R"({"kty":"RSA","kid":"a","n":")" + std::string(171, 'x') + R"(","e":"AQAB"})"},
        SkippedCase{"exponent_one", replaced(rsa_jwk, "AQAB", "AQ")},
        SkippedCase{"padded_number", replaced(rsa_jwk, "AQAB", "AQAB====")},
        SkippedCase{"unknown_curve", replaced(ec_jwk, "P-256", "P-224")},
        SkippedCase{"short_x", replaced(ec_jwk, R"("x":"x_5V)", R"("x":")")},
        SkippedCase{"off_curve", replaced(ec_jwk, R"("y":"xRqp)", R"("y":"xRqq)")}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Jwks, takes_keys_without_optional_members) {
  auto bare = replaced(replaced(rsa_jwk, R"("use":"sig",)", ""), R"("alg":"RS256",)", "");
  bare = replaced(bare, R"("kid":"rffxN73J38uV8znyG2OZTgOkqiYR7W_hRtTAIyc8ONA",)",
                  R"("key_ops":["verify"],"x5c":["MIIB"],)");
  const auto parsed = parse_jwks(set_of({bare}));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->keys.size(), 1U);
  EXPECT_EQ(parsed->keys[0].kid, "");
  EXPECT_EQ(parsed->keys[0].algorithm, Algorithm::rs256);
}

TEST(Jwks, a_key_is_for_the_algorithm_it_names) {
  const auto numbers =
      crypto::PrivateKey::generate(crypto::NewKey::rsa2048)->public_key().rsa_numbers();
  const auto jwk = [&](std::string_view alg) {
    return cat(R"({"keys":[{"kty":"RSA","kid":"k",)", alg, R"("e":"AQAB","n":")",
               codec::base64url_encode(numbers.n), "\"}]}");
  };
  for (const auto* name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
    const auto parsed = parse_jwks(jwk(cat(R"("alg":")", name, R"(",)")));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->keys.size(), 1U) << name;
    EXPECT_EQ(to_string(parsed->keys[0].algorithm), name);
    EXPECT_EQ(parse_jwks(to_jwks(parsed->keys))->keys[0].algorithm, parsed->keys[0].algorithm);
  }
  for (const auto* name : {"ES256", "EdDSA", "HS256", "none", "RSA-OAEP", "rs256"}) {
    const auto parsed = parse_jwks(jwk(cat(R"("alg":")", name, R"(",)")));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->skipped, 1U) << name;
  }
  EXPECT_EQ(parse_jwks(jwk(""))->keys[0].algorithm, Algorithm::rs256);
}

TEST(Jwks, ed25519_keys_round_trip) {
  constexpr std::string_view written =
      R"({"keys":[{"use":"sig","kty":"OKP","kid":"k","crv":"Ed25519","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
  const auto parsed = parse_jwks(written);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->keys.size(), 1U);
  EXPECT_EQ(parsed->keys[0].algorithm, Algorithm::eddsa);
  EXPECT_EQ(to_jwks(parsed->keys), written);
}

TEST(Jwks, with_a_secret_in_it_is_refused_as_a_whole) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    const auto leaking = replaced(rsa_jwk, "{", std::string("{\"") + member + "\":\"AA\",");
    EXPECT_FALSE(parse_jwks(set_of({ec_jwk, leaking}))) << member;
  }
  EXPECT_FALSE(parse_jwks(set_of({R"({"kty":"oct","kid":"a","k":"AAAA"})"})));
}

TEST(Jwks, with_one_kid_twice_is_refused_unless_the_algorithms_differ) {
  EXPECT_FALSE(parse_jwks(set_of({ec_jwk, ec_jwk})));
  const auto renamed = replaced(rsa_jwk, vectors::rsa_kid, vectors::ec_kid);
  const auto parsed = parse_jwks(set_of({ec_jwk, renamed}));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->keys.size(), 2U);
}

TEST(Jwks, that_are_no_key_set_are_refused) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", R"({"keys":[)",
                           R"({"keys":[],"keys":[]})", "<html>"}) {
    EXPECT_FALSE(parse_jwks(text)) << text;
  }
  EXPECT_TRUE(parse_jwks(R"({"keys":[]})"));
  EXPECT_TRUE(parse_jwks(R"({"keys":[],"more":1})"));
}

TEST(Jwks, limits_come_in_pairs) {
  const std::string junk = R"({"kty":"x"})";
  EXPECT_TRUE(parse_jwks(set_of(std::vector(64, junk))));
  EXPECT_FALSE(parse_jwks(set_of(std::vector(65, junk))));
  const auto padded = [](std::size_t bytes) {
    const std::string text = R"({"keys":[]})";
    return text + std::string(bytes - text.size(), ' ');
  };
  EXPECT_TRUE(parse_jwks(padded(jwks_bytes_max)));
  EXPECT_FALSE(parse_jwks(padded(jwks_bytes_max + 1)));
  const auto many = [](std::size_t count) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) {
      keys.push_back(replaced(ec_jwk, vectors::ec_kid, std::to_string(i)));
    }
    return parse_jwks(set_of(keys)).has_value();
  };
  EXPECT_TRUE(many(32));
  EXPECT_FALSE(many(33));
}

TEST(KeyId, is_the_digest_of_the_public_key) {
  EXPECT_EQ(key_id(key_of(vectors::rsa_pem).key), vectors::rsa_kid);
  EXPECT_EQ(key_id(key_of(vectors::ec_pem).key), vectors::ec_kid);
}

}  // namespace
}  // namespace signet::jose
