#include "node/pod_containers.h"

#include <fcntl.h>

#include <algorithm>

#include "base/cat.h"
#include "base/log.h"
#include "codec/rfc3339.h"
#include "node/files.h"

namespace signet::node {
namespace {

using codec::Json;
using std::chrono::seconds;
using Phase = ContainerState::Phase;

constexpr seconds first_delay{10};
constexpr seconds delay_max{300};
constexpr seconds ran_well{600};
constexpr int lost_exit_code = 137;
constexpr std::string_view lost_message = "The container ended together with the node agent";

constexpr std::string_view list_of(bool init) {
  return init ? "spec.initContainers" : "spec.containers";
}

Instant instant_at(const Json& status, std::string_view path, Instant otherwise) {
  return codec::parse_rfc3339(codec::string_at(status, path)).value_or(otherwise);
}

const Json* status_of(const Json& pod, bool init, std::string_view name) {
  for (const auto& status :
       codec::array_at(pod, init ? "status.initContainerStatuses" : "status.containerStatuses")) {
    if (codec::string_at(status, "name") == name) return &status;
  }
  return nullptr;
}

}  // namespace

PodContainers::PodContainers(const NodeContext& context, const Json& pod)
    : context_(context),
      log_directory_(cat(context.root_dir, "/logs/", codec::string_at(pod, "metadata.namespace"),
                         '_', codec::string_at(pod, "metadata.name"), '_',
                         codec::string_at(pod, "metadata.uid"))),
      pod_(cat(codec::string_at(pod, "metadata.name"), '_',
               codec::string_at(pod, "metadata.namespace"), '(',
               codec::string_at(pod, "metadata.uid"), ')')) {
  const auto policy = codec::string_at(pod, "spec.restartPolicy");
  if (policy == "Never") restart_ = Restart::never;
  if (policy == "OnFailure") restart_ = Restart::on_failure;
  for (const bool init : {true, false}) {
    std::size_t index = 0;
    for (const auto& spec : codec::array_at(pod, list_of(init))) {
      Container container;
      container.is_init = init;
      container.index = index++;
      container.report.name = codec::string_at(spec, "name");
      container.report.image = codec::string_at(spec, "image");
      if (const auto* status = status_of(pod, init, container.report.name)) {
        adopt(container, *status, context.clock.now());
      }
      containers_.push_back(std::move(container));
    }
  }
}

PodContainers::~PodContainers() {
  for (const auto& container : containers_) {
    if (!container.runtime_id.empty()) context_.runtime.remove(container.runtime_id);
  }
}

// Processes end with the agent that started them.
void PodContainers::adopt(Container& container, const Json& status, Instant now) {
  auto& report = container.report;
  report.restarts = static_cast<int>(
      std::clamp<std::int64_t>(codec::int_at(status, "restartCount").value_or(0), 0, 1'000'000));
  const bool was_running = codec::find(status, "state.running") != nullptr;
  if (!was_running && codec::find(status, "state.terminated") == nullptr) return;
  ContainerState state{.phase = Phase::exited};
  if (was_running) {
    state.exit_code = lost_exit_code;
    state.message = lost_message;
    state.started_at = instant_at(status, "state.running.startedAt", now);
    state.finished_at = now;
  } else {
    state.exit_code =
        static_cast<int>(codec::int_at(status, "state.terminated.exitCode").value_or(0) & 0xff);
    state.started_at = instant_at(status, "state.terminated.startedAt", now);
    state.finished_at = instant_at(status, "state.terminated.finishedAt", now);
  }
  report.id = codec::string_at(status, "containerID");
  report.state = state;
  report.final = !wants_restart(container);
}

bool PodContainers::wants_restart(const Container& container) const {
  const bool failed = container.report.state && container.report.state->exit_code != 0;
  if (container.is_init) return failed && restart_ != Restart::never;
  return restart_ == Restart::always || (restart_ == Restart::on_failure && failed);
}

void PodContainers::ended(Container& container) {
  auto& report = container.report;
  report.final = stopping_ || !wants_restart(container);
  if (report.final) return;
  if (report.state->finished_at - report.state->started_at >= ran_well) {
    container.delay = seconds{0};
  }
  container.start_at = report.state->finished_at + container.delay;
  container.delay = std::clamp(container.delay * 2, first_delay, delay_max);
}

void PodContainers::look(Container& container) {
  auto& report = container.report;
  if (container.runtime_id.empty()) return;
  auto state = context_.runtime.state(container.runtime_id);
  if (!state) {
    ContainerState lost{.phase = Phase::exited, .exit_code = lost_exit_code};
    lost.started_at = report.state ? report.state->started_at : context_.clock.now();
    lost.finished_at = context_.clock.now();
    lost.message = state.error().message;
    state = std::move(lost);
  }
  report.state = *std::move(state);
  if (report.state->phase != Phase::exited) return;
  context_.runtime.remove(container.runtime_id);
  container.runtime_id.clear();
  ended(container);
}

void PodContainers::observe(Instant now) {
  for (auto& container : containers_) {
    look(container);
    auto& report = container.report;
    // Between two runs a container is shown as waiting, its last run beside it.
    if (report.state && report.state->phase == Phase::exited && !report.final &&
        now < container.start_at) {
      report.last = report.state;
      report.last_id = report.id;
      report.state.reset();
      report.waiting_reason = "CrashLoopBackOff";
      report.waiting_message =
          cat("back-off ",
              std::chrono::ceil<seconds>(container.start_at - report.last->finished_at).count(),
              "s restarting failed container=", report.name, " pod=", pod_);
    }
  }
}

void PodContainers::cannot_start(Container& container, std::string reason, std::string message,
                                 Instant now) {
  auto& report = container.report;
  if (report.state && report.state->phase == Phase::exited) {
    report.last = std::exchange(report.state, std::nullopt);
    report.last_id = report.id;
  }
  report.waiting_reason = std::move(reason);
  report.waiting_message = std::move(message);
  container.delay = std::clamp(container.delay * 2, first_delay, delay_max);
  container.start_at = now + container.delay;
}

void PodContainers::start(Container& container, const Json& pod, const PodVolumes& volumes,
                          Instant now) {
  auto& report = container.report;
  const bool again = report.last || (report.state && report.state->phase == Phase::exited);
  const int restarts = report.restarts + (again ? 1 : 0);
  const auto& specs = codec::array_at(pod, list_of(container.is_init));
  if (container.index >= specs.size() || !is_safe_name(report.name)) return;

  const auto directory = cat(log_directory_, '/', report.name);
  if (const auto made = make_directories(directory, 0700); !made) {
    return cannot_start(container, "CreateContainerError", made.error().message, now);
  }
  const auto spec = container_spec(
      pod, specs[container.index],
      {.objects = context_.objects,
       .endpoint = context_.endpoint,
       .volume_directory = [&](std::string_view name) { return volumes.directory(name); },
       .log_path = cat(directory, '/', restarts, ".log")});
  if (!spec) {
    return cannot_start(container, "CreateContainerConfigError", spec.error().message, now);
  }
  auto id = context_.runtime.create(*spec);
  if (!id) return cannot_start(container, "CreateContainerError", id.error().message, now);
  if (const auto started = context_.runtime.start(*id); !started) {
    context_.runtime.remove(*id);
    return cannot_start(container, "RunContainerError", started.error().message, now);
  }

  if (report.state && report.state->phase == Phase::exited) {
    report.last = report.state;
    report.last_id = report.id;
  }
  container.runtime_id = *std::move(id);
  report.id = cat(context_.runtime.name(), "://", container.runtime_id);
  report.state.reset();
  report.restarts = restarts;
  report.waiting_reason = "ContainerCreating";
  report.waiting_message.clear();
  look(container);
}

void PodContainers::sync(const Json& pod, const PodVolumes& volumes, Instant now) {
  observe(now);
  next_ = Instant::max();
  bool initialized = true;
  for (auto& container : containers_) {
    auto& report = container.report;
    if (!container.is_init && !initialized) {
      if (!report.last) report.waiting_reason = "PodInitializing";
      continue;
    }
    if (container.is_init && !initialized) continue;
    if (!report.final && container.runtime_id.empty()) {
      if (now >= container.start_at) start(container, pod, volumes, now);
      if (container.start_at > now) next_ = std::min(next_, container.start_at);
    }
    if (container.is_init) {
      initialized = report.final && report.state && report.state->exit_code == 0;
    }
  }
}

void PodContainers::stop(seconds grace) {
  stopping_ = true;
  for (const auto& container : containers_) {
    if (!container.runtime_id.empty()) context_.runtime.stop(container.runtime_id, grace);
  }
}

bool PodContainers::any_active() const {
  return std::ranges::any_of(
      containers_, [](const Container& container) { return !container.runtime_id.empty(); });
}

std::vector<ContainerReport> PodContainers::reports(bool init) const {
  std::vector<ContainerReport> out;
  for (const auto& container : containers_) {
    if (container.is_init == init) out.push_back(container.report);
  }
  return out;
}

void PodContainers::forget_logs() const {
  if (const auto removed = remove_tree(AT_FDCWD, log_directory_); !removed) {
    log::warn("cannot remove a pod's logs", {{"error", removed.error().message}});
  }
}

}  // namespace signet::node
