// Signatures that others make and we only verify: RSA-PSS and Ed25519.
#include "crypto/signature_scheme.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "codec/base64.h"
#include "crypto/ed25519_point.h"
#include "crypto/native.h"
#include "crypto/signature_verifier.h"

namespace signet::crypto {
namespace {

const PrivateKey& rsa_key() {
  static const auto key = *PrivateKey::generate(NewKey::rsa2048);
  return key;
}

struct Pss {
  Digest digest = Digest::sha256;
  Digest mask = Digest::sha256;
  int salt_bytes = RSA_PSS_SALTLEN_DIGEST;
};
std::string sign_pss(std::string_view message, const Pss& how) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* pkey = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &pkey, fetched(how.digest), nullptr,
                               rsa_key().native()->pkey.get()),
            1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(pkey, RSA_PKCS1_PSS_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey, how.salt_bytes), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(pkey, fetched(how.mask)), 1);
  std::string signature(256, '\0');
  auto size = signature.size();
  EXPECT_EQ(
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(message), message.size()),
      1);
  return signature;
}

bool verify_pss(std::string_view message, std::string_view signature,
                Digest digest = Digest::sha256) {
  return verify_signature(rsa_key().public_key(), {.digest = digest, .padding = RsaPadding::pss},
                          message, signature);
}

TEST(RsaPss, is_good_with_its_own_digest_alone) {
  for (const auto digest : {Digest::sha256, Digest::sha384, Digest::sha512}) {
    const auto signature = sign_pss("m", {.digest = digest, .mask = digest});
    for (const auto other : {Digest::sha256, Digest::sha384, Digest::sha512}) {
      EXPECT_EQ(verify_pss("m", signature, other), digest == other);
    }
    EXPECT_FALSE(verify_pss("n", signature, digest));
  }
}

TEST(RsaPss, a_salt_of_another_length_or_another_mask_is_refused) {
  EXPECT_FALSE(verify_pss("m", sign_pss("m", {.salt_bytes = 20})));
  EXPECT_FALSE(verify_pss("m", sign_pss("m", {.salt_bytes = 0})));
  EXPECT_FALSE(verify_pss("m", sign_pss("m", {.mask = Digest::sha512})));
}

TEST(RsaPss, and_the_older_padding_are_not_taken_for_one_another) {
  const SignatureScheme older{.digest = Digest::sha256};
  const auto pss = sign_pss("m", {});
  EXPECT_FALSE(verify_signature(rsa_key().public_key(), older, "m", pss));
  EXPECT_TRUE(verify_pss("m", pss));
}

// RFC 8037 A.2, A.4.
constexpr std::string_view ed25519_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view ed25519_input =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr std::string_view ed25519_signature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

TEST(Ed25519, verifies_the_example_of_the_rfc_and_nothing_else) {
  const auto key = PublicKey::from_ed25519(*codec::base64url_decode(ed25519_x));
  ASSERT_TRUE(key) << key.error().message;
  const auto signature = *codec::base64url_decode(ed25519_signature);
  EXPECT_TRUE(verify_signature(*key, {}, ed25519_input, signature));
  EXPECT_FALSE(verify_signature(*key, {}, "another", signature));
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verify_signature(*key, {}, ed25519_input, flipped)) << bit;
  }
}

TEST(Ed25519, a_signature_has_one_spelling) {
  const auto key = PublicKey::from_ed25519(*codec::base64url_decode(ed25519_x));
  auto signature = *codec::base64url_decode(ed25519_signature);
  // S + L is as good to careless arithmetic; RFC 8032 s5.1.7 refuses it.
  constexpr unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                       0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < sizeof order; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<char>(carry);
    carry >>= 8U;
  }
  EXPECT_FALSE(verify_signature(*key, {}, ed25519_input, signature));
}

TEST(Ed25519, points_that_no_key_has_are_refused) {
  const std::string zero(32, '\0');
  auto one = zero;
  one[0] = 1;
  std::string minus_one(32, '\xff');
  minus_one[0] = static_cast<char>(0xec);
  auto not_reduced = minus_one;
  not_reduced[0] = static_cast<char>(0xf1);
  for (const auto& point : {zero, one, minus_one, not_reduced, std::string(31, 'x')}) {
    EXPECT_FALSE(PublicKey::from_ed25519(point));
  }
  EXPECT_TRUE(is_small_order_ed25519(one));
  EXPECT_FALSE(is_reduced_ed25519(not_reduced));
  EXPECT_TRUE(is_reduced_ed25519(*codec::base64url_decode(ed25519_x)));
}

}  // namespace
}  // namespace signet::crypto
