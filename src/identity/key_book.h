// Which keys an authority has, what each is for at the moment, and until when it is needed: the
// rules of rotation, without files and threads.
//
//   published --> signing --> retiring --> gone
//
//   A new key is published, so that relying parties have it before they see its first token. It
//   signs from `signs_from` on; then the key before it retires, and is believed until the last
//   token it may have signed has expired.
//
// Shape    a value; every change is a new one, so that what is on disk and in force is always a
//          whole. Exactly one key signs, at most one is published.
// Units    `longest` is no sum over tokens but the longest lifetime that was ever promised by the
//          key, in the steps of lifetime_step(): it is written down before the first such token is
//          answered, a handful of times in the life of a key.
// Errors   parse(), invalid: no book. A change, conflict, not_found or exhausted: why it cannot be
//          made, in a sentence; the book is as it was then.
// Limits   keys_max keys are believed at a time, because relying parties read no more;
//          gone_max that are gone are remembered, for the list.
// Source   tokens.md 9.2.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jose/algorithm.h"
#include "jose/jwk.h"

namespace signet::identity {

enum class KeyState : std::uint8_t { published, signing, retiring, gone };
std::string_view to_string(KeyState state);

// A lifetime of for ever, as of legacy tokens.
inline constexpr std::chrono::seconds endless = std::chrono::seconds::max();

struct KeyRecord {
  std::string kid;
  std::string file;  // in the directory of keys
  jose::Algorithm algorithm = jose::Algorithm::rs256;
  KeyState state = KeyState::published;
  UnixTime since;       // when it came into this state
  UnixTime signs_from;  // of a published key: when it will; of the others: when it began
  // Of a retiring key: a time at which it certainly signed no more. None: it was not written down.
  std::optional<UnixTime> stopped;
  std::chrono::seconds longest{0};  // of what expires; 0: it never signed
  bool signed_endless = false;      // it signed what never expires, and that is still believed

  bool never_signed() const { return longest.count() == 0 && !signed_endless; }
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

// When a retiring key is needed no more; nullopt: only somebody's word ends it.
std::optional<UnixTime> end_of(const KeyRecord& key);

// The smallest step that `lifetime` fits in; `endless` for what is longer than any token that
// expires.
std::chrono::seconds lifetime_step(std::chrono::seconds lifetime);

class KeyBook {
 public:
  static constexpr std::size_t keys_max = jose::jwks_keys_max;
  static constexpr std::size_t gone_max = 16;
  static constexpr std::size_t text_bytes_max = std::size_t{64} * 1024;

  KeyBook() = default;
  static Result<KeyBook> parse(std::string_view text);
  std::string to_text() const;

  // In the order in which they were made.
  const std::vector<KeyRecord>& keys() const { return keys_; }
  const KeyRecord* find(std::string_view kid) const;
  const KeyRecord* signing() const { return in_state(KeyState::signing); }
  const KeyRecord* published() const { return in_state(KeyState::published); }
  // When something happens next by itself.
  std::optional<UnixTime> next_change() const;

  // Changes.

  // The first key, or one found without a book. It signs.
  void begin(KeyRecord key);
  // Without a replacement already published; with `replace` that one goes instead.
  Result<void> may_publish(bool replace) const;
  Result<void> publish(KeyRecord key, bool replace);
  // The published key signs; the one before retires.
  Result<void> switch_over(UnixTime now);
  // Everybody has stopped signing with retiring keys by `now`.
  void note_stopped(UnixTime now);
  // Before a token of this lifetime is signed by a key. True: there is something new to write.
  bool promise(std::string_view kid, std::chrono::seconds lifetime);
  // A retiring key gives up what never expires; with `now` it is believed no longer at all. A
  // published key goes at once: it never signed.
  Result<void> retire(std::string_view kid, bool at_once, UnixTime now);
  // Retiring keys whose end has come are gone. True: some were.
  bool expire(UnixTime now);
  // Forgets a key as if it had never been made: its file was never written.
  void forget(std::string_view kid);

 private:
  const KeyRecord* in_state(KeyState state) const;
  KeyRecord* find_own(std::string_view kid);
  static void end(KeyRecord& key, UnixTime now);
  void forget_oldest_gone();
  Result<void> check() const;

  std::vector<KeyRecord> keys_;
};

}  // namespace signet::identity
