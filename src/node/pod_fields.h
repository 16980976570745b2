// What a pod says about itself to its containers: downward API fields, and who its volumes belong
// to.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace signet::node {

// The text of a fieldRef.fieldPath: metadata.name, metadata.labels['k'], spec.nodeName, ... Labels
// and annotations as a whole are sorted lines key="value" without a final newline.
Result<std::string> pod_field(const codec::Json& pod, std::string_view field_path);

struct VolumeOwner {
  std::optional<uid_t> user;   // the one user that all containers run as
  std::optional<gid_t> group;  // the pod's fsGroup
};

VolumeOwner volume_owner(const codec::Json& pod);

// A user or group id from a container's security context, or else from the pod's.
std::optional<std::uint32_t> security_id(const codec::Json& pod, const codec::Json& container,
                                         std::string_view field);

}  // namespace signet::node
