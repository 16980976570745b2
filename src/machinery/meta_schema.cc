#include "machinery/meta_schema.h"

namespace signet::machinery {
namespace {

constexpr Field preconditions_fields[] = {
    text(1, "uid").optional(),
    text(2, "resourceVersion").optional(),
};
constexpr Schema preconditions{"Preconditions", preconditions_fields, meta_package};

// `kind` and `apiVersion` stand only in JSON: no protobuf field has the number 0.
constexpr Field delete_options_fields[] = {
    text(0, "kind"),
    text(0, "apiVersion"),
    int64(1, "gracePeriodSeconds").optional(),
    message(2, "preconditions", preconditions).optional(),
    boolean(3, "orphanDependents").optional(),
    text(4, "propagationPolicy").optional(),
    list_of(5, "dryRun", Type::text),
    boolean(6, "ignoreStoreReadErrorWithClusterBreakingPotential").optional(),
};

constexpr Field list_meta_fields[] = {
    text(1, "selfLink"),
    text(2, "resourceVersion"),
    text(3, "continue"),
    int64(4, "remainingItemCount").optional(),
};

constexpr Field status_cause_fields[] = {
    text(1, "reason"),
    text(2, "message"),
    text(3, "field"),
};
constexpr Schema status_cause{"StatusCause", status_cause_fields, meta_package};

constexpr Field status_details_fields[] = {
    text(1, "name"),
    text(2, "group"),
    text(3, "kind"),
    text(6, "uid"),
    list(4, "causes", status_cause),
    int32(5, "retryAfterSeconds"),
};
constexpr Schema status_details{"StatusDetails", status_details_fields, meta_package};

constexpr Field status_fields[] = {
    message(1, "metadata", list_meta),
    text(2, "status"),
    text(3, "message"),
    text(4, "reason"),
    message(5, "details", status_details).optional(),
    int32(6, "code"),
};

constexpr Field partial_metadata_fields[] = {message(1, "metadata", object_meta)};

}  // namespace

constinit const Schema delete_options_schema{"DeleteOptions", delete_options_fields, meta_package};
constinit const Schema list_meta{"ListMeta", list_meta_fields, meta_package};
constinit const Schema status_schema{"Status", status_fields, meta_package};
constinit const Schema partial_metadata_schema{"PartialObjectMetadata", partial_metadata_fields,
                                               meta_package};

}  // namespace signet::machinery
