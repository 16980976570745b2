#include "machinery/discovery_schema.h"

namespace signet::machinery {
namespace {

constexpr Field server_address_fields[] = {text(1, "clientCIDR"), text(2, "serverAddress")};
constexpr Schema server_address{"ServerAddressByClientCIDR", server_address_fields};

constexpr Field group_version_fields[] = {text(1, "groupVersion"), text(2, "version")};
constexpr Schema group_version{"GroupVersionForDiscovery", group_version_fields};

constexpr Field api_group_fields[] = {
    text(1, "name"),
    list(2, "versions", group_version),
    message(3, "preferredVersion", group_version),
};

constexpr Field api_group_list_fields[] = {list(1, "groups", api_group_schema)};

constexpr Field api_resource_fields[] = {
    text(1, "name"),
    text(6, "singularName"),
    boolean(2, "namespaced"),
    text(8, "group"),
    text(9, "version"),
    text(3, "kind"),
    scalar(4, "verbs", Type::text_list),
    list_of(5, "shortNames", Type::text),
    list_of(7, "categories", Type::text),
    text(10, "storageVersionHash"),
};
constexpr Schema api_resource{"APIResource", api_resource_fields};

constexpr Field api_resource_list_fields[] = {
    text(1, "groupVersion"),
    list(2, "resources", api_resource),
};

constexpr Field api_versions_fields[] = {
    list_of(1, "versions", Type::text),
    list(2, "serverAddressByClientCIDRs", server_address),
};

}  // namespace

constinit const Schema api_group_schema{"APIGroup", api_group_fields};
constinit const Schema api_group_list_schema{"APIGroupList", api_group_list_fields};
constinit const Schema api_resource_list_schema{"APIResourceList", api_resource_list_fields};
constinit const Schema api_versions_schema{"APIVersions", api_versions_fields};

}  // namespace signet::machinery
