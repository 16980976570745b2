#include "crypto/signature_verifier.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

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

}  // namespace

struct SignatureVerifier::Impl {
  PublicKey key;  // keeps what `context` uses
  Digest digest;
  PkeyContextPtr context;
};

SignatureVerifier::SignatureVerifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SignatureVerifier::SignatureVerifier(SignatureVerifier&&) noexcept = default;
SignatureVerifier& SignatureVerifier::operator=(SignatureVerifier&&) noexcept = default;
SignatureVerifier::~SignatureVerifier() = default;

Result<SignatureVerifier> SignatureVerifier::create(const PublicKey& key, Digest digest) {
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native()->pkey.get(), nullptr));
  bool ok = context && EVP_PKEY_verify_init(context.get()) == 1;
  if (key.type() == KeyType::rsa) {
    ok = ok && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1;
  }
  ok = ok && EVP_PKEY_CTX_set_signature_md(context.get(), fetched(digest)) == 1;
  if (!ok) {
    ERR_clear_error();
    return fail(ErrorKind::internal, "signature: the key cannot verify");
  }
  return SignatureVerifier(
      std::make_unique<Impl>(Impl{.key = key, .digest = digest, .context = std::move(context)}));
}

bool SignatureVerifier::verify(std::string_view message, std::string_view signature) {
  if (signature.size() != impl_->key.native()->signature_bytes) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  const auto hash_bytes = digest_into(impl_->digest, message, hash.data());
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

bool verify_signature(const PublicKey& key, Digest digest, std::string_view message,
                      std::string_view signature) {
  struct Slot {
    std::uint64_t serial = 0;
    Digest digest = Digest::sha256;
    std::optional<SignatureVerifier> verifier;
  };
  thread_local std::vector<Slot> slots(slots_per_thread);

  const auto serial = key.native()->serial;
  auto& slot = slots[serial % slots_per_thread];
  if (slot.serial != serial || slot.digest != digest) {
    auto verifier = SignatureVerifier::create(key, digest);
    if (!verifier) return false;
    slot = Slot{.serial = serial, .digest = digest, .verifier = *std::move(verifier)};
  }
  return slot.verifier->verify(message, signature);
}

}  // namespace signet::crypto
