// Watch: decide what the client has missed, then let it follow.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/conversion.h"
#include "machinery/query_number.h"
#include "machinery/watch_event.h"
#include "machinery/watch_stream.h"

namespace signet::machinery {
namespace {

// A client that sets no timeout is sent away after half an hour to an hour, spread so that they
// do not all come back at once.
constexpr std::chrono::seconds timeout_min{1800};

// 0 is none; a negative one has passed already.
ApiResult<std::chrono::seconds> watch_timeout(const codec::Query& query, Random& random) {
  constexpr std::int64_t seconds_max = std::int64_t{24} * 3600;
  TRY(const auto seconds, query_number(query, "timeoutSeconds"));
  if (seconds.value_or(0) != 0) {
    return std::chrono::seconds{std::clamp<std::int64_t>(*seconds, 0, seconds_max)};
  }
  return timeout_min + std::chrono::seconds{static_cast<std::int64_t>(
                           uniform(random, static_cast<std::uint64_t>(timeout_min.count())))};
}

// sendInitialEvents and resourceVersionMatch only make sense together.
ApiResult<bool> wants_initial_events(const codec::Query& query) {
  FieldErrors errors;
  const bool asked = query.has("sendInitialEvents");
  const auto match = query.get("resourceVersionMatch");
  if (asked && match != "NotOlderThan") {
    errors.forbidden("resourceVersionMatch",
                     "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (!asked && !match.empty()) {
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                     "provided");
  }
  if (!match.empty() && match != "NotOlderThan") {
    errors.unsupported("resourceVersionMatch", quoted(match), {"NotOlderThan"});
  }
  if (!match.empty() && !query.get("continue").empty()) {
    errors.forbidden("resourceVersionMatch",
                     "resourceVersionMatch is forbidden when continue is provided");
  }
  if (!errors.empty()) {
    return refuse(ApiError::invalid({"meta.k8s.io", "ListOptions"}, "", errors));
  }
  return query_flag(query, "sendInitialEvents");
}

}  // namespace

ApiResult<net::Response> Api::watch(const Call& call) {
  const auto& query = call.info.query;
  TRY(auto selection, list_query(call));
  TRY(const auto timeout, watch_timeout(query, parts_.random));
  TRY_VOID(query_number(query, "limit"));
  TRY(const auto initial_events, wants_initial_events(query));
  WatchOptions options{.kind = call.kind,
                       .labels = std::move(selection.labels),
                       .fields = std::move(selection.fields),
                       .prefix = std::move(selection.prefix),
                       .negotiated = call.negotiated,
                       .include = included(query),
                       .bookmarks = query_flag(query, "allowWatchBookmarks"),
                       .timeout = timeout};

  const auto text = query.get("resourceVersion");
  Revision revision = 0;
  if (!text.empty()) {
    const auto version = parse_version(text);
    if (!version) {
      return refuse(ApiError::plain_internal(
          cat("resourceVersion: Invalid value: ", quoted(text), ": ", version.error().message)));
    }
    // One that is not to come for a long time is waited for all the same.
    revision = static_cast<Revision>(
        std::min<std::uint64_t>(*version, std::numeric_limits<Revision>::max()));
  }

  const auto& snapshot = reader_.current();
  options.after = snapshot.revision();
  const bool unwanted = query.has("sendInitialEvents") && !initial_events;
  if (initial_events || (revision == 0 && !unwanted)) {
    options.mark_initial_end = initial_events && options.bookmarks;
    const auto take = [&options](const ObjectPtr& object) {
      if (options.labels.matches(object->labels()) && options.fields.matches(*object)) {
        options.initial.push_back(object);
      }
      return true;
    };
    snapshot.for_each(*call.kind, options.prefix, options.prefix,
                      [&](const ObjectPtr& stored) { return with_seen(*call.kind, stored, take); });
  } else if (revision == 0) {
    // From now on.
  } else if (auto missed = parts_.view.since(*call.kind, revision)) {
    options.missed = *std::move(missed);
    options.after = std::max(
        revision, options.missed.empty() ? snapshot.revision() : options.missed.back().revision());
  } else {
    options.error = ApiError::expired(cat("too old resource version: ", revision, " (",
                                          parts_.view.history_start(*call.kind), ")"));
  }
  net::Response response{.status = 200,
                         .content_type = std::string(watch_content_type(call.negotiated.format)),
                         .headers = {},
                         .body = {}};
  response.body =
      std::unique_ptr<net::BodyStream>(std::make_unique<WatchStream>(*this, std::move(options)));
  return response;
}

}  // namespace signet::machinery
