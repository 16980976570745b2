// What the engine says about a key, and one thread's way to ask without waiting.
//
//   KeyReader keys(engine.board());              // one a thread
//   const auto found = keys.find(iss, kid, jose::Algorithm::rs256);
//   if (found.answer == KeyAnswer::keys) check(*found.key);
//
// Shape    a verdict that was cached with `generation` holds while generation(issuer) is the same:
//          a generation is never used twice in a process, not even after an issuer was away.
// Cost     no lock unless a key set or the configuration changed since this thread last looked.
// Threads  a KeyReader serves one thread. The engine must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "jose/algorithm.h"
#include "verify/key_set.h"

namespace signet::verify {

enum class KeyAnswer : std::uint8_t {
  keys,
  unknown_issuer,    // not configured: refuse, no network is asked
  unknown_key,       // the issuer publishes no such key
  keys_unavailable,  // nobody can know just now: 503, not 401
};
std::string_view to_string(KeyAnswer answer);

struct KeyLookup {
  KeyAnswer answer = KeyAnswer::unknown_issuer;
  std::uint64_t generation = 0;                // 0 unless there is a usable key set
  const jose::VerificationKey* key = nullptr;  // until this reader is used again
};

class KeyBoard;

class KeyReader {
 public:
  explicit KeyReader(KeyBoard& board);
  ~KeyReader();
  KeyReader(KeyReader&&) noexcept;
  KeyReader& operator=(KeyReader&&) = delete;

  KeyLookup find(std::string_view issuer, std::string_view kid, jose::Algorithm algorithm);
  // For a token without kid: the only key of that algorithm; unknown_key when there are several.
  KeyLookup find_only(std::string_view issuer, jose::Algorithm algorithm);
  // 0: unknown, or no usable keys now.
  std::uint64_t generation(std::string_view issuer);

 private:
  struct Held;
  const KeySet* set_of(std::string_view issuer, KeyLookup& lookup);

  std::unique_ptr<Held> held_;
};

}  // namespace signet::verify
