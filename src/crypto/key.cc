#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include "base/try.h"
#include "codec/pem.h"
#include "crypto/ed25519_point.h"
#include "crypto/native.h"
#include "crypto/weak_rsa.h"

namespace signet::crypto {

namespace {

using DecoderPtr = std::unique_ptr<OSSL_DECODER_CTX, Release<OSSL_DECODER_CTX_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Release<PKCS8_PRIV_KEY_INFO_free>>;

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;

const char* group_name(KeyType curve) {
  switch (curve) {
    case KeyType::rsa:
    case KeyType::ed25519:
      return nullptr;
    case KeyType::p256:
      return SN_X9_62_prime256v1;
    case KeyType::p384:
      return SN_secp384r1;
    case KeyType::p521:
      return SN_secp521r1;
  }
  return nullptr;
}

std::optional<KeyType> curve_of(const EVP_PKEY* pkey) {
  std::array<char, 64> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(pkey, name.data(), name.size(), &length) != 1) return std::nullopt;
  const std::string_view found(name.data(), length);
  for (const auto curve : {KeyType::p256, KeyType::p384, KeyType::p521}) {
    if (found == group_name(curve)) return curve;
  }
  return std::nullopt;
}

BignumPtr number(const EVP_PKEY* pkey, const char* name) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &value) != 1) return nullptr;
  return BignumPtr(value);
}

std::string to_bytes(const BIGNUM* value, std::size_t width) {
  std::string bytes(width, '\0');
  if (BN_bn2binpad(value, bytes_of(bytes), static_cast<int>(width)) < 0) return {};
  return bytes;
}

Result<void> check_rsa(const EVP_PKEY* pkey) {
  const int bits = EVP_PKEY_get_bits(pkey);
  if (bits < rsa_bits_min || bits > rsa_bits_max) {
    return fail(ErrorKind::invalid, "RSA key: the modulus must have 2048 to 8192 bits");
  }
  const auto n = number(pkey, OSSL_PKEY_PARAM_RSA_N);
  const auto e = number(pkey, OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e || BN_is_odd(n.get()) == 0) {
    return fail(ErrorKind::invalid, "RSA key: the modulus must be odd");
  }
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 || BN_num_bits(e.get()) > 32) {
    return fail(ErrorKind::invalid, "RSA key: the exponent must be odd, above 1 and below 2^32");
  }
  return {};
}

Result<void> check_ed25519(const EVP_PKEY* pkey) {
  std::string point(ed25519_point_bytes, '\0');
  auto size = point.size();
  if (EVP_PKEY_get_raw_public_key(pkey, bytes_of(point), &size) != 1 || size != point.size()) {
    return fail(ErrorKind::internal, "Ed25519 key: cannot be read");
  }
  if (!is_reduced_ed25519(point) || is_small_order_ed25519(point)) {
    return fail(ErrorKind::invalid, "Ed25519 key: a point that no key has");
  }
  return {};
}

Result<KeyType> check_key(EVP_PKEY* pkey) {
  if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
    TRY_VOID(check_rsa(pkey));
    return KeyType::rsa;
  }
  if (EVP_PKEY_is_a(pkey, "ED25519") == 1) {
    TRY_VOID(check_ed25519(pkey));
    return KeyType::ed25519;
  }
  if (EVP_PKEY_is_a(pkey, "EC") != 1) {
    return fail(ErrorKind::invalid, "key: neither RSA, EC nor Ed25519");
  }
  const auto curve = curve_of(pkey);
  if (!curve) return fail(ErrorKind::invalid, "EC key: the curve must be P-256, P-384 or P-521");
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (!context || EVP_PKEY_public_check_quick(context.get()) != 1) {
    return fail(ErrorKind::invalid, "EC key: the point is not on the curve");
  }
  // However the point was written, a key has one encoding and thus one key id.
  if (EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1) {
    return fail(ErrorKind::internal, "EC key: cannot choose the point format");
  }
  return *curve;
}

Result<std::shared_ptr<const NativeKey>> adopt(PkeyPtr pkey) {
  TRY(const auto type, check_key(pkey.get()));
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(pkey.get(), &der);
  if (length <= 0) return fail(ErrorKind::internal, "key: cannot be encoded");
  std::string spki(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  const auto signature_bytes =
      type == KeyType::rsa ? (static_cast<std::size_t>(EVP_PKEY_get_bits(pkey.get())) + 7) / 8
                           : 2 * coordinate_bytes(type);
  return std::make_shared<const NativeKey>(NativeKey{.pkey = std::move(pkey),
                                                     .type = type,
                                                     .signature_bytes = signature_bytes,
                                                     .spki = std::move(spki),
                                                     .serial = new_key_serial()});
}

// One key in DER of exactly this structure, with nothing behind it.
PkeyPtr decode(std::string_view der, const char* structure, const char* type, int selection) {
  EVP_PKEY* decoded = nullptr;
  const DecoderPtr context(
      OSSL_DECODER_CTX_new_for_pkey(&decoded, "DER", structure, type, selection, nullptr, nullptr));
  const auto* at = bytes_of(der);
  std::size_t left = der.size();
  const bool ok = context && OSSL_DECODER_from_data(context.get(), &at, &left) == 1;
  PkeyPtr pkey(decoded);
  if (!ok || left != 0) return nullptr;
  return pkey;
}

constexpr int private_half = OSSL_KEYMGMT_SELECT_PRIVATE_KEY;

bool is_pkcs8(std::string_view der) {
  const auto* at = bytes_of(der);
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  return info != nullptr;
}

// The library takes PKCS#8 for these as well, whatever structure it is asked for.
PkeyPtr decode_pkcs1(std::string_view der) {
  return is_pkcs8(der) ? nullptr : decode(der, "type-specific", "RSA", private_half);
}
PkeyPtr decode_sec1(std::string_view der) {
  return is_pkcs8(der) ? nullptr : decode(der, "type-specific", "EC", private_half);
}
PkeyPtr decode_pkcs8(std::string_view der, const char* type) {
  return decode(der, "PrivateKeyInfo", type, private_half);
}
PkeyPtr decode_spki(std::string_view der) {
  return decode(der, "SubjectPublicKeyInfo", nullptr, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
}

// RSAPublicKey of RFC 8017 A.1.1.
PkeyPtr decode_pkcs1_public(std::string_view der) {
  return decode(der, "type-specific", "RSA", OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
}

PkeyPtr decode_certificate_key(std::string_view der) {
  const auto* at = bytes_of(der);
  const X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate || at != bytes_of(der) + der.size()) return nullptr;
  return PkeyPtr(X509_get_pubkey(certificate.get()));
}

PkeyPtr decode_private_block(const codec::PemBlock& block) {
  if (block.label == "RSA PRIVATE KEY") return decode_pkcs1(block.der);
  if (block.label == "EC PRIVATE KEY") return decode_sec1(block.der);
  if (block.label != "PRIVATE KEY") return nullptr;
  auto rsa = decode_pkcs8(block.der, "RSA");
  return rsa ? std::move(rsa) : decode_pkcs8(block.der, "EC");
}

PkeyPtr decode_verification_block(std::string_view der) {
  auto pkey = decode_pkcs1(der);
  if (!pkey) pkey = decode_pkcs8(der, "RSA");
  if (!pkey) pkey = decode_sec1(der);
  if (!pkey) pkey = decode_pkcs8(der, "EC");
  if (!pkey) pkey = decode_spki(der);
  if (!pkey) pkey = decode_pkcs1_public(der);
  if (!pkey) pkey = decode_certificate_key(der);
  return pkey;
}

PkeyPtr from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(pkey);
}

PkeyPtr generate_native(NewKey kind) {
  switch (kind) {
    case NewKey::rsa2048:
      return PkeyPtr(EVP_RSA_gen(2048));
    case NewKey::rsa3072:
      return PkeyPtr(EVP_RSA_gen(3072));
    case NewKey::rsa4096:
      return PkeyPtr(EVP_RSA_gen(4096));
    case NewKey::p256:
      return PkeyPtr(EVP_EC_gen(group_name(KeyType::p256)));
    case NewKey::p384:
      return PkeyPtr(EVP_EC_gen(group_name(KeyType::p384)));
    case NewKey::p521:
      return PkeyPtr(EVP_EC_gen(group_name(KeyType::p521)));
  }
  return nullptr;
}

Result<std::vector<codec::PemBlock>> parse_blocks(std::string_view pem) {
  auto blocks = codec::parse_pem(pem);
  if (!blocks) return in_context("key", std::move(blocks).error());
  return blocks;
}

// Halves that belong to different keys would sign what nobody can verify.
bool verifies_what_it_signs(EVP_PKEY* pkey) {
  constexpr unsigned char text = 0;
  const DigestContextPtr context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(pkey)), '\0');
  std::size_t size = signature.size();
  return context &&
         EVP_DigestSignInit(context.get(), nullptr, fetched(Digest::sha256), nullptr, pkey) == 1 &&
         EVP_DigestSign(context.get(), bytes_of(signature), &size, &text, 1) == 1 &&
         EVP_MD_CTX_reset(context.get()) == 1 &&
         EVP_DigestVerifyInit(context.get(), nullptr, fetched(Digest::sha256), nullptr, pkey) ==
             1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), size, &text, 1) == 1;
}

void wipe(std::vector<codec::PemBlock>& blocks) {
  for (auto& block : blocks) OPENSSL_cleanse(block.der.data(), block.der.size());
}

}  // namespace

std::uint64_t new_key_serial() {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

Result<PublicKey> PublicKey::from_ed25519(std::string_view x) {
  const QuietErrors quiet;
  if (x.size() != ed25519_point_bytes) {
    return fail(ErrorKind::invalid, "Ed25519 key: a coordinate has the wrong length");
  }
  PkeyPtr pkey(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(x), x.size()));
  if (!pkey) return fail(ErrorKind::invalid, "Ed25519 key: not a public key");
  TRY(auto native, adopt(std::move(pkey)));
  return PublicKey(std::move(native));
}

Result<PublicKey> PublicKey::from_spki(std::string_view der) {
  const QuietErrors quiet;
  auto pkey = decode_spki(der);
  if (!pkey) return fail(ErrorKind::invalid, "public key: not a SubjectPublicKeyInfo");
  TRY(auto native, adopt(std::move(pkey)));
  return PublicKey(std::move(native));
}

Result<PublicKey> PublicKey::from_rsa(std::string_view n, std::string_view e) {
  const QuietErrors quiet;
  if (n.empty() || n.front() == '\0' || e.empty() || e.front() == '\0') {
    return fail(ErrorKind::invalid, "RSA key: a number is empty or has a leading zero byte");
  }
  if (n.size() > rsa_bits_max / 8 || e.size() > 4) {
    return fail(ErrorKind::invalid, "RSA key: a number is too large");
  }
  if (is_weak_rsa_modulus(n)) return fail(ErrorKind::invalid, "RSA key: the modulus is weak");
  const BignumPtr modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr));
  const BignumPtr exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr));
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return fail(ErrorKind::internal, "RSA key: out of memory");
  }
  auto pkey = from_parameters("RSA", builder.get());
  if (!pkey) return fail(ErrorKind::invalid, "RSA key: not a public key");
  TRY(auto native, adopt(std::move(pkey)));
  return PublicKey(std::move(native));
}

Result<PublicKey> PublicKey::from_ec(KeyType curve, std::string_view x, std::string_view y) {
  const QuietErrors quiet;
  const auto width = coordinate_bytes(curve);
  if (width == 0 || x.size() != width || y.size() != width) {
    return fail(ErrorKind::invalid, "EC key: a coordinate has the wrong length");
  }
  std::string point("\x04");  // SEC 1 s2.3.3: uncompressed
  point += x;
  point += y;
  const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve),
                                      0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return fail(ErrorKind::internal, "EC key: out of memory");
  }
  auto pkey = from_parameters("EC", builder.get());
  if (!pkey) return fail(ErrorKind::invalid, "EC key: the point is not on the curve");
  TRY(auto native, adopt(std::move(pkey)));
  return PublicKey(std::move(native));
}

KeyType PublicKey::type() const {
  return native_->type;
}
std::size_t PublicKey::signature_bytes() const {
  return native_->signature_bytes;
}
const std::string& PublicKey::spki_der() const {
  return native_->spki;
}
std::string PublicKey::to_pem() const {
  return codec::to_pem("PUBLIC KEY", native_->spki);
}

RsaNumbers PublicKey::rsa_numbers() const {
  const QuietErrors quiet;
  const auto n = number(native_->pkey.get(), OSSL_PKEY_PARAM_RSA_N);
  const auto e = number(native_->pkey.get(), OSSL_PKEY_PARAM_RSA_E);
  if (!n || !e) return {};
  return {.n = to_bytes(n.get(), static_cast<std::size_t>(BN_num_bytes(n.get()))),
          .e = to_bytes(e.get(), static_cast<std::size_t>(BN_num_bytes(e.get())))};
}

EcPoint PublicKey::ec_point() const {
  const QuietErrors quiet;
  const auto x = number(native_->pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X);
  const auto y = number(native_->pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
  if (!x || !y) return {};
  const auto width = coordinate_bytes(native_->type);
  return {.x = to_bytes(x.get(), width), .y = to_bytes(y.get(), width)};
}

Result<PrivateKey> PrivateKey::generate(NewKey kind) {
  const QuietErrors quiet;
  auto pkey = generate_native(kind);
  if (!pkey) return fail(ErrorKind::internal, "key: cannot be generated");
  TRY(auto native, adopt(std::move(pkey)));
  auto public_key = PublicKey::from_spki(native->spki);
  if (!public_key) return std::unexpected(std::move(public_key).error());
  return PrivateKey(std::move(native), *std::move(public_key));
}

Result<PrivateKey> PrivateKey::parse_pem(std::string_view pem) {
  const QuietErrors quiet;
  TRY(auto blocks, parse_blocks(pem));
  PkeyPtr pkey;
  for (const auto& block : blocks) {
    pkey = decode_private_block(block);
    if (pkey) break;
  }
  wipe(blocks);
  if (!pkey) {
    return fail(ErrorKind::invalid, "data does not contain a valid RSA or ECDSA private key");
  }
  TRY(auto native, adopt(std::move(pkey)));
  if (!verifies_what_it_signs(native->pkey.get())) {
    return fail(ErrorKind::invalid, "the private half belongs to another key than the public one");
  }
  TRY(auto public_key, PublicKey::from_spki(native->spki));
  return PrivateKey(std::move(native), std::move(public_key));
}

KeyType PrivateKey::type() const {
  return native_->type;
}

Secret PrivateKey::to_pem() const {
  if (native_->in_token) return Secret();
  const QuietErrors quiet;
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(native_->pkey.get()));
  unsigned char* der = nullptr;
  const int length = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  if (length <= 0) return Secret();
  const auto size = static_cast<std::size_t>(length);
  Secret pem(codec::to_pem("PRIVATE KEY", {reinterpret_cast<const char*>(der), size}));
  OPENSSL_clear_free(der, size);
  return pem;
}

Result<std::vector<PublicKey>> parse_public_keys(std::string_view pem) {
  const QuietErrors quiet;
  TRY(auto blocks, parse_blocks(pem));
  std::vector<PublicKey> keys;
  for (const auto& block : blocks) {
    auto pkey = decode_verification_block(block.der);
    if (!pkey) continue;
    auto native = adopt(std::move(pkey));
    if (!native || (*native)->type == KeyType::ed25519) continue;
    // Through the encoding, so that a private half does not live on in a verification key.
    if (auto key = PublicKey::from_spki((*native)->spki)) keys.push_back(*std::move(key));
  }
  wipe(blocks);
  if (keys.empty()) {
    return fail(ErrorKind::invalid, "data does not contain any valid RSA or ECDSA public keys");
  }
  return keys;
}

}  // namespace signet::crypto
