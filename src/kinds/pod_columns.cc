#include "kinds/pod_columns.h"

#include <algorithm>

#include "base/cat.h"
#include "codec/rfc3339.h"
#include "kinds/common.h"
#include "machinery/age.h"

namespace signet::kinds {
namespace {

using codec::Json;

bool has_condition(const Json& pod, std::string_view type, std::string_view field,
                   std::string_view value) {
  return std::ranges::any_of(codec::array_at(pod, "status.conditions"), [&](const Json& one) {
    return codec::string_at(one, "type") == type && codec::string_at(one, field) == value;
  });
}

Instant finished_before(const Json& container_status) {
  const auto text = codec::string_at(container_status, "lastState.terminated.finishedAt");
  const auto time = codec::parse_rfc3339(text);
  return time ? *time : Instant{};
}

// How a container ended: its reason, or the signal or code it ended with.
std::string end_reason(const Json& terminated) {
  if (const auto reason = codec::string_at(terminated, "reason"); !reason.empty()) {
    return std::string(reason);
  }
  const auto signal = codec::int_at(terminated, "signal").value_or(0);
  if (signal != 0) return cat("Signal:", signal);
  return cat("ExitCode:", codec::int_at(terminated, "exitCode").value_or(0));
}

// An init container that keeps running beside the others.
bool is_sidecar(const Json& pod, std::string_view name) {
  return std::ranges::any_of(codec::array_at(pod, "spec.initContainers"), [&](const Json& one) {
    return codec::string_at(one, "name") == name &&
           codec::string_at(one, "restartPolicy") == "Always";
  });
}

struct Restarts {
  std::int64_t count = 0;
  Instant last{};

  void add(const Json& container_status) {
    count += codec::int_at(container_status, "restartCount").value_or(0);
    last = std::max(last, finished_before(container_status));
  }
};

// Reads the init containers up to the first that has not done its part; true if there is one.
bool summarise_init(const Json& pod, PodSummary& row, Restarts& all, Restarts& sidecars) {
  const auto total = codec::array_at(pod, "spec.initContainers").size();
  std::size_t index = 0;
  for (const Json& status : codec::array_at(pod, "status.initContainerStatuses")) {
    const bool sidecar = is_sidecar(pod, codec::string_at(status, "name"));
    all.add(status);
    if (sidecar) sidecars.add(status);
    const auto* terminated = codec::find(status, "state.terminated");
    const auto waiting = codec::string_at(status, "state.waiting.reason");
    if (terminated != nullptr && codec::int_at(*terminated, "exitCode").value_or(0) == 0) {
      ++index;
      continue;
    }
    if (sidecar && codec::bool_at(status, "started").value_or(false)) {
      if (codec::bool_at(status, "ready").value_or(false)) ++row.ready;
      ++index;
      continue;
    }
    if (terminated != nullptr) {
      row.status = cat("Init:", end_reason(*terminated));
    } else if (!waiting.empty() && waiting != "PodInitializing") {
      row.status = cat("Init:", waiting);
    } else {
      row.status = cat("Init:", index, '/', total);
    }
    return true;
  }
  return false;
}

// The first container has the last word.
void summarise_containers(const Json& pod, PodSummary& row, Restarts& restarts) {
  const auto& statuses = codec::array_at(pod, "status.containerStatuses");
  bool running = false;
  for (std::size_t left = statuses.size(); left > 0; --left) {
    const Json& status = statuses[left - 1];
    restarts.add(status);
    const auto waiting = codec::string_at(status, "state.waiting.reason");
    const auto* terminated = codec::find(status, "state.terminated");
    if (!waiting.empty()) {
      row.status = waiting;
    } else if (terminated != nullptr) {
      row.status = end_reason(*terminated);
    } else if (codec::bool_at(status, "ready").value_or(false) &&
               codec::find(status, "state.running") != nullptr) {
      running = true;
      ++row.ready;
    }
  }
  if (row.status == "Completed" && running) {
    row.status = has_condition(pod, "Ready", "status", "True") ? "Running" : "NotReady";
  }
}

Json ready_cell(const Json& pod, Instant /*now*/) {
  const auto row = summarise(pod);
  return text_cell(cat(row.ready, '/', row.total));
}

Json status_cell(const Json& pod, Instant /*now*/) {
  return text_cell(summarise(pod).status);
}

Json restarts_cell(const Json& pod, Instant now) {
  const auto row = summarise(pod);
  if (row.restarts == 0 || row.last_restart == Instant{}) return text_cell(cat(row.restarts));
  const auto age = std::chrono::floor<std::chrono::seconds>(now - row.last_restart);
  return text_cell(cat(row.restarts, " (", machinery::age_text(age), " ago)"));
}

Json ip_cell(const Json& pod, Instant /*now*/) {
  const auto& addresses = codec::array_at(pod, "status.podIPs");
  if (!addresses.empty()) return text_cell(addresses.front(), "ip", "<none>");
  return text_cell(pod, "status.podIP", "<none>");
}

Json node_cell(const Json& pod, Instant /*now*/) {
  return text_cell(pod, "spec.nodeName", "<none>");
}

Json nominated_cell(const Json& pod, Instant /*now*/) {
  return text_cell(pod, "status.nominatedNodeName", "<none>");
}

Json gates_cell(const Json& pod, Instant /*now*/) {
  const auto& gates = codec::array_at(pod, "spec.readinessGates");
  if (gates.empty()) return text_cell("<none>");
  const auto open = std::ranges::count_if(gates, [&](const Json& gate) {
    return has_condition(pod, codec::string_at(gate, "conditionType"), "status", "True");
  });
  return text_cell(cat(open, '/', gates.size()));
}

}  // namespace

PodSummary summarise(const Json& pod) {
  PodSummary row;
  row.total = codec::array_at(pod, "spec.containers").size();
  for (const Json& one : codec::array_at(pod, "spec.initContainers")) {
    if (codec::string_at(one, "restartPolicy") == "Always") ++row.total;
  }
  const auto phase = codec::string_at(pod, "status.phase");
  const auto reason = codec::string_at(pod, "status.reason");
  row.status = reason.empty() ? phase : reason;

  Restarts restarts;
  Restarts sidecars;
  const bool initializing = summarise_init(pod, row, restarts, sidecars);
  if (!initializing || has_condition(pod, "Initialized", "status", "True")) {
    restarts = sidecars;
    summarise_containers(pod, row, restarts);
  }
  row.restarts = restarts.count;
  row.last_restart = restarts.last;

  if (has_condition(pod, "PodScheduled", "reason", "SchedulingGated")) {
    row.status = "SchedulingGated";
  }
  if (!codec::string_at(pod, "metadata.deletionTimestamp").empty()) {
    if (reason == "NodeLost") {
      row.status = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      row.status = "Terminating";
    }
  }
  return row;
}

Json pod_row_conditions(const Json& pod) {
  const auto phase = codec::string_at(pod, "status.phase");
  if (phase != "Succeeded" && phase != "Failed") return {};
  return codec::JsonArray{codec::JsonObject{
      {"type", "Completed"},
      {"status", "True"},
      {"reason", phase},
      {"message", phase == "Failed" ? "The pod failed." : "The pod has completed successfully."}}};
}

constinit const machinery::Column pod_columns[] = {
    name_column,
    column("Ready", "Containers that are ready, of all", 0, ready_cell),
    column("Status", "How the pod fares, in one word", 0, status_cell),
    column("Restarts", "How often its containers were restarted", 0, restarts_cell),
    age_column,
    column("IP", "Address of the pod", 1, ip_cell),
    column("Node", "Where it runs", 1, node_cell),
    column("Nominated Node", "Where room is being made for it", 1, nominated_cell),
    column("Readiness Gates", "Conditions that are met, of those it waits for", 1, gates_cell),
};

}  // namespace signet::kinds
