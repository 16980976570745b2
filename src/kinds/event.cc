// Event: what happened to an object, and how often. Columns: api.md D.
#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/rfc3339.h"
#include "kinds/common.h"
#include "kinds/common_schema.h"
#include "kinds/event_schema.h"
#include "kinds/kinds.h"
#include "machinery/age.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;

constexpr Field source_fields[] = {text(1, "component"), text(2, "host")};

constexpr Field series_fields[] = {
    int32(1, "count"),
    scalar(2, "lastObservedTime", Type::micro_time).required(),
};

constexpr Field fields[] = {
    message(1, "metadata", object_meta),
    message(2, "involvedObject", object_reference),
    text(3, "reason"),
    text(4, "message"),
    message(5, "source", event_source),
    scalar(6, "firstTimestamp", Type::time).required(),
    scalar(7, "lastTimestamp", Type::time).required(),
    int32(8, "count"),
    text(9, "type"),
    scalar(10, "eventTime", Type::micro_time).required(),
    message(11, "series", event_series).optional(),
    text(12, "action"),
    message(13, "related", object_reference).optional(),
    text(14, "reportingComponent").required(),
    text(15, "reportingInstance").required(),
};
constexpr Schema schema{"Event", fields};

constexpr std::string_view short_names[] = {"ev"};
constexpr std::string_view selectable[] = {
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
};

// Who recorded it: a name, where the field is an object.
std::optional<std::string_view> select(const Json& object, std::string_view path) {
  if (path != "source") return std::nullopt;
  const auto component = codec::string_at(object, "source.component");
  return component.empty() ? codec::string_at(object, "reportingComponent") : component;
}

std::string since(const Json& object, std::string_view path, Instant now) {
  const auto text = codec::string_at(object, path);
  if (text.empty()) return {};
  const auto then = codec::parse_rfc3339(text);
  if (!then) return {};
  return machinery::age_text(std::chrono::floor<std::chrono::seconds>(now - *then));
}

// The age of the first of these times that is set.
Json age_of(const Json& object, std::initializer_list<std::string_view> paths, Instant now) {
  for (const auto path : paths) {
    if (const auto age = since(object, path, now); !age.empty()) return text_cell(age);
  }
  return text_cell("<unknown>");
}

Json last_seen_cell(const Json& object, Instant now) {
  return age_of(object, {"series.lastObservedTime", "lastTimestamp", "firstTimestamp", "eventTime"},
                now);
}
Json first_seen_cell(const Json& object, Instant now) {
  return age_of(object, {"firstTimestamp", "eventTime"}, now);
}
Json type_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "type");
}
Json reason_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "reason");
}

Json object_cell(const Json& object, Instant /*now*/) {
  auto target = lower_case(codec::string_at(object, "involvedObject.kind"));
  const auto name = codec::string_at(object, "involvedObject.name");
  return text_cell(name.empty() ? target : cat(target, '/', name));
}

Json subobject_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "involvedObject.fieldPath");
}

Json source_cell(const Json& object, Instant /*now*/) {
  auto component = codec::string_at(object, "source.component");
  auto host = codec::string_at(object, "source.host");
  if (component.empty()) {
    component = codec::string_at(object, "reportingComponent");
    host = codec::string_at(object, "reportingInstance");
  }
  return text_cell(host.empty() ? std::string(component) : cat(component, ", ", host));
}

Json message_cell(const Json& object, Instant /*now*/) {
  return text_cell(trimmed(codec::string_at(object, "message"), " \t\n\v\f\r"));
}

// An event of a series counts the times after the first.
Json count_cell(const Json& object, Instant /*now*/) {
  if (member(object, "series") != nullptr) {
    return Json(codec::int_at(object, "series.count").value_or(0) + 1);
  }
  return Json(std::max<std::int64_t>(codec::int_at(object, "count").value_or(0), 1));
}

constexpr machinery::Column columns[] = {
    column("Last Seen", "Time since it last happened", 0, last_seen_cell),
    column("Type", "Normal or Warning", 0, type_cell),
    column("Reason", "Why it was recorded, in one word", 0, reason_cell),
    column("Object", "What it happened to", 0, object_cell),
    column("Subobject", "The part of the object", 1, subobject_cell),
    column("Source", "Who recorded it", 1, source_cell),
    column("Message", "What happened", 0, message_cell),
    column("First Seen", "Time since it first happened", 1, first_seen_cell),
    {.name = "Count",
     .type = "integer",
     .description = "How often it happened",
     .priority = 1,
     .cell = count_cell},
    {.name = "Name",
     .format = "name",
     .description = "Name of the event",
     .priority = 1,
     .cell = name_cell},
};

void validate_text(const Json& object, std::string_view key, FieldErrors& errors) {
  constexpr std::size_t text_max = 128;
  const auto value = codec::string_at(object, key);
  if (value.empty()) return errors.required(std::string(key));
  if (value.size() <= text_max) return;
  errors.invalid(std::string(key), machinery::quoted(""), "can have at most 128 characters");
}

// One that says when it happened to the microsecond says more, and is held to it.
void validate_new(const Json& object, FieldErrors& errors) {
  constexpr std::size_t message_max = 1024;
  const auto own = codec::string_at(object, "metadata.namespace");
  const auto involved = codec::string_at(object, "involvedObject.namespace");
  if (involved.empty() && own != "default" && own != "kube-system") {
    errors.invalid("involvedObject.namespace", machinery::quoted(involved),
                   "does not match event.namespace");
  }
  const auto reporter = codec::string_at(object, "reportingComponent");
  if (reporter.empty()) errors.required("reportingController");
  for (const auto& message : machinery::qualified_name_messages(reporter)) {
    errors.invalid("reportingController", machinery::quoted(reporter), message);
  }
  for (const auto* key : {"reportingInstance", "action", "reason"}) {
    validate_text(object, key, errors);
  }
  if (codec::string_at(object, "message").size() > message_max) {
    errors.invalid("message", machinery::quoted(""), "can have at most 1024 characters");
  }
}

void validate(const Json& object, FieldErrors& errors) {
  if (!codec::string_at(object, "eventTime").empty()) return validate_new(object, errors);
  const auto own = codec::string_at(object, "metadata.namespace");
  const auto involved = codec::string_at(object, "involvedObject.namespace");
  // What has no namespace is reported in `default`.
  const bool fits = involved.empty() ? own.empty() || own == "default" : own == involved;
  if (fits) return;
  errors.invalid("involvedObject.namespace", machinery::quoted(involved),
                 "does not match event.namespace");
}

}  // namespace

constinit const Schema event_source{"EventSource", source_fields};
constinit const Schema event_series{"EventSeries", series_fields};

constinit const machinery::Kind event{
    .group = "",
    .version = "v1",
    .kind = "Event",
    .plural = "events",
    .singular = "event",
    .description = "An Event tells what happened to an object, when, and how often.",
    .short_names = short_names,
    .verbs = all_verbs,
    .schema = &schema,
    .create_on_update = true,
    .may_own = false,
    .selectable = selectable,
    .select = select,
    .columns = columns,
    .validate = validate,
};

}  // namespace signet::kinds
