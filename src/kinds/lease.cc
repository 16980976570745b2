// Lease: who holds something, and until when; what leaders are elected with and nodes are alive by.
#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/kinds.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr Field spec_fields[] = {
    text(1, "holderIdentity").optional(),       int32(2, "leaseDurationSeconds").optional(),
    scalar(3, "acquireTime", Type::micro_time), scalar(4, "renewTime", Type::micro_time),
    int32(5, "leaseTransitions").optional(),    text(6, "strategy").optional(),
    text(7, "preferredHolder").optional(),
};
constexpr Schema spec{"LeaseSpec", spec_fields};

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", spec),
};
constexpr Schema schema{"Lease", fields};

Json holder_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "spec.holderIdentity");
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Holder", .description = "Who holds it", .cell = holder_cell},
    age_column,
};

void validate_strategy(std::string_view strategy, FieldErrors& errors) {
  if (strategy.empty() || strategy == "OldestEmulationVersion") return;
  if (!strategy.contains('/')) {
    return errors.unsupported("spec.strategy", quoted(strategy), {"OldestEmulationVersion"});
  }
  for (const auto& message : machinery::qualified_name_messages(strategy)) {
    errors.invalid("spec.strategy", quoted(strategy), message);
  }
}

void validate(const Json& object, FieldErrors& errors) {
  if (const auto seconds = codec::int_at(object, "spec.leaseDurationSeconds");
      seconds && *seconds <= 0) {
    errors.invalid("spec.leaseDurationSeconds", cat(*seconds), "must be greater than 0");
  }
  if (const auto count = codec::int_at(object, "spec.leaseTransitions"); count && *count < 0) {
    errors.invalid("spec.leaseTransitions", cat(*count), "must be greater than or equal to 0");
  }
  const auto strategy = codec::string_at(object, "spec.strategy");
  validate_strategy(strategy, errors);
  if (strategy.empty() && !codec::string_at(object, "spec.preferredHolder").empty()) {
    errors.forbidden("spec.preferredHolder", "may only be specified when `strategy` is defined");
  }
}

}  // namespace

constinit const machinery::Kind lease{
    .group = "coordination.k8s.io",
    .version = "v1",
    .kind = "Lease",
    .plural = "leases",
    .singular = "lease",
    .description = "A Lease tells who holds something, and until when.",
    .verbs = all_verbs,
    .schema = &schema,
    .create_on_update = true,
    .columns = columns,
    .validate = validate,
};

}  // namespace signet::kinds
