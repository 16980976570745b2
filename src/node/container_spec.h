// Turns a container of a pod into what a runtime needs: command, environment, mounts, user.
//
//   TRY(auto spec, container_spec(pod, container, {objects, endpoint, volumes, log_path}));
//
// Shape    $(NAME) in command, args and values is expanded as Kubernetes does ($$ is a dollar).
// Errors   one sentence for the container's status: CreateContainerConfigError.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "node/projected_volume.h"
#include "node/runtime.h"

namespace signet::node {

// Where processes find the authority: KUBERNETES_SERVICE_HOST and _PORT.
struct ServiceEndpoint {
  std::string host;
  std::uint16_t port = 0;
};

struct ContainerSurroundings {
  ObjectReader& objects;
  const ServiceEndpoint& endpoint;
  // The directory of a volume by its name; empty when the pod has none of that name.
  std::function<std::string(std::string_view)> volume_directory;
  std::string log_path;
};

Result<ContainerSpec> container_spec(const codec::Json& pod, const codec::Json& container,
                                     const ContainerSurroundings& around);

}  // namespace signet::node
