#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr std::string_view core_package = "io.k8s.api.core.v1";

constexpr Field local_object_reference_fields[] = {text(1, "name")};

constexpr Field object_reference_fields[] = {
    text(1, "kind"),       text(2, "namespace"),       text(3, "name"),      text(4, "uid"),
    text(5, "apiVersion"), text(6, "resourceVersion"), text(7, "fieldPath"),
};

constexpr Field label_requirement_fields[] = {
    text(1, "key").required(),
    text(2, "operator").required(),
    list_of(3, "values", Type::text),
};
constexpr Field label_selector_fields[] = {
    map_of(1, "matchLabels", Type::text),
    list(2, "matchExpressions", label_requirement),
};

}  // namespace

constinit const Schema local_object_reference{"LocalObjectReference", local_object_reference_fields,
                                              core_package, true};
constinit const Schema object_reference{"ObjectReference", object_reference_fields, core_package,
                                        true};
constinit const Schema label_requirement{"LabelSelectorRequirement", label_requirement_fields,
                                         machinery::meta_package};
constinit const Schema label_selector{"LabelSelector", label_selector_fields,
                                      machinery::meta_package, true};

}  // namespace signet::kinds
