// One version of an issuer's keys, immutable, small until used.
//
// Shape    a key is kept as its encoding and parsed for use when first asked for: of ten thousand
//          issuers with three keys each a program meets few.
// Threads  safe from any thread; two that ask first at once both parse, and one result stays.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jose/jwk.h"

namespace signet::verify {

// What a key set says of one key, as it is kept and written to disk.
struct KeyRecord {
  std::string kid;
  jose::Algorithm algorithm = jose::Algorithm::rs256;
  std::string spki_der;

  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

class KeySet {
 public:
  KeySet(std::vector<KeyRecord> records, std::uint64_t generation);
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  // Null when there is none, or its encoding is not that of a usable key.
  const jose::VerificationKey* find(std::string_view kid, jose::Algorithm algorithm) const;
  // The only one of that algorithm.
  const jose::VerificationKey* find_only(jose::Algorithm algorithm) const;
  // Whether find() and find_only() would look at a key; parses none.
  bool has(std::string_view kid, jose::Algorithm algorithm) const;
  bool has_only(jose::Algorithm algorithm) const;

  const std::vector<KeyRecord>& records() const { return records_; }
  std::uint64_t generation() const { return generation_; }

 private:
  const jose::VerificationKey* open(std::size_t index) const;

  std::vector<KeyRecord> records_;
  std::uint64_t generation_;
  std::unique_ptr<std::atomic<const jose::VerificationKey*>[]> opened_;
};

}  // namespace signet::verify
