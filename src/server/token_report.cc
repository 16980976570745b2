#include "server/token_report.h"

#include "identity/migration_report.h"

namespace signet::server {
namespace {

Task<machinery::ApiResult<codec::Json>> report(identity::MigrationLedger* ledger, UnixTime now) {
  co_return identity::to_report(ledger->contents(now));
}

}  // namespace

void add_token_report(OwnEndpoints& own, identity::MigrationLedger& ledger, const Clock& clock) {
  own.add("GET", token_report_path, [&ledger, &clock](const OwnRequest&) {
    return report(&ledger, whole_seconds(clock.now()));
  });
}

}  // namespace signet::server
