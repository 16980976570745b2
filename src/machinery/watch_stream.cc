#include "machinery/watch_stream.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "machinery/conversion.h"
#include "machinery/meta_schema.h"
#include "machinery/partial_metadata.h"
#include "machinery/watch_event.h"

namespace signet::machinery {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds bookmark_before_end{2000};

net::Loop::TimerHandle no_timer() {
  return {nullptr, [](net::Loop::Timer*) {}};
}

}  // namespace

WatchStream::WatchStream(Api& api, WatchOptions options)
    : api_(api), options_(std::move(options)), timeout_(no_timer()), bookmark_(no_timer()) {}

void WatchStream::start(net::StreamSink& sink) {
  sink_ = &sink;
  if (options_.error) {
    write("ERROR", to_json(*options_.error), status_schema);
    return finish();
  }
  for (const auto& object : std::exchange(options_.initial, {})) send("ADDED", object);
  for (const auto& change : std::exchange(options_.missed, {})) send_change(change);
  if (!catch_up()) return;
  if (options_.mark_initial_end) send_bookmark(true);
  if (sink_ == nullptr) return;
  place_ = api_.watches_.add(*this, *options_.kind, options_.prefix, options_.fields);
  timeout_ = api_.parts_.loop.after(options_.timeout, [this] { finish(); });
  if (options_.bookmarks) schedule_bookmark();
}

bool WatchStream::catch_up() {
  // Between the answer and its body changes may have been told to the streams that were there.
  const auto changes = api_.parts_.view.since(*options_.kind, options_.after);
  if (!changes) {
    write("ERROR", to_json(ApiError::expired("the watch was started too late")), status_schema);
    finish();
    return false;
  }
  for (const auto& change : *changes) tell(change);
  return true;
}

void WatchStream::schedule_bookmark() {
  const auto interval = api_.parts_.bookmark_interval;
  const auto before_end = std::max(options_.timeout - bookmark_before_end, milliseconds{0});
  const auto wait = std::min(interval, before_end);
  bookmark_ = api_.parts_.loop.after(wait, [this, wait, before_end] {
    send_bookmark(false);
    if (wait == before_end) return;
    options_.timeout -= wait;
    schedule_bookmark();
  });
}

bool WatchStream::selects(const Object& object) const {
  return object.key().starts_with(options_.prefix) && options_.labels.matches(object.labels()) &&
         options_.fields.matches(object);
}

void WatchStream::tell(const Change& change) {
  if (sink_ == nullptr || change.revision() <= options_.after) return;
  options_.after = change.revision();
  send_change(change);
}

void WatchStream::send_change(const Change& stored) {
  if (options_.kind->storage != nullptr) return send_seen(seen_as(*options_.kind, stored));
  send_seen(stored);
}

void WatchStream::send_seen(const Change& change) {
  const bool was = change.previous != nullptr && selects(*change.previous);
  const bool is = change.type != ChangeType::deleted && selects(*change.object);
  if (is) return send(was ? "MODIFIED" : "ADDED", change.object);
  if (!was) return;
  if (change.type == ChangeType::deleted) return send("DELETED", change.object);
  // It no longer matches: as it last did, with the version of the change.
  const auto last =
      Object::from_store(*options_.kind, change.previous->stored_form(), change.revision());
  if (last) send("DELETED", *last);
}

void WatchStream::send(std::string_view type, const ObjectPtr& object) {
  const auto& negotiated = options_.negotiated;
  switch (negotiated.transform) {
    case Transform::table: {
      const ObjectPtr rows[] = {object};
      const auto table = table_json(*options_.kind, rows,
                                    {.resource_version = std::to_string(object->revision()),
                                     .continue_token = {},
                                     .remaining = 0},
                                    {.version = negotiated.transform_version,
                                     .include = options_.include,
                                     .with_columns = std::exchange(first_, false)},
                                    api_.parts_.clock.now());
      return write(type, table, *options_.kind->schema);
    }
    case Transform::metadata:
    case Transform::metadata_list:
      return write(type, partial_metadata_json(*object, negotiated.transform_version),
                   partial_metadata_schema);
    case Transform::none:
      return write(type, object->json(), *options_.kind->schema);
  }
}

void WatchStream::send_bookmark(bool initial_events_end) {
  // Changes of other kinds count too: it says how far this client may resume from.
  const auto revision = std::to_string(std::max({options_.after, api_.delivered_, Revision{1}}));
  const auto& negotiated = options_.negotiated;
  if (negotiated.transform == Transform::table) {
    return write("BOOKMARK",
                 bookmark_table_json(*options_.kind, revision,
                                     {.version = negotiated.transform_version,
                                      .include = options_.include,
                                      .with_columns = std::exchange(first_, false)},
                                     initial_events_end),
                 *options_.kind->schema);
  }
  const bool metadata = negotiated.transform != Transform::none;
  const auto kind = metadata ? std::string_view("PartialObjectMetadata") : options_.kind->kind;
  const auto version =
      metadata ? cat("meta.k8s.io/", negotiated.transform_version) : options_.kind->api_version();
  write(
      "BOOKMARK",
      cat(R"({"kind":")", kind, R"(","apiVersion":")", version,
          R"(","metadata":{"resourceVersion":")", revision, '"',
          initial_events_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "", "}}"),
      metadata ? partial_metadata_schema : *options_.kind->schema);
}

void WatchStream::write(std::string_view type, std::string_view object, const Schema& schema) {
  if (sink_ == nullptr) return;
  if (!sink_->write(watch_event(type, object, schema, options_.negotiated.format))) sink_ = nullptr;
}

void WatchStream::finish() {
  // The last thing this object does: its end may follow at once.
  if (auto* sink = std::exchange(sink_, nullptr); sink != nullptr) sink->finish();
}

}  // namespace signet::machinery
