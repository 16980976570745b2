// Renders what /api and /apis say: which groups, versions and resources there are.
//
// Shape    compact JSON without a final newline. Groups and versions in the order of the registry
//          (the first version of a group is the preferred one), resources and verbs by name.
// Source   api.md A.2, A.3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machinery/registry.h"

namespace signet::machinery {

struct ApiGroup {
  std::string_view name;  // "" is the core group
  std::vector<std::string_view> versions;
};
std::vector<ApiGroup> groups_of(const Registry& registry);

std::string api_versions_json(const ApiGroup& core, std::string_view server_address);  // /api
std::string group_list_json(const std::vector<ApiGroup>& groups);                      // /apis
std::string group_json(const ApiGroup& group);                                         // /apis/G
// /api/v1, /apis/G/V
std::string resource_list_json(const Registry& registry, std::string_view group,
                               std::string_view version);
// APIGroupDiscoveryList of the core group, or of all named ones. `version`: "v2", "v2beta1".
std::string aggregated_json(const Registry& registry, const std::vector<ApiGroup>& groups,
                            bool core, std::string_view version);

}  // namespace signet::machinery
