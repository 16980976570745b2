// The last good key sets on disk, so that a restart needs no network.
//
//   TRY(auto store, KeyStore::open(directory, random));
//   for (auto& set : store.load().value_or({})) adopt(set);
//   TRY_VOID(store.save(sets));
//
// Shape    DIR/keysets, written whole and durably, with an HMAC-SHA-256 under DIR/keysets.key,
//          which is made at first and readable by its owner alone. Integers are little-endian,
//          texts are their length and their bytes.
// Errors   load(): invalid if the file is cut, changed or of another version: start without it.
//          open(): the directory or the key file cannot be used.
// Limits   file 1 GiB; a set as jose/jwk.h.
// Threads  one at a time.
// Source   verify.md B.15, "persistence".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "jose/algorithm.h"
#include "verify/key_set.h"

namespace signet::verify {

struct StoredSet {
  crypto::Sha256 source{};  // what the keys were asked for by: source_plan.h
  Instant fetched_at;
  std::string etag;
  std::string last_modified;
  std::string jwks_uri;
  std::optional<Instant> document_read_at;
  std::vector<jose::Algorithm> algorithms;
  std::shared_ptr<const KeySet> keys;  // generation 0 when loaded
};

class KeyStore {
 public:
  static Result<KeyStore> open(const std::string& directory, Random& random);

  Result<std::vector<StoredSet>> load() const;  // empty when nothing was ever saved
  Result<void> save(std::span<const StoredSet> sets) const;

 private:
  KeyStore(std::string path, Secret key) : path_(std::move(path)), key_(std::move(key)) {}

  std::string path_;
  Secret key_;
};

}  // namespace signet::verify
