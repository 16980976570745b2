#include "node/pod_watch.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/form.h"

namespace signet::node {
namespace {

using codec::Json;
using std::chrono::milliseconds;

constexpr milliseconds first_backoff{100};
constexpr milliseconds backoff_max{10000};
constexpr std::size_t pages_max = 1000;

}  // namespace

PodWatch::PodWatch(ApiTransport& transport, const std::string& node_name, PodSink& sink)
    : transport_(transport),
      selector_(
          cat("/api/v1/pods?fieldSelector=", codec::percent_encode("spec.nodeName=" + node_name))),
      sink_(sink) {}

Result<void> PodWatch::list(ApiClient& api) {
  std::vector<Json> pods;
  std::string next;
  for (std::size_t page = 0; page < pages_max; ++page) {
    auto target = selector_ + "&limit=500";
    if (!next.empty()) append(target, "&continue=", codec::percent_encode(next));
    TRY(auto answer, api.get(std::move(target)));
    if (auto* items = codec::find(answer, "items"); items != nullptr && items->is_array()) {
      std::ranges::move(items->get_array(), std::back_inserter(pods));
    }
    next = codec::string_at(answer, "metadata.continue");
    if (!next.empty()) continue;
    version_ = codec::string_at(answer, "metadata.resourceVersion");
    sink_.replace(std::move(pods));
    return {};
  }
  return fail(ErrorKind::exhausted, "pods: the list does not end");
}

bool PodWatch::take(Json event) {
  const std::string type(codec::string_at(event, "type"));
  auto* object = codec::find(event, "object");
  if (object == nullptr || type == "ERROR" || type.empty()) {
    log::info("the watch of pods starts over",
              {{"why", codec::string_at(event, "object.message")}});
    version_.clear();
    return false;
  }
  version_ = codec::string_at(*object, "metadata.resourceVersion");
  backoff_ = milliseconds{0};
  if (type == "DELETED") {
    sink_.gone(std::string(codec::string_at(*object, "metadata.uid")));
  } else if (type != "BOOKMARK") {
    sink_.upsert(std::move(*object));
  }
  return !version_.empty();
}

Result<void> PodWatch::follow(ApiClient& api) {
  auto followed = api.watch(cat(selector_, "&watch=true&allowWatchBookmarks=true&resourceVersion=",
                                codec::percent_encode(version_)),
                            [this](Json event) { return take(std::move(event)); });
  if (!followed && followed.error().kind != ErrorKind::unavailable) version_.clear();
  return followed;
}

void PodWatch::pause(const std::stop_token& stop) {
  backoff_ = std::clamp(backoff_ * 2, first_backoff, backoff_max);
  std::unique_lock lock(mutex_);
  waiter_.wait_for(lock, stop, backoff_, [] { return false; });
}

void PodWatch::run(const std::stop_token& stop) {
  ApiClient api(transport_, stop);
  while (!stop.stop_requested()) {
    const auto done = version_.empty() ? list(api) : follow(api);
    if (stop.stop_requested()) return;
    if (!done) {
      log::warn("cannot follow the pods of this node", {{"error", done.error().message}});
      pause(stop);
    } else if (version_.empty()) {
      pause(stop);  // told to start over: not in a tight loop
    }
  }
}

}  // namespace signet::node
