#include "machinery/meta_schema.h"

namespace signet::machinery {
namespace {

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
constexpr Schema status_cause{"StatusCause", status_cause_fields};

constexpr Field status_details_fields[] = {
    text(1, "name"),
    text(2, "group"),
    text(3, "kind"),
    text(6, "uid"),
    list(4, "causes", status_cause),
    int32(5, "retryAfterSeconds"),
};
constexpr Schema status_details{"StatusDetails", status_details_fields};

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

constinit const Schema list_meta{"ListMeta", list_meta_fields};
constinit const Schema status_schema{"Status", status_fields};
constinit const Schema partial_metadata_schema{"PartialObjectMetadata", partial_metadata_fields};

}  // namespace signet::machinery
