// What the use of a token that should be replaced leaves behind: counters, words in the audit
// record, a warning, a date on its secret, a line of the migration report.
//
//   tracker.names_no_audience({claims, use, now});
//   tracker.accepted({claims, use, now}, checked);
//
// Shape    counters move for tokens that are asked about as well; record and warnings are those of
//          the request that a token came with, and TokenUse has none of them for a review.
//          A token with nothing to be told of costs a look at what is known of it.
// Threads  one a loop; the ledger and the last uses are shared and safe.
// Source   tokens.md 4.5, 5.5, 5.7, 11.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "identity/last_uses.h"
#include "identity/migration_ledger.h"
#include "identity/token_use.h"
#include "telemetry/metrics.h"
#include "token/checks.h"
#include "token/claims.h"

namespace signet::identity {

// Where it goes beside the request; null: nowhere.
struct Tracking {
  MigrationLedger* ledger = nullptr;
  LastUses* last_uses = nullptr;
};

class UseTracker {
 public:
  struct Seen {
    const token::ParsedClaims& claims;
    const TokenUse& use;
    Instant now;
  };

  UseTracker(Tracking tracking, telemetry::Registry& metrics);

  // Of every token whose signature is good, whatever else becomes of it.
  void names_no_audience(const Seen& seen);
  // How old an extended token is.
  void aged(const Seen& seen, const token::Checked& checked);
  // A legacy token was looked up in its secret and let pass, or was marked invalid.
  void accepted_legacy(const Seen& seen, const token::CheckedLegacy& checked);
  void refused_legacy(const Seen& seen, const token::LegacyRefusal& refused);

  // For the report alone.
  void found(const Seen& seen, Finding finding, std::string_view wanted = {});
  // `wanted` are those that the reviewer asked for beside ours.
  void found_default_audience(const Seen& seen, std::span<const std::string> requested,
                              std::span<const std::string> ours);

 private:
  void touch(const Seen& seen, bool unrecorded);

  Tracking tracking_;
  telemetry::Counter legacy_tokens_;
  telemetry::Counter stale_tokens_;
  telemetry::Counter valid_tokens_;
  telemetry::Counter automatic_;
  telemetry::Counter manual_;
  telemetry::Counter invalid_;
};

}  // namespace signet::identity
