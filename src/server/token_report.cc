#include "server/token_report.h"

#include "identity/migration_report.h"

namespace signet::server {

void add_token_report(OwnEndpoints& own, identity::MigrationLedger& ledger, const Clock& clock) {
  own.add("GET", token_report_path,
          [&ledger, &clock](OwnRequest) -> Task<machinery::ApiResult<codec::Json>> {
            co_return identity::to_report(ledger.contents(whole_seconds(clock.now())));
          });
}

}  // namespace signet::server
