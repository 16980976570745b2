#include "crypto/signer.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/try.h"
#include "crypto/native.h"

namespace signet::crypto {

namespace {

// SEQUENCE { INTEGER r, INTEGER s } of a P-521 signature, and some.
constexpr std::size_t der_bytes_max = 160;

// The INTEGER at `at`, right-aligned into `out`. Returns what follows it, or null.
const unsigned char* take_integer(const unsigned char* at, const unsigned char* end, char* out,
                                  std::size_t width) {
  if (end - at < 2 || at[0] != 0x02 || at[1] > end - at - 2) return nullptr;
  std::size_t length = at[1];
  at += 2;
  const auto* next = at + length;
  while (length > 0 && *at == 0) {
    ++at;
    --length;
  }
  if (length > width) return nullptr;
  std::memset(out, 0, width - length);
  std::memcpy(out + (width - length), at, length);
  return next;
}

bool der_to_raw(const unsigned char* der, std::size_t size, std::string& raw, std::size_t width) {
  const auto* end = der + size;
  const std::size_t header = size > 1 && der[1] == 0x81 ? 3 : 2;
  if (size < header) return false;
  const auto* after_r = take_integer(der + header, end, raw.data(), width);
  return after_r != nullptr && take_integer(after_r, end, raw.data() + width, width) == end;
}

}  // namespace

struct Signer::Impl {
  PrivateKey key;  // keeps what `context` uses
  Digest digest;
  PkeyContextPtr context;
};

Signer::Signer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<Signer> Signer::create(const PrivateKey& key, Digest digest) {
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native()->pkey.get(), nullptr));
  bool ok = context && EVP_PKEY_sign_init(context.get()) == 1;
  if (key.type() == KeyType::rsa) {
    ok = ok && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1;
  }
  ok = ok && EVP_PKEY_CTX_set_signature_md(context.get(), fetched(digest)) == 1;
  if (!ok) {
    ERR_clear_error();
    return fail(ErrorKind::internal, "signer: the key cannot sign");
  }
  return Signer(
      std::make_unique<Impl>(Impl{.key = key, .digest = digest, .context = std::move(context)}));
}

Result<std::string> Signer::sign(std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  const auto hash_bytes = digest_into(impl_->digest, message, hash.data());
  const auto type = impl_->key.type();
  std::string signature(impl_->key.native()->signature_bytes, '\0');
  bool ok = false;
  if (type == KeyType::rsa) {
    std::size_t length = signature.size();
    ok = EVP_PKEY_sign(impl_->context.get(), bytes_of(signature), &length, hash.data(),
                       hash_bytes) == 1 &&
         length == signature.size();
  } else {
    std::array<unsigned char, der_bytes_max> der{};
    std::size_t length = der.size();
    ok = EVP_PKEY_sign(impl_->context.get(), der.data(), &length, hash.data(), hash_bytes) == 1 &&
         der_to_raw(der.data(), length, signature, coordinate_bytes(type));
  }
  if (!ok) {
    ERR_clear_error();
    return fail(ErrorKind::internal, "signer: signing failed");
  }
  return signature;
}

Result<std::string> sign(const PrivateKey& key, Digest digest, std::string_view message) {
  struct Slot {
    std::uint64_t serial = 0;
    Digest digest = Digest::sha256;
    std::optional<Signer> signer;
  };
  thread_local std::array<Slot, 4> slots;
  thread_local std::size_t oldest = 0;

  const auto serial = key.native()->serial;
  auto slot = std::ranges::find_if(slots, [&](const Slot& candidate) {
    return candidate.serial == serial && candidate.digest == digest;
  });
  if (slot == slots.end()) {
    TRY(auto signer, Signer::create(key, digest));
    slot = slots.begin() + static_cast<std::ptrdiff_t>(oldest);
    oldest = (oldest + 1) % slots.size();
    *slot = Slot{.serial = serial, .digest = digest, .signer = std::move(signer)};
  }
  return slot->signer->sign(message);
}

}  // namespace signet::crypto
