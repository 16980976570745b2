// Verdicts that were found before: of one token on one route, for as long as nothing they rest on
// can have changed.
//
//   const auto key = cache.key(token, route.id);
//   if (auto known = cache.find(key); known && known->holds(moment)) ...
//   cache.add(std::make_shared<const Remembered>(...));
//
// Shape    a token is kept as a keyed digest of all its bytes and its route, compared in full, so
//          that nobody can choose two that meet. Whoever looks compares the generations of policy
//          and keys and the times. The least recently used entry goes first.
// Limits   Options::entries; 60 s for each, which its maker sees to.
// Threads  safe from any thread: 32 parts, each with a lock of its own. A thread's RecentVerdicts
//          stand in front of it without one.
// Source   verify.md B.15 (verified-token cache), A.12 (31, 32).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/guarded.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "party/old_audiences.h"
#include "party/relying_party.h"
#include "verify/moment.h"

namespace signet::party {

struct Remembered {
  crypto::Sha256 key{};
  Verdict verdict;
  std::uint64_t policy_generation = 0;
  std::string issuer;  // whose key generation it rests on; empty: on none
  std::uint64_t key_generation = 0;
  std::optional<UnixTime> not_before;
  std::optional<UnixTime> expires_at;
  std::chrono::seconds clock_skew{0};
  verify::SteadyTime fresh_until{};           // the result of a review, or of anything that ages
  std::shared_ptr<OldAudience> old_audience;  // null unless an old audience alone let it in

  // By the clocks; generations are the caller's business.
  bool holds(const verify::Moment& now) const;
};
using RememberedPtr = std::shared_ptr<const Remembered>;

struct VerdictKeyHash {
  std::size_t operator()(const crypto::Sha256& key) const;
};

class VerdictCache {
 public:
  VerdictCache(std::size_t entries, Random& random);

  crypto::Sha256 key(std::string_view token, std::uint32_t route) const;
  RememberedPtr find(const crypto::Sha256& key);
  void add(RememberedPtr remembered);
  void clear();
  std::size_t size() const;

 private:
  static constexpr std::size_t parts = 32;
  using Recent = std::list<RememberedPtr>;  // the most recently used first
  struct Part {
    Recent recent;
    std::unordered_map<crypto::Sha256, Recent::iterator, VerdictKeyHash> index;
  };

  Guarded<Part>& part_of(const crypto::Sha256& key);

  std::size_t part_entries_max_;
  std::array<std::byte, 32> secret_;
  std::array<Guarded<Part>, parts> parts_;
};

// What one thread saw last, found by the token itself: comparing it costs a tenth of a digest.
//
// Limits   1,024 tokens of 2 KiB, twice what they usually have; larger ones are found by digest.
class RecentVerdicts {
 public:
  static constexpr std::size_t token_bytes_max = 2'048;

  // Null: not there.
  const Remembered* find(std::string_view token, std::uint32_t route) const;
  void add(std::string_view token, std::uint32_t route, RememberedPtr remembered);

 private:
  static constexpr std::size_t entries = 1'024;
  struct Entry {
    Secret token;
    std::uint32_t route = 0;
    RememberedPtr remembered;
  };
  static std::size_t place_of(std::string_view token, std::uint32_t route);
  std::array<Entry, entries> entries_;
};

}  // namespace signet::party
