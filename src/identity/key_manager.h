// Where an authority's keys come from, and what a person can do about them while it runs.
//
//   auto list = co_await keys.rotate({.at_once = false}, loop);
//
// Shape    three kinds: keys of our own (directory_keys.h), keys from files that somebody else
//          manages (file_keys.h) and those of an external signer (signer/external_signer.h). Each
//          owns the ring that everybody reads.
// Errors   conflict: not in the present state of the keys; the sentence says what to do instead.
// Threads  from any; what is awaited resumes on `loop`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/key.h"
#include "identity/key_ring.h"

namespace signet::identity {

struct KeyStatus {
  std::string kid;
  std::string algorithm;  // "RS256"
  std::string state;      // published signing retiring gone; of keys in files signing verifying
  UnixTime since;
  std::optional<UnixTime> signs_from;      // of a published key
  std::optional<UnixTime> verifies_until;  // none: see `why`
  std::string why;                         // a sentence
};
using KeyList = std::vector<KeyStatus>;

struct Rotation {
  std::optional<crypto::NewKey> new_key;  // none: of the same kind as the one that signs
  bool replace = false;                   // a key that waits to sign gives way
  bool at_once = false;                   // sign without waiting until relying parties have the key
};

class KeyManager {
 public:
  KeyManager() = default;
  KeyManager(const KeyManager&) = delete;
  KeyManager& operator=(const KeyManager&) = delete;
  virtual ~KeyManager() = default;

  virtual const KeyRing& ring() const = 0;

  // The list is as it is afterwards.
  virtual Callback<Result<KeyList>> list(Executor& loop) = 0;
  virtual Callback<Result<KeyList>> rotate(Rotation rotation, Executor& loop) = 0;
  virtual Callback<Result<KeyList>> retire(std::string kid, bool at_once, Executor& loop) = 0;

  // Finishes what was asked, refuses what comes later. Loops run on until it returns.
  virtual void stop() = 0;
};

// What is known already, as it is awaited.
Callback<Result<KeyList>> answer(Result<KeyList> list, Executor& loop);

// "RS256" with 2048, 3072 or 4096 bits, "ES256", "ES384", "ES512". `rsa_bits` 0: what is usual.
Result<crypto::NewKey> new_key_of(std::string_view algorithm, std::int64_t rsa_bits);

}  // namespace signet::identity
