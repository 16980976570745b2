#include "kinds/pod_actions_schema.h"

#include "kinds/common_schema.h"
#include "machinery/meta_schema.h"

namespace signet::kinds {
namespace {

constexpr Field binding_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "target", object_reference),
};

constexpr Field eviction_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "deleteOptions", machinery::delete_options_schema).optional(),
};

}  // namespace

constinit const Schema binding_schema{"Binding", binding_fields};
constinit const Schema eviction_schema{"Eviction", eviction_fields};

}  // namespace signet::kinds
