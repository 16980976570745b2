// A pod's status as kubelets report it: phase, conditions and the state of each container.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "codec/json.h"
#include "node/runtime.h"

namespace signet::node {

struct ContainerReport {
  std::string name;
  std::string image;
  std::string id;                       // "signet-sandbox://..."; empty before the first start
  std::optional<ContainerState> state;  // none, or created: waiting
  std::string waiting_reason = "ContainerCreating";
  std::string waiting_message;
  // The run before this one.
  std::optional<ContainerState> last;
  std::string last_id;
  int restarts = 0;
  bool final = false;  // exited and not to be started again
};

struct PodReport {
  std::vector<ContainerReport> init;
  std::vector<ContainerReport> main;
  std::string host_ip;
  Instant started_at{};
};

enum class PodPhase : std::uint8_t { pending, running, succeeded, failed };

PodPhase phase_of(const PodReport& report);

// The status to be patched. `previous` is the status the pod has: conditions that did not change
// keep their times.
codec::Json pod_status(const PodReport& report, const codec::Json& previous, Instant now);

// `status` as a strategic merge patch over `previous`: what a condition no longer says is nulled.
codec::Json status_patch(codec::Json status, const codec::Json& previous);

// Why a container ended: "Completed", "Error".
std::string_view exit_reason(const ContainerState& state);

}  // namespace signet::node
