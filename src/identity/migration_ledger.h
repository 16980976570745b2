// Who must still be migrated: which service accounts present tokens of a kind that is to go, since
// when, from where, and who was shown them.
//
//   ledger.record({.finding = Finding::legacy_token, .ns = "shop", .account = "web",
//                  .address = "10.0.0.7:4242", .object = "secret/web-token"}, now);
//   for (const auto& one : ledger.contents(now).entries) ...
//
// Shape    an entry for each account and finding, with the sources it was seen from. What was not
//          seen for `keep` is gone, so the gauge falls when a migration gets somewhere.
// Units    whole seconds.
// Limits   `accounts_max` entries with `sources_max` sources each; the one that was not seen for
//          longest makes room, and the drop is counted. Texts of `text_bytes_max` bytes, which no
//          token fits into: one that somebody asks for as an audience is never whole here.
// Threads  safe from any thread. Takes a lock, so that only tokens with something to report pay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "telemetry/metrics.h"

namespace signet::identity {

// The enumerator is also the metric label and the word in the report.
enum class Finding : std::uint8_t {
  legacy_token,      // of a secret: without end
  stale_token,       // of a mounted volume, extended, past the time it should have been read again
  default_audience,  // for the API server's audience, shown to a service that has its own
};
inline constexpr std::array all_findings{Finding::legacy_token, Finding::stale_token,
                                         Finding::default_audience};
std::string_view to_string(Finding finding);

struct Sighting {
  Finding finding;
  std::string_view ns;
  std::string_view account;
  std::string_view address;   // of the client, or of the reviewer; a port does not count
  std::string_view reviewer;  // empty: it came as a credential
  std::string_view wanted;    // audiences that the reviewer asked for beside ours: "vault, db"
  std::string_view object;    // what the token is of: "secret/web-token", "pod/web-0"
};

struct Source {
  std::string address;
  std::string reviewer;
  std::string wanted;
  std::string object;
  UnixTime last_seen;
  std::uint64_t count = 0;

  friend bool operator==(const Source&, const Source&) = default;
};

struct ToMigrate {
  Finding finding;
  std::string ns;
  std::string account;
  UnixTime first_seen;
  UnixTime last_seen;
  std::uint64_t count = 0;
  std::vector<Source> sources;  // the latest first

  friend bool operator==(const ToMigrate&, const ToMigrate&) = default;
};

struct LedgerContents {
  UnixTime at;                     // when this was so
  UnixTime since;                  // that this is kept
  std::vector<ToMigrate> entries;  // the latest first
  std::uint64_t accounts_dropped = 0;
  std::uint64_t sources_dropped = 0;

  friend bool operator==(const LedgerContents&, const LedgerContents&) = default;
};

class MigrationLedger {
 public:
  static constexpr std::size_t text_bytes_max = 128;
  static constexpr std::size_t name_bytes_max = 253;    // of an account, and of a namespace
  static constexpr std::size_t object_bytes_max = 264;  // "secret/" and a name
  struct Options {
    std::size_t accounts_max = 8192;
    std::size_t sources_max = 8;
    std::chrono::seconds keep = std::chrono::days{40};  // longer than any month
  };

  MigrationLedger(Options options, UnixTime since, telemetry::Registry& metrics);

  void record(const Sighting& sighting, UnixTime now);
  // A deleted account has nothing to migrate.
  void forget(std::string_view ns, std::string_view account);

  LedgerContents contents(UnixTime now);
  // Takes over what contents() said before a restart; within the limits.
  void restore(LedgerContents contents);
  // Rises with every change: whether there is something to write down.
  std::uint64_t version() const;

 private:
  using Entries = std::list<ToMigrate>;  // the latest first
  struct State {
    UnixTime since;
    Entries entries;
    std::unordered_map<std::string, Entries::iterator> index;
    std::array<std::size_t, all_findings.size()> accounts{};
    std::uint64_t accounts_dropped = 0;
    std::uint64_t sources_dropped = 0;
    std::uint64_t version = 0;
  };

  ToMigrate& entry_of(State& state, const Sighting& sighting, UnixTime now);
  Source& source_of(State& state, ToMigrate& entry, const Sighting& sighting);
  void add(State& state, Entries::iterator entry);
  void erase(State& state, Entries::iterator entry);

  Options options_;
  Guarded<State> state_;
  std::vector<telemetry::Gauge> accounts_;  // by Finding
  telemetry::Counter accounts_dropped_;
  telemetry::Counter sources_dropped_;
};

}  // namespace signet::identity
