#include "node/pod_worker.h"

#include <algorithm>

#include "base/cat.h"
#include "base/log.h"
#include "codec/form.h"
#include "codec/rfc3339.h"

namespace signet::node {
namespace {

using codec::Json;
using codec::JsonObject;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds mount_wait{123};
constexpr milliseconds first_backoff{500};
constexpr milliseconds backoff_max{30000};
constexpr seconds grace_default{30};
constexpr seconds look_again{10};
constexpr std::int64_t grace_seconds_max = 7L * 24 * 3600;

std::string path_of(const Json& pod) {
  return cat("/api/v1/namespaces/",
             codec::percent_encode(codec::string_at(pod, "metadata.namespace")), "/pods/",
             codec::percent_encode(codec::string_at(pod, "metadata.name")));
}

milliseconds grow(milliseconds& backoff) {
  backoff = std::clamp(backoff * 2, first_backoff, backoff_max);
  return backoff;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const auto& name : names) append(text, text.size() > 1 ? " " : "", name);
  return text + ']';
}

bool same(const Json& a, const Json& b, std::string_view path) {
  const auto* left = codec::find(a, path);
  const auto* right = codec::find(b, path);
  if (left == nullptr || right == nullptr) return left == right;
  return *left == *right;
}

// Whether the object is gone, or another one has its name now.
bool is_gone(const Error& error) {
  return error.kind == ErrorKind::not_found || error.kind == ErrorKind::conflict;
}

}  // namespace

PodWorker::PodWorker(const NodeContext& context, Json pod)
    : context_(context),
      pod_(std::move(pod)),
      volumes_(context, pod_),
      containers_(context, pod_),
      sent_status_(JsonObject(codec::object_at(pod_, "status"))) {
  const auto now = context.clock.now();
  const auto phase = codec::string_at(pod_, "status.phase");
  ended_before_ = phase == "Succeeded" || phase == "Failed";
  report_.host_ip = context.host_ip;
  report_.started_at =
      codec::parse_rfc3339(codec::string_at(pod_, "status.startTime")).value_or(now);
  mount_deadline_ = now + mount_wait;
  context_.objects.refresh(codec::string_at(pod_, "metadata.namespace"));
}

void PodWorker::update(Json pod) {
  const bool changed = !same(pod_, pod, "metadata.labels") ||
                       !same(pod_, pod, "metadata.annotations") || !same(pod_, pod, "spec");
  pod_ = std::move(pod);
  if (changed) volumes_.mark_due();
}

seconds PodWorker::grace() const {
  const auto asked = codec::int_at(pod_, "metadata.deletionGracePeriodSeconds");
  const auto own = codec::int_at(pod_, "spec.terminationGracePeriodSeconds");
  const auto number = asked.value_or(own.value_or(grace_default.count()));
  return seconds{std::clamp<std::int64_t>(number, 0, grace_seconds_max)};
}

bool PodWorker::has_ended() const {
  if (ended_before_) return true;
  const auto phase = phase_of(report_);
  return phase == PodPhase::succeeded || phase == PodPhase::failed;
}

PodWorker::Turn PodWorker::sync() {
  const auto now = context_.clock.now();
  if (vanished_ || codec::find(pod_, "metadata.deletionTimestamp") != nullptr) {
    return terminate(now);
  }
  return {.next = run(now), .done = false};
}

Instant PodWorker::run(Instant now) {
  if (!ended_before_) {
    if (!torn_down_) advance(now);
    send_status(now);
  }
  if (has_ended()) {
    if (!torn_down_) {
      const auto removed = volumes_.tear_down();
      torn_down_ = removed.has_value();
      if (!removed) return now + grow(removal_backoff_);
    }
    return status_retry_;
  }
  auto next = std::min({volumes_.next(), containers_.next(), status_retry_});
  if (!volumes_.ready()) next = std::min(next, mount_deadline_);
  return next;
}

void PodWorker::advance(Instant now) {
  report_failures(volumes_.sync(pod_, now));
  if (volumes_.ready()) {
    // What a container may ask about its pod is known before the server has stored it.
    auto& status = codec::make_object_at(pod_, "status");
    status["hostIP"] = context_.host_ip;
    status["podIP"] = context_.host_ip;
    containers_.sync(pod_, volumes_, now);
  } else {
    containers_.observe(now);
    watch_mount_wait(now);
  }
  report_.init = containers_.init();
  report_.main = containers_.main();
}

void PodWorker::report_failures(const std::vector<PodVolumes::Failure>& failures) {
  for (const auto& failure : failures) {
    context_.events.warn(
        pod_, "FailedMount",
        cat("MountVolume.SetUp failed for volume \"", failure.volume, "\" : ", failure.message));
  }
}

void PodWorker::watch_mount_wait(Instant now) {
  if (now < mount_deadline_) return;
  mount_deadline_ = now + mount_wait;
  context_.events.warn(
      pod_, "FailedMount",
      cat("Unable to attach or mount volumes: unmounted volumes=", joined(volumes_.names(true)),
          ", unattached volumes=", joined(volumes_.names(false)),
          ": timed out waiting for the condition"));
}

void PodWorker::send_status(Instant now) {
  auto status = pod_status(report_, sent_status_, now);
  if (status == sent_status_) {
    status_retry_ = Instant::max();
    return;
  }
  if (now < status_retry_ && status_backoff_ > milliseconds{0}) return;
  const Json change =
      JsonObject{{"metadata", JsonObject{{"uid", codec::string_at(pod_, "metadata.uid")}}},
                 {"status", status_patch(status, sent_status_)}};
  const auto patched = context_.api.patch(path_of(pod_) + "/status", change, PatchKind::strategic);
  if (patched || is_gone(patched.error())) {
    sent_status_ = std::move(status);
    status_backoff_ = milliseconds{0};
    status_retry_ = Instant::max();
    return;
  }
  log::warn("cannot report a pod's status",
            {{"pod", codec::string_at(pod_, "metadata.name")}, {"error", patched.error().message}});
  status_retry_ = now + grow(status_backoff_);
}

PodWorker::Turn PodWorker::terminate(Instant now) {
  containers_.stop(vanished_ ? std::min(grace(), grace_default) : grace());
  containers_.observe(now);
  if (containers_.any_active()) return {.next = now + look_again};  // or when the runtime tells
  if (now < removal_retry_) return {.next = removal_retry_};
  if (!vanished_ && !ended_before_ && !torn_down_) {
    report_.init = containers_.init();
    report_.main = containers_.main();
    status_backoff_ = milliseconds{0};
    send_status(now);
  }
  auto removed = torn_down_ ? Result<void>() : volumes_.tear_down();
  torn_down_ = removed.has_value();
  if (removed && !vanished_) removed = delete_object();
  if (!removed) {
    log::warn("cannot finish a pod", {{"pod", codec::string_at(pod_, "metadata.name")},
                                      {"error", removed.error().message}});
    removal_retry_ = now + grow(removal_backoff_);
    return {.next = removal_retry_};
  }
  containers_.forget_logs();
  return {.done = true};
}

Result<void> PodWorker::delete_object() {
  const Json options =
      JsonObject{{"apiVersion", "v1"},
                 {"kind", "DeleteOptions"},
                 {"gracePeriodSeconds", 0},
                 {"preconditions", JsonObject{{"uid", codec::string_at(pod_, "metadata.uid")}}}};
  auto deleted = context_.api.remove(path_of(pod_), options);
  if (!deleted && is_gone(deleted.error())) return {};
  return deleted;
}

}  // namespace signet::node
