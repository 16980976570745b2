// The SHA-256 of tokens that come again and again: comparing one costs a tenth of its digest.
//
//   const auto* known = recent.find(token);
//   const auto digest = known != nullptr ? *known : crypto::sha256(token);
//
// Shape    a digest says nothing about a token, whatever becomes of it, so nothing here is ever out
//          of date.
// Limits   256 tokens of 2 KiB, twice what they usually have.
// Threads  one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/digest.h"

namespace signet::identity {

class RecentDigests {
 public:
  static constexpr std::size_t token_bytes_max = 2'048;

  // Null: not there.
  const crypto::Sha256* find(std::string_view token) const {
    const auto& entry = entries_[place_of(token)];
    return !token.empty() && entry.token.reveal() == token ? &entry.digest : nullptr;
  }
  void add(std::string_view token, const crypto::Sha256& digest) {
    if (token.size() > token_bytes_max) return;
    entries_[place_of(token)] = {.token = Secret(std::string(token)), .digest = digest};
  }

 private:
  static constexpr std::size_t entries = 256;
  struct Entry {
    Secret token;
    crypto::Sha256 digest{};
  };
  // By its signature, which no two tokens share.
  static std::size_t place_of(std::string_view token) {
    constexpr std::size_t enough = 16;
    const auto end = token.substr(token.size() < enough ? 0 : token.size() - enough);
    return std::hash<std::string_view>()(end) % entries;
  }

  std::array<Entry, entries> entries_;
};

}  // namespace signet::identity
