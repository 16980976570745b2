// The keys that tokens are signed with and checked against.
//
//   TRY(auto keys, load_key_set({.signing_key_file = "a.key"}));
//   auto header = keys->signing->encoded_header;
//
// Shape    an immutable set: one key signs, or none where somebody outside does; all of them verify
//          and are published, in file order, unless an external signer keeps some of them back.
// Errors   invalid: a file holds no usable key; unavailable: it cannot be read or written.
// Limits   1 MiB a file, keys_max verification keys: a token without a key id is tried on all.
// Threads  immutable, but for what a key remembers of its use.
// Source   tokens.md 9.1: the signing key is not added to explicitly given verification keys.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/key.h"
#include "identity/key_use.h"
#include "jose/jwk.h"

namespace signet::identity {

struct SigningKey {
  crypto::PrivateKey key;
  jose::Algorithm algorithm;
  std::string encoded_header;   // of every token this key signs
  std::shared_ptr<KeyUse> use;  // null: nobody needs to know how long its tokens live
};

struct KeySet {
  std::optional<SigningKey> signing;
  std::vector<jose::VerificationKey> verification;
  std::size_t unpublished = 0;  // how many of the last of them relying parties are not shown

  std::span<const jose::VerificationKey> published() const {
    return std::span(verification).first(verification.size() - unpublished);
  }
};
using KeySetPtr = std::shared_ptr<const KeySet>;

KeySetPtr make_key_set(crypto::PrivateKey signing_key,
                       const std::vector<crypto::PublicKey>& verification,
                       std::shared_ptr<KeyUse> use = nullptr);

// Refuses what is no regular file: opening it may wait for ever. A link is fine: mounted secrets
// are links.
Result<std::string> read_key_file(const std::string& path);

// What Kubernetes' flags name.
struct KeyFiles {
  static constexpr std::size_t keys_max = 256;

  std::string signing_key_file;
  std::vector<std::string> verification_key_files;
};

Result<KeySetPtr> load_key_set(const KeyFiles& files);
// Changes with what is in them, and says nothing else about it.
Result<std::string> fingerprint(const KeyFiles& files);

}  // namespace signet::identity
