// The migration report as JSON: what the authority answers with and what it keeps on disk.
//
//   {"kind":"TokenReport","version":1,"at":"2026-11-30T08:00:00Z","since":"2026-11-28T08:00:00Z",
//    "droppedAccounts":0,"droppedSources":0,
//    "items":[{"finding":"legacy_token","namespace":"shop","serviceAccount":"web",
//              "firstSeen":"...","lastSeen":"...","count":3,
//              "sources":[{"address":"10.0.0.7","reviewer":"system:serviceaccount:vault:vault",
//                          "wantedAudiences":"vault","tokenOf":"pod/web-0",
//                          "lastSeen":"...","count":3}]}]}
//
// Shape    empty members of a source are left out.
// Errors   parse: invalid, and which item is not what was written. One bad item spoils the whole.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "identity/migration_ledger.h"

namespace signet::identity {

inline constexpr std::size_t report_bytes_max = std::size_t{64} << 20;

codec::Json to_report(const LedgerContents& contents);
Result<LedgerContents> parse_report(std::string_view text);
Result<LedgerContents> read_report(const codec::Json& report);

}  // namespace signet::identity
