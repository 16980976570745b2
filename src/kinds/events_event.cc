// Event of events.k8s.io: the events of the core group under newer names.
#include <array>
#include <utility>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/event_schema.h"
#include "kinds/kinds.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    scalar(2, "eventTime", Type::micro_time).required(),
    message(3, "series", event_series).optional(),
    text(4, "reportingController"),
    text(5, "reportingInstance"),
    text(6, "action"),
    text(7, "reason"),
    message(8, "regarding", object_reference),
    message(9, "related", object_reference).optional(),
    text(10, "note"),
    text(11, "type"),
    message(12, "deprecatedSource", event_source),
    scalar(13, "deprecatedFirstTimestamp", Type::time).required(),
    scalar(14, "deprecatedLastTimestamp", Type::time).required(),
    int32(15, "deprecatedCount"),
};
constexpr Schema schema{"Event", fields};

constexpr std::string_view short_names[] = {"ev"};
constexpr std::string_view selectable[] = {
    "regarding.kind",       "regarding.namespace",
    "regarding.name",       "regarding.uid",
    "regarding.apiVersion", "regarding.resourceVersion",
    "regarding.fieldPath",  "reason",
    "reportingController",  "type",
};

struct Names {
  std::string_view core;
  std::string_view here;
};
constexpr std::array<Names, 7> renamed = {{
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"reportingComponent", "reportingController"},
}};

void rename(Json& object, std::string_view from, std::string_view to) {
  auto& members = object.as_object();
  auto* value = members.if_contains(from);
  if (value == nullptr) return;
  Json moved = std::move(*value);
  members.erase(from);
  members[to] = std::move(moved);
}

void from_storage(Json& object) {
  for (const auto& names : renamed) rename(object, names.core, names.here);
}

void to_storage(Json& object) {
  for (const auto& names : renamed) rename(object, names.here, names.core);
}

void must_be_unset(bool set, std::string_view path, FieldErrors& errors) {
  if (set) errors.invalid(std::string(path), quoted(""), "needs to be unset");
}

// What this version asks beyond the rules of an event: the new fields, and not the old ones.
void validate(const Json& object, FieldErrors& errors) {
  if (codec::string_at(object, "eventTime").empty()) errors.required("eventTime");
  const auto type = codec::string_at(object, "type");
  if (type != "Normal" && type != "Warning") {
    errors.invalid("type", quoted(""), cat("has invalid value: ", type));
  }
  if (member(object, "series") != nullptr) {
    if (codec::int_at(object, "series.count").value_or(0) < 2) {
      errors.invalid("series.count", quoted(""), "should be at least 2");
    }
    if (codec::string_at(object, "series.lastObservedTime").empty()) {
      errors.required("series.lastObservedTime");
    }
  }
  must_be_unset(!codec::string_at(object, "deprecatedFirstTimestamp").empty(), "firstTimestamp",
                errors);
  must_be_unset(!codec::string_at(object, "deprecatedLastTimestamp").empty(), "lastTimestamp",
                errors);
  must_be_unset(codec::int_at(object, "deprecatedCount").value_or(0) != 0, "count", errors);
  must_be_unset(!codec::string_at(object, "deprecatedSource.component").empty() ||
                    !codec::string_at(object, "deprecatedSource.host").empty(),
                "source", errors);
}

}  // namespace

constinit const machinery::Kind events_event{
    .group = "events.k8s.io",
    .version = "v1",
    .kind = "Event",
    .plural = "events",
    .singular = "event",
    .description = "An Event tells what happened to an object, when, and how often.",
    .short_names = short_names,
    .verbs = all_verbs,
    .schema = &schema,
    .storage = &event,
    .from_storage = from_storage,
    .to_storage = to_storage,
    .create_on_update = true,
    .may_own = false,
    .selectable = selectable,
    .validate = validate,
};

}  // namespace signet::kinds
