#include "kinds/pod_actions_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

using machinery::boolean;
using machinery::Field;
using machinery::int64;
using machinery::list_of;
using machinery::message;
using machinery::object_meta;
using machinery::Schema;
using machinery::text;
using machinery::Type;

constexpr Field binding_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "target", object_reference),
};

constexpr Field preconditions_fields[] = {
    text(1, "uid").optional(),
    text(2, "resourceVersion").optional(),
};
constexpr Schema preconditions{"Preconditions", preconditions_fields};

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
constexpr Schema delete_options{"DeleteOptions", delete_options_fields};

constexpr Field eviction_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "deleteOptions", delete_options).optional(),
};

}  // namespace

constinit const Schema binding_schema{"Binding", binding_fields};
constinit const Schema eviction_schema{"Eviction", eviction_fields};

}  // namespace signet::kinds
