#include "node/event_recorder.h"

#include <array>
#include <charconv>

#include "base/cat.h"
#include "base/log.h"
#include "codec/form.h"
#include "codec/rfc3339.h"

namespace signet::node {
namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::size_t remembered_max = 1000;
constexpr std::size_t message_bytes_max = 1024;  // what the API accepts

std::string events_of(const Json& pod) {
  return cat("/api/v1/namespaces/",
             codec::percent_encode(codec::string_at(pod, "metadata.namespace")), "/events");
}

std::string hex(std::int64_t number) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, 16).ptr;
  return {text.data(), end};
}

}  // namespace

void EventRecorder::warn(const Json& pod, std::string_view reason, std::string_view message) {
  message = message.substr(0, message_bytes_max);
  log::warn(message, {{"pod", codec::string_at(pod, "metadata.name")}, {"reason", reason}});
  const auto key = cat(codec::string_at(pod, "metadata.uid"), '\0', reason, '\0', message);
  const auto found = known_.find(key);
  if (found == known_.end()) return create(pod, reason, message, key);
  const auto count = found->second.count + 1;
  const Json change = JsonObject{{"count", count},
                                 {"lastTimestamp", codec::to_rfc3339(whole_seconds(clock_.now()))}};
  const auto patched =
      api_.patch(cat(events_of(pod), '/', codec::percent_encode(found->second.name)), change,
                 PatchKind::merge);
  if (patched) {
    found->second.count = count;
  } else if (patched.error().kind == ErrorKind::not_found) {
    create(pod, reason, message, key);  // events do not live long
  }
}

void EventRecorder::create(const Json& pod, std::string_view reason, std::string_view message,
                           const std::string& key) {
  const auto now = clock_.now();
  const auto stamp = codec::to_rfc3339(whole_seconds(now));
  const auto name =
      cat(codec::string_at(pod, "metadata.name"), '.', hex(now.time_since_epoch().count()));
  JsonObject involved{{"kind", "Pod"}, {"apiVersion", "v1"}};
  for (const std::string_view field : {"namespace", "name", "uid", "resourceVersion"}) {
    involved[field] = codec::string_at(pod, cat("metadata.", field));
  }
  const Json event = JsonObject{
      {"apiVersion", "v1"},
      {"kind", "Event"},
      {"metadata",
       JsonObject{{"name", name}, {"namespace", codec::string_at(pod, "metadata.namespace")}}},
      {"involvedObject", std::move(involved)},
      {"type", "Warning"},
      {"reason", reason},
      {"message", message},
      {"source", JsonObject{{"component", "kubelet"}, {"host", node_name_}}},
      {"reportingComponent", "kubelet"},
      {"reportingInstance", node_name_},
      {"firstTimestamp", stamp},
      {"lastTimestamp", stamp},
      {"count", 1}};
  if (const auto created = api_.create(events_of(pod), event); !created) {
    log::debug("cannot store an event", {{"error", created.error().message}});
    return;
  }
  if (!known_.contains(key)) order_.push_back(key);
  known_[key] = {.name = name, .count = 1};
  if (order_.size() > remembered_max) {
    known_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace signet::node
