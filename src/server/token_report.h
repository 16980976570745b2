// GET /signet/v1/tokens/report: whose tokens are still to be migrated
// (identity/migration_report.h).
#pragma once

#include "base/clock.h"
#include "identity/migration_ledger.h"
#include "server/own_endpoints.h"

namespace signet::server {

inline constexpr std::string_view token_report_path = "/signet/v1/tokens/report";

// Both outlive `own`.
void add_token_report(OwnEndpoints& own, identity::MigrationLedger& ledger, const Clock& clock);

}  // namespace signet::server
