#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>
#include <span>

#include "crypto/native.h"

namespace signet::crypto {

namespace {

const EVP_MD* fetch(const char* name) {
  const EVP_MD* found = EVP_MD_fetch(nullptr, name, nullptr);
  if (found == nullptr) std::abort();  // a crypto library without SHA-2 is none
  return found;
}

EVP_MD_CTX* thread_context() {
  thread_local const DigestContextPtr context(EVP_MD_CTX_new());
  return context.get();
}

// Memory exhaustion aside, hashing cannot fail; going on with a wrong digest would be worse.
void require(int ok) {
  if (ok != 1) std::abort();
}

constexpr std::size_t block_bytes = 64;
using Block = std::array<unsigned char, block_bytes>;

void hash_parts(const Block& first, std::span<const std::string_view> parts, unsigned char* out) {
  auto* context = thread_context();
  require(EVP_DigestInit_ex2(context, fetched(Digest::sha256), nullptr));
  require(EVP_DigestUpdate(context, first.data(), first.size()));
  for (const auto part : parts) require(EVP_DigestUpdate(context, part.data(), part.size()));
  require(EVP_DigestFinal_ex(context, out, nullptr));
}

}  // namespace

const EVP_MD* fetched(Digest kind) {
  static const EVP_MD* const sha256 = fetch("SHA256");
  static const EVP_MD* const sha384 = fetch("SHA384");
  static const EVP_MD* const sha512 = fetch("SHA512");
  switch (kind) {
    case Digest::sha256:
      return sha256;
    case Digest::sha384:
      return sha384;
    case Digest::sha512:
      return sha512;
  }
  return sha256;
}

std::size_t digest_into(Digest kind, std::string_view bytes, unsigned char* out) {
  auto* context = thread_context();
  unsigned int length = 0;
  require(EVP_DigestInit_ex2(context, fetched(kind), nullptr));
  require(EVP_DigestUpdate(context, bytes.data(), bytes.size()));
  require(EVP_DigestFinal_ex(context, out, &length));
  return length;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 result{};
  digest_into(Digest::sha256, bytes, reinterpret_cast<unsigned char*>(result.data()));
  return result;
}

std::string digest(Digest kind, std::string_view bytes) {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  result.resize(digest_into(kind, bytes, bytes_of(result)));
  return result;
}

Sha256 hmac_sha256(std::string_view key, std::span<const std::string_view> parts) {
  Block inner{};
  Block outer{};
  Sha256 hashed_key{};
  if (key.size() > block_bytes) {
    hashed_key = sha256(key);
    key = as_bytes(hashed_key);
  }
  std::memcpy(inner.data(), key.data(), key.size());
  outer = inner;
  for (auto& byte : inner) byte ^= 0x36U;  // RFC 2104 s2
  for (auto& byte : outer) byte ^= 0x5cU;

  Sha256 result{};
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  hash_parts(inner, parts, out);
  const std::array<std::string_view, 1> inner_digest{as_bytes(result)};
  hash_parts(outer, inner_digest, out);
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  return result;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  return hmac_sha256(key, std::span(&bytes, 1));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace signet::crypto
