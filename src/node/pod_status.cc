#include "node/pod_status.h"

#include <algorithm>

#include "base/cat.h"
#include "codec/rfc3339.h"

namespace signet::node {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;
using Phase = ContainerState::Phase;

std::string text_of(Instant instant) {
  return codec::to_rfc3339(whole_seconds(instant));
}

bool is_running(const ContainerReport& container) {
  return container.state && container.state->phase == Phase::running;
}
bool has_exited(const ContainerReport& container) {
  return container.state && container.state->phase == Phase::exited;
}
bool succeeded(const ContainerReport& container) {
  return has_exited(container) && container.final && container.state->exit_code == 0;
}
bool failed(const ContainerReport& container) {
  return has_exited(container) && container.final && container.state->exit_code != 0;
}

JsonObject terminated(const ContainerState& state, const std::string& id) {
  JsonObject out;
  out["exitCode"] = state.exit_code;
  out["reason"] = exit_reason(state);
  if (!state.message.empty()) out["message"] = state.message;
  out["startedAt"] = text_of(state.started_at);
  out["finishedAt"] = text_of(state.finished_at);
  if (!id.empty()) out["containerID"] = id;
  return out;
}

JsonObject state_of(const ContainerReport& container) {
  JsonObject out;
  if (is_running(container)) {
    out["running"] = JsonObject{{"startedAt", text_of(container.state->started_at)}};
  } else if (has_exited(container)) {
    out["terminated"] = terminated(*container.state, container.id);
  } else {
    JsonObject waiting{{"reason", container.waiting_reason}};
    if (!container.waiting_message.empty()) waiting["message"] = container.waiting_message;
    out["waiting"] = std::move(waiting);
  }
  return out;
}

JsonArray container_statuses(const std::vector<ContainerReport>& containers, bool init) {
  JsonArray out;
  for (const auto& container : containers) {
    JsonObject status;
    status["name"] = container.name;
    status["state"] = state_of(container);
    JsonObject last;
    if (container.last) last["terminated"] = terminated(*container.last, container.last_id);
    status["lastState"] = std::move(last);
    status["ready"] = init ? succeeded(container) : is_running(container);
    status["restartCount"] = container.restarts;
    status["image"] = container.image;
    status["imageID"] = "";
    if (!container.id.empty()) status["containerID"] = container.id;
    status["started"] = is_running(container);
    out.emplace_back(std::move(status));
  }
  return out;
}

struct Condition {
  std::string_view type;
  bool holds = false;
  std::string_view reason;
  std::string message;
};

JsonObject condition_object(const Condition& condition, const Json& previous, Instant now) {
  const std::string_view status = condition.holds ? "True" : "False";
  auto since = text_of(now);
  for (const auto& old : codec::array_at(previous, "conditions")) {
    if (codec::string_at(old, "type") == condition.type &&
        codec::string_at(old, "status") == status &&
        !codec::string_at(old, "lastTransitionTime").empty()) {
      since = codec::string_at(old, "lastTransitionTime");
    }
  }
  JsonObject out{{"type", condition.type}, {"status", status}, {"lastTransitionTime", since}};
  if (!condition.reason.empty()) out["reason"] = condition.reason;
  if (!condition.message.empty()) out["message"] = condition.message;
  return out;
}

JsonArray conditions(const PodReport& report, PodPhase phase, const Json& previous, Instant now) {
  const bool initialized = std::ranges::all_of(report.init, succeeded);
  std::string waiting;
  for (const auto& container : report.main) {
    if (!is_running(container)) append(waiting, waiting.empty() ? "" : " ", container.name);
  }
  const bool ready = initialized && waiting.empty();
  std::string_view reason;
  std::string message;
  if (phase == PodPhase::succeeded) {
    reason = "PodCompleted";
  } else if (phase == PodPhase::failed) {
    reason = "PodFailed";
  } else if (!ready) {
    reason = "ContainersNotReady";
    message = cat("containers with unready status: [", waiting, ']');
  }
  Condition init{.type = "Initialized", .holds = initialized, .reason = "", .message = ""};
  if (!initialized) {
    std::string names;
    for (const auto& container : report.init) {
      if (!succeeded(container)) append(names, names.empty() ? "" : " ", container.name);
    }
    init.reason = "ContainersNotInitialized";
    init.message = cat("containers with incomplete status: [", names, ']');
  }
  JsonArray out;
  out.emplace_back(condition_object(init, previous, now));
  for (const std::string_view type : {"Ready", "ContainersReady"}) {
    out.emplace_back(condition_object(
        {.type = type, .holds = ready, .reason = reason, .message = message}, previous, now));
  }
  return out;
}

constexpr std::string_view to_string(PodPhase phase) {
  switch (phase) {
    case PodPhase::pending:
      return "Pending";
    case PodPhase::running:
      return "Running";
    case PodPhase::succeeded:
      return "Succeeded";
    case PodPhase::failed:
      break;
  }
  return "Failed";
}

}  // namespace

std::string_view exit_reason(const ContainerState& state) {
  if (!state.message.empty())
    return state.exit_code == 128 ? "StartError" : "ContainerStatusUnknown";
  return state.exit_code == 0 ? "Completed" : "Error";
}

PodPhase phase_of(const PodReport& report) {
  if (std::ranges::any_of(report.init, failed)) return PodPhase::failed;
  if (!std::ranges::all_of(report.init, succeeded)) return PodPhase::pending;
  const auto ended = [](const ContainerReport& c) { return succeeded(c) || failed(c); };
  if (!report.main.empty() && std::ranges::all_of(report.main, ended)) {
    return std::ranges::any_of(report.main, failed) ? PodPhase::failed : PodPhase::succeeded;
  }
  // Waiting for a restart is running; never having run is pending.
  const auto ran = [](const ContainerReport& c) {
    return is_running(c) || has_exited(c) || c.last.has_value();
  };
  return std::ranges::any_of(report.main, ran) ? PodPhase::running : PodPhase::pending;
}

Json pod_status(const PodReport& report, const Json& previous, Instant now) {
  const auto phase = phase_of(report);
  JsonObject status;
  status["phase"] = to_string(phase);
  status["conditions"] = conditions(report, phase, previous, now);
  status["hostIP"] = report.host_ip;
  // Containers share the host's network.
  status["podIP"] = report.host_ip;
  status["podIPs"] = JsonArray{JsonObject{{"ip", report.host_ip}}};
  status["startTime"] = text_of(report.started_at);
  if (!report.init.empty()) status["initContainerStatuses"] = container_statuses(report.init, true);
  status["containerStatuses"] = container_statuses(report.main, false);
  return status;
}

Json status_patch(Json status, const Json& previous) {
  auto* changed = codec::find(status, "conditions");
  if (changed == nullptr || !changed->is_array()) return status;
  for (auto& condition : changed->get_array()) {
    for (const auto& old : codec::array_at(previous, "conditions")) {
      if (codec::string_at(old, "type") != codec::string_at(condition, "type")) continue;
      for (const std::string_view field : {"reason", "message"}) {
        if (codec::find(old, field) != nullptr && codec::find(condition, field) == nullptr) {
          condition.get_object()[field] = nullptr;
        }
      }
    }
  }
  return status;
}

}  // namespace signet::node
