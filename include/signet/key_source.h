// Where a TokenVerifier takes the issuer's public keys from.
//
//   auto keys = signet::KeySource::from_file("/etc/issuer/jwks.json");
//   if (!keys) return explain(keys.error());
//
// Shape    a JSON Web Key Set: {"keys":[...]}. Copies share the same keys.
// Errors   what is wrong with the document, or why the file cannot be read. A key that is of no use
//          (another `use`, an unknown type) is skipped; a set without a usable key is refused, and
//          so is one that holds a private key.
// Limits   128 KiB, 64 entries, 32 usable keys.
// Threads  safe from any thread.
// Source   RFC 7517 s5.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "signet/export.h"

namespace signet {

class SIGNET_EXPORT KeySource {
 public:
  // Keys that never change.
  static std::expected<KeySource, std::string> from_jwks(std::string_view document);

  // Keys of a file that others replace. A verification reads it again once `reread_after` is over;
  // while the file cannot be read or used, the last good keys stay.
  static std::expected<KeySource, std::string> from_file(
      std::string path, std::chrono::seconds reread_after = std::chrono::seconds{10});

 private:
  friend class TokenVerifier;
  struct State;
  explicit KeySource(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace signet
