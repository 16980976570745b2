#include "machinery/schema.h"

namespace signet::machinery {
namespace {

constexpr Field owner_reference_fields[] = {
    text(5, "apiVersion").required(),    text(1, "kind").required(),
    text(3, "name").required(),          text(4, "uid").required(),
    boolean(6, "controller").optional(), boolean(7, "blockOwnerDeletion").optional(),
};
constexpr Schema owner_reference{"OwnerReference", owner_reference_fields, meta_package, true};

constexpr Field managed_fields_entry_fields[] = {
    text(1, "manager"),     text(2, "operation"),
    text(3, "apiVersion"),  scalar(4, "time", Type::time),
    text(6, "fieldsType"),  scalar(7, "fieldsV1", Type::raw),
    text(8, "subresource"),
};
constexpr Schema managed_fields_entry{"ManagedFieldsEntry", managed_fields_entry_fields,
                                      meta_package};

constexpr Field object_meta_fields[] = {
    text(1, "name"),
    text(2, "generateName"),
    text(3, "namespace"),
    text(4, "selfLink"),
    text(5, "uid"),
    text(6, "resourceVersion"),
    int64(7, "generation"),
    scalar(8, "creationTimestamp", Type::time),
    scalar(9, "deletionTimestamp", Type::time),
    int64(10, "deletionGracePeriodSeconds").optional(),
    map_of(11, "labels", Type::text),
    map_of(12, "annotations", Type::text),
    list(13, "ownerReferences", owner_reference).merged_by("uid"),
    list_of(14, "finalizers", Type::text).merged_as_set(),
    // Kept when it is empty: that asks to forget who owns what.
    list(17, "managedFields", managed_fields_entry).optional(),
};

}  // namespace

constinit const Schema object_meta{"ObjectMeta", object_meta_fields, meta_package};

}  // namespace signet::machinery
