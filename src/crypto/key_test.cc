#include "crypto/key.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "base/random.h"
#include "base/temp_directory_for_tests.h"
#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/native.h"
#include "crypto/signature_verifier.h"
#include "crypto/signer.h"

namespace signet::crypto {
namespace {

std::string pem_of(EVP_PKEY* pkey, bool traditional) {
  BIO* bio = BIO_new(BIO_s_mem());
  if (traditional) {
    PEM_write_bio_PrivateKey_traditional(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_PKCS8PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

PrivateKey generate(NewKey kind) {
  return PrivateKey::generate(kind).value();
}
std::string traditional_pem(const PrivateKey& key) {
  return pem_of(key.native()->pkey.get(), true);
}

struct KeyCase {
  const char* name;
  NewKey kind;
  KeyType type;
  std::size_t signature_bytes;
  Digest digest;
};
class EveryKey : public testing::TestWithParam<KeyCase> {
 protected:
  // Making RSA keys is slow, so one a kind serves all tests.
  static const PrivateKey& shared(NewKey kind) {
    static std::map<NewKey, PrivateKey> keys;
    const auto found = keys.find(kind);
    return found != keys.end() ? found->second : keys.emplace(kind, generate(kind)).first->second;
  }

  const PrivateKey& key_ = shared(GetParam().kind);
};

TEST_P(EveryKey, survives_pkcs8) {
  const auto again = PrivateKey::parse_pem(key_.to_pem().reveal());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->public_key(), key_.public_key());
  EXPECT_EQ(again->type(), GetParam().type);
}

TEST_P(EveryKey, is_read_from_its_traditional_form) {
  const auto pem = traditional_pem(key_);
  EXPECT_TRUE(pem.contains(GetParam().type == KeyType::rsa ? "RSA PRIVATE" : "EC PRIVATE"));
  const auto again = PrivateKey::parse_pem(pem);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->public_key(), key_.public_key());
  const auto verification = parse_public_keys(pem);
  ASSERT_TRUE(verification) << verification.error().message;
  EXPECT_EQ(verification->front(), key_.public_key());
}

TEST_P(EveryKey, is_the_same_when_built_from_its_numbers) {
  const auto& key = key_.public_key();
  const auto numbers = key.rsa_numbers();
  const auto point = key.ec_point();
  const auto again = key.type() == KeyType::rsa ? PublicKey::from_rsa(numbers.n, numbers.e)
                                                : PublicKey::from_ec(key.type(), point.x, point.y);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, key);
}

TEST_P(EveryKey, signs_what_only_it_can_have_signed) {
  const auto [name, kind, type, bytes, digest] = GetParam();
  auto signer = Signer::create(key_, digest).value();
  auto verifier = SignatureVerifier::create(key_.public_key(), {.digest = digest}).value();
  const auto stranger = generate(kind == NewKey::rsa3072 ? NewKey::rsa2048 : kind);
  auto other = SignatureVerifier::create(stranger.public_key(), {.digest = digest}).value();
  // Often enough that some r or s is short and some has its high bit set.
  const int rounds = type == KeyType::rsa ? 2 : 64;
  for (int i = 0; i < rounds; ++i) {
    const auto message = "message " + std::to_string(i);
    const auto signature = signer.sign(message).value();
    ASSERT_EQ(signature.size(), bytes);
    ASSERT_TRUE(verifier.verify(message, signature));
    ASSERT_FALSE(verifier.verify(message + "!", signature));
    ASSERT_FALSE(other.verify(message, signature));
  }
}

TEST_P(EveryKey, refuses_signatures_of_another_shape) {
  const auto [name, kind, type, bytes, digest] = GetParam();
  auto verifier = SignatureVerifier::create(key_.public_key(), {.digest = digest}).value();
  const auto good = sign(key_, digest, "m").value();
  ASSERT_TRUE(verifier.verify("m", good));
  EXPECT_FALSE(verifier.verify("m", good.substr(1)));
  EXPECT_FALSE(verifier.verify("m", good + '\0'));
  EXPECT_FALSE(verifier.verify("m", '\0' + good));
  EXPECT_FALSE(verifier.verify("m", ""));
  EXPECT_FALSE(verifier.verify("m", std::string(bytes, '\0')));
  EXPECT_FALSE(verifier.verify("m", std::string(bytes, '\xff')));
  if (type != KeyType::rsa) {
    EXPECT_FALSE(verifier.verify("m", good.substr(0, bytes / 2) + std::string(bytes / 2, '\0')));
    EXPECT_FALSE(verifier.verify("m", std::string(bytes / 2, '\0') + good.substr(bytes / 2)));
  }
  EXPECT_TRUE(verifier.verify("m", good));  // a refusal leaves nothing behind
}

INSTANTIATE_TEST_SUITE_P(
    , EveryKey,
    testing::Values(KeyCase{"rsa2048", NewKey::rsa2048, KeyType::rsa, 256, Digest::sha256},
                    KeyCase{"rsa3072", NewKey::rsa3072, KeyType::rsa, 384, Digest::sha256},
                    KeyCase{"rsa4096", NewKey::rsa4096, KeyType::rsa, 512, Digest::sha256},
                    KeyCase{"p256", NewKey::p256, KeyType::p256, 64, Digest::sha256},
                    KeyCase{"p384", NewKey::p384, KeyType::p384, 96, Digest::sha384},
                    KeyCase{"p521", NewKey::p521, KeyType::p521, 132, Digest::sha512}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Signatures, of_many_keys_are_told_apart_by_the_prepared_contexts_of_a_thread) {
  std::vector<PrivateKey> keys;
  for (int i = 0; i < 6; ++i) keys.push_back(generate(NewKey::p256));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto signature = sign(keys[i], Digest::sha256, "m").value();
    for (std::size_t j = 0; j < keys.size(); ++j) {
      EXPECT_EQ(verify_signature(keys[j].public_key(), {}, "m", signature), i == j);
    }
  }
}

TEST(PrivateKeyFile, takes_the_first_usable_block) {
  const auto first = generate(NewKey::p256);
  const auto second = generate(NewKey::rsa2048);
  const auto text = codec::to_pem("EC PARAMETERS", "\x06\x01\x01") + traditional_pem(first) +
                    traditional_pem(second);
  const auto parsed = PrivateKey::parse_pem(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->public_key(), first.public_key());
}

TEST(PrivateKeyFile, refuses_what_holds_none) {
  const auto key = generate(NewKey::p256);
  const PkeyPtr ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const PkeyPtr weak(EVP_RSA_gen(1024));
  const PkeyPtr p224(EVP_EC_gen("secp224r1"));
  for (const auto& text :
       {std::string(), std::string("no key"), key.public_key().to_pem(),
        pem_of(ed25519.get(), false), pem_of(weak.get(), false), pem_of(p224.get(), true),
        codec::to_pem("PRIVATE KEY", "\x30\x03\x02\x01\x00")}) {
    const auto parsed = PrivateKey::parse_pem(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid);
  }
}

TEST(PrivateKeyFile, refuses_halves_of_different_keys) {
  const auto key = generate(NewKey::p256);
  const auto other = generate(NewKey::p256).public_key().ec_point();
  auto block = codec::parse_pem(traditional_pem(key)).value().front();
  // RFC 5915: the point ends it.
  block.der.replace(block.der.size() - 64, 64, other.x + other.y);
  const auto parsed = PrivateKey::parse_pem(codec::to_pem(block.label, block.der));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "the private half belongs to another key than the public one");
}

TEST(VerificationKeyFile, keeps_the_order_and_skips_what_is_no_key) {
  SystemRandom random;
  const auto rsa = generate(NewKey::rsa2048);
  const auto ec = generate(NewKey::p384);
  const auto ca = CertificateAuthority::create("ca", Instant{std::chrono::seconds(1700000000)},
                                               std::chrono::hours(1), random)
                      .value();
  const auto text = ec.public_key().to_pem() + codec::to_pem("NOISE", "x") + traditional_pem(rsa) +
                    ca.certificate().to_pem() + traditional_pem(ec);
  const auto keys = parse_public_keys(text);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 4U);
  EXPECT_EQ((*keys)[0], ec.public_key());
  EXPECT_EQ((*keys)[1], rsa.public_key());
  EXPECT_EQ((*keys)[2], ca.key().public_key());
  EXPECT_EQ((*keys)[3], ec.public_key());
}

TEST(VerificationKeyFile, judges_a_block_by_its_content) {
  const auto key = generate(NewKey::p256);
  const auto keys = parse_public_keys(codec::to_pem("ANY LABEL", key.public_key().spki_der()));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->front(), key.public_key());
}

TEST_P(EveryKey, verifies_from_every_form_that_the_openssl_program_writes) {
  const fixture::TempDirectory directory;
  const auto path = [&](std::string_view name) { return cat(directory.path(), '/', name); };
  const auto openssl = [](const std::string& arguments) {
    // Every word is this test's own.
    const auto command = cat("openssl ", arguments, " >/dev/null 2>&1");
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
  };
  EXPECT_TRUE(write_file_durably(path("pkcs8"), key_.to_pem().reveal(), 0600));
  const bool rsa = GetParam().type == KeyType::rsa;
  openssl(cat("pkey -traditional -in ", path("pkcs8"), " -out ", path("traditional")));
  openssl(cat("pkey -pubout -in ", path("pkcs8"), " -out ", path("spki")));
  openssl(cat("req -x509 -new -subj /CN=x -key ", path("pkcs8"), " -out ", path("certificate")));
  std::vector<std::string> names{"pkcs8", "traditional", "spki", "certificate"};
  if (rsa) {
    openssl(cat("rsa -RSAPublicKey_out -in ", path("pkcs8"), " -out ", path("pkcs1_public")));
    names.emplace_back("pkcs1_public");
  } else {
    // As `openssl ecparam -genkey` writes it.
    openssl(cat("ec -param_out -in ", path("pkcs8"), " -out ", path("parameters")));
    fixture::write_text(path("with_parameters"),
                        fixture::slurp(path("parameters")) + fixture::slurp(path("traditional")));
    EXPECT_TRUE(fixture::slurp(path("with_parameters")).starts_with("-----BEGIN EC PARAMETERS"));
    names.emplace_back("with_parameters");
  }
  for (const auto& name : names) {
    const auto text = read_file(path(name), 65536);
    ASSERT_TRUE(text) << name;
    const auto keys = parse_public_keys(*text);
    ASSERT_TRUE(keys) << name << ": " << keys.error().message;
    ASSERT_EQ(keys->size(), 1U) << name;
    EXPECT_EQ(keys->front(), key_.public_key()) << name;
    const bool private_form = text->contains("PRIVATE KEY");
    const auto signing = PrivateKey::parse_pem(*text);
    EXPECT_EQ(signing.has_value(), private_form) << name;
    if (signing) EXPECT_EQ(signing->public_key(), key_.public_key()) << name;
  }
}

TEST(PublicKey, gives_a_compressed_point_the_encoding_every_key_has) {
  const auto key = generate(NewKey::p256).public_key();
  const auto point = key.ec_point();
  // SubjectPublicKeyInfo of P-256 with a compressed point, written by hand.
  const bool odd = (static_cast<unsigned char>(point.y.back()) & 1U) != 0;
  std::string der =
      "\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d"
      "\x03\x01\x07\x03\x22";
  der += '\0';
  der += odd ? '\x03' : '\x02';
  der += point.x;
  const auto compressed = PublicKey::from_spki(der);
  ASSERT_TRUE(compressed) << compressed.error().message;
  EXPECT_EQ(*compressed, key);
}

TEST(PublicKey, refuses_weak_and_malformed_numbers) {
  const auto rsa = generate(NewKey::rsa2048).public_key().rsa_numbers();
  const PkeyPtr weak(EVP_RSA_gen(1024));
  auto even = rsa.n;
  even.back() = static_cast<char>(static_cast<unsigned char>(even.back()) & 0xfeU);
  EXPECT_FALSE(PublicKey::from_rsa(std::string(1, '\0') + rsa.n, rsa.e));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n, std::string(1, '\0') + rsa.e));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n, "\x01"));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n, "\x04"));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n, "\x01\x01\x01\x01\x01"));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n, ""));
  EXPECT_FALSE(PublicKey::from_rsa("", rsa.e));
  EXPECT_FALSE(PublicKey::from_rsa(even, rsa.e));
  EXPECT_FALSE(PublicKey::from_rsa(rsa.n.substr(0, 128), rsa.e));
  EXPECT_FALSE(PublicKey::from_rsa(std::string(1025, '\xff'), rsa.e));
  EXPECT_TRUE(PublicKey::from_rsa(rsa.n, rsa.e));
}

TEST(PublicKey, refuses_points_that_are_none) {
  const auto point = generate(NewKey::p256).public_key().ec_point();
  auto off = point.y;
  off.back() = static_cast<char>(static_cast<unsigned char>(off.back()) ^ 1U);
  EXPECT_FALSE(PublicKey::from_ec(KeyType::p256, point.x, off));
  EXPECT_FALSE(PublicKey::from_ec(KeyType::p256, point.x.substr(1), point.y));
  EXPECT_FALSE(PublicKey::from_ec(KeyType::p384, point.x, point.y));
  EXPECT_FALSE(PublicKey::from_ec(KeyType::rsa, "", ""));
  EXPECT_FALSE(PublicKey::from_ec(KeyType::p256, std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_TRUE(PublicKey::from_ec(KeyType::p256, point.x, point.y));
}

TEST(PublicKey, refuses_trailing_bytes) {
  const auto key = generate(NewKey::p256);
  const auto& der = key.public_key().spki_der();
  EXPECT_TRUE(PublicKey::from_spki(der));
  EXPECT_FALSE(PublicKey::from_spki(der + '\0'));
  EXPECT_FALSE(PublicKey::from_spki(der.substr(1)));
  EXPECT_FALSE(PublicKey::from_spki(""));
}

}  // namespace
}  // namespace signet::crypto
