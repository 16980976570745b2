// Digests, and comparing what must not be guessed byte by byte.
//
//   auto id = sha256(der);                      // 32 bytes
//   if (!equal_in_constant_time(given, kept)) ...
//
// Threads  safe from any thread; each thread keeps one prepared context.
// Source   FIPS 180-4, RFC 2104.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace signet::crypto {

enum class Digest : std::uint8_t { sha256, sha384, sha512 };

using Sha256 = std::array<std::byte, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
// Of the parts one after another. Where one ends is not authenticated: add lengths.
Sha256 hmac_sha256(std::string_view key, std::span<const std::string_view> parts);

// The digest as bytes to be encoded: 32, 48 or 64 of them.
std::string digest(Digest kind, std::string_view bytes);

inline std::string_view as_bytes(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Takes the same time whatever the contents; lengths are not hidden.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace signet::crypto
