#include "crypto/signature_verifier.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "crypto/ed25519_point.h"
#include "crypto/native.h"

namespace signet::crypto {

namespace {

// Contexts a thread keeps; about a kilobyte each.
constexpr std::size_t slots_per_thread = 1024;
constexpr std::size_t der_bytes_max = 160;

// X.690 s8.3: the shortest two's complement; numbers here are never negative.
unsigned char* put_integer(unsigned char* out, std::string_view number) {
  while (number.size() > 1 && number.front() == '\0') number.remove_prefix(1);
  const bool pad = (static_cast<unsigned char>(number.front()) & 0x80U) != 0;
  *out++ = 0x02;
  *out++ = static_cast<unsigned char>(number.size() + (pad ? 1 : 0));
  if (pad) *out++ = 0;
  std::memcpy(out, number.data(), number.size());
  return out + number.size();
}

// r and s as the library wants them: SEQUENCE { INTEGER r, INTEGER s }. Returns the first byte used
// in `buffer` and the length.
std::pair<const unsigned char*, std::size_t> raw_to_der(
    std::string_view raw, std::array<unsigned char, der_bytes_max>& buffer) {
  constexpr std::size_t header = 3;
  const auto half = raw.size() / 2;
  auto* body = buffer.data() + header;
  const auto* end = put_integer(put_integer(body, raw.substr(0, half)), raw.substr(half));
  const auto length = static_cast<std::size_t>(end - body);
  auto* start = body;
  *--start = static_cast<unsigned char>(length);
  if (length >= 0x80) *--start = 0x81;
  *--start = 0x30;
  return {start, static_cast<std::size_t>(end - start)};
}

bool set_padding(EVP_PKEY_CTX* context, SignatureScheme scheme) {
  if (scheme.padding == RsaPadding::pkcs1) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  // The library would take a salt of any length, and another digest for MGF1 than asked for.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, fetched(scheme.digest)) == 1;
}

bool verify_ed25519(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  if (is_small_order_ed25519(signature.substr(0, ed25519_point_bytes))) return false;
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool good = context &&
                    EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key,
                                            nullptr) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(message), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace

struct SignatureVerifier::Impl {
  PublicKey key;  // keeps what `context` uses
  SignatureScheme scheme;
  PkeyContextPtr context;  // none for Ed25519, which the library verifies in one go only
};

SignatureVerifier::SignatureVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SignatureVerifier::SignatureVerifier(SignatureVerifier&&) noexcept = default;
SignatureVerifier& SignatureVerifier::operator=(SignatureVerifier&&) noexcept = default;
SignatureVerifier::~SignatureVerifier() = default;

Result<SignatureVerifier> SignatureVerifier::create(const PublicKey& key, SignatureScheme scheme) {
  if (key.type() == KeyType::ed25519) {
    return SignatureVerifier(
        std::make_unique<Impl>(Impl{.key = key, .scheme = scheme, .context = nullptr}));
  }
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native()->pkey.get(), nullptr));
  bool ok = context && EVP_PKEY_verify_init(context.get()) == 1;
  if (key.type() == KeyType::rsa) {
    ok = ok && set_padding(context.get(), scheme);
  }
  ok = ok && EVP_PKEY_CTX_set_signature_md(context.get(), fetched(scheme.digest)) == 1;
  if (!ok) {
    ERR_clear_error();
    return fail(ErrorKind::internal, "signature: the key cannot verify");
  }
  return SignatureVerifier(
      std::make_unique<Impl>(Impl{.key = key, .scheme = scheme, .context = std::move(context)}));
}

bool SignatureVerifier::verify(std::string_view message, std::string_view signature) {
  if (signature.size() != impl_->key.native()->signature_bytes) return false;
  if (impl_->key.type() == KeyType::ed25519) {
    return verify_ed25519(impl_->key.native()->pkey.get(), message, signature);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  const auto hash_bytes = digest_into(impl_->scheme.digest, message, hash.data());
  int good = 0;
  if (impl_->key.type() == KeyType::rsa) {
    good = EVP_PKEY_verify(impl_->context.get(), bytes_of(signature), signature.size(), hash.data(),
                           hash_bytes);
  } else {
    std::array<unsigned char, der_bytes_max> buffer{};
    const auto [der, der_bytes] = raw_to_der(signature, buffer);
    good = EVP_PKEY_verify(impl_->context.get(), der, der_bytes, hash.data(), hash_bytes);
  }
  if (good != 1) ERR_clear_error();
  return good == 1;
}

bool verify_signature(const PublicKey& key, SignatureScheme scheme, std::string_view message,
                      std::string_view signature) {
  struct Slot {
    std::uint64_t serial = 0;
    SignatureScheme scheme;
    std::optional<SignatureVerifier> verifier;
  };
  thread_local std::vector<Slot> slots(slots_per_thread);

  const auto serial = key.native()->serial;
  auto& slot = slots[serial % slots_per_thread];
  if (slot.serial != serial || slot.scheme != scheme) {
    auto verifier = SignatureVerifier::create(key, scheme);
    if (!verifier) return false;
    slot = Slot{.serial = serial, .scheme = scheme, .verifier = *std::move(verifier)};
  }
  return slot.verifier->verify(message, signature);
}

}  // namespace signet::crypto
