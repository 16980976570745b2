// What this program is, and which Kubernetes its wire is that of.
#pragma once

#include <string>
#include <string_view>

namespace signet::server {

inline constexpr std::string_view signet_version = "0.1.0";

// The document of /version.
std::string version_json();

}  // namespace signet::server
