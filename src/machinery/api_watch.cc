// Watch: decide what the client has missed, then let it follow.
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/conversion.h"
#include "machinery/watch_event.h"
#include "machinery/watch_stream.h"

namespace signet::machinery {
namespace {

// A client that sets no timeout is sent away after half an hour to an hour, spread so that they
// do not all come back at once.
constexpr std::chrono::seconds timeout_min{1800};

ApiResult<std::chrono::seconds> watch_timeout(std::string_view text, Random& random) {
  if (text.empty()) {
    return timeout_min + std::chrono::seconds{static_cast<std::int64_t>(
                             uniform(random, static_cast<std::uint64_t>(timeout_min.count())))};
  }
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t seconds_max = std::int64_t{24} * 3600;
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return refuse(ApiError::bad_request(cat("invalid timeoutSeconds: ", quoted(text))));
  }
  return std::chrono::seconds{std::min(seconds, seconds_max)};
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
  if (!errors.empty()) {
    return refuse(ApiError::invalid({"meta.k8s.io", "ListOptions"}, "", errors));
  }
  const auto value = query.get("sendInitialEvents");
  return asked && value != "false" && value != "0";
}

bool is_true(std::string_view value) {
  return value == "true" || value == "1";
}

}  // namespace

ApiResult<net::Response> Api::watch(const Call& call) {
  const auto& query = call.info.query;
  TRY(auto selection, list_query(call));
  TRY(const auto timeout, watch_timeout(query.get("timeoutSeconds"), parts_.random));
  TRY(const auto initial_events, wants_initial_events(query));
  WatchOptions options{.kind = call.kind,
                       .labels = std::move(selection.labels),
                       .fields = std::move(selection.fields),
                       .prefix = std::move(selection.prefix),
                       .negotiated = call.negotiated,
                       .include = included(query),
                       .bookmarks = is_true(query.get("allowWatchBookmarks")),
                       .timeout = timeout};

  const auto text = query.get("resourceVersion");
  Revision revision = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
      !text.empty() && (error != std::errc() || end != text.data() + text.size() || revision < 0)) {
    return refuse(ApiError::plain_internal(cat("resourceVersion: Invalid value: ", quoted(text),
                                               ": strconv.ParseUint: parsing ", quoted(text),
                                               ": invalid syntax")));
  }

  const auto& snapshot = reader_.current();
  options.after = snapshot.revision();
  if (revision == 0 || initial_events) {
    options.mark_initial_end = initial_events;
    const auto take = [&options](const ObjectPtr& object) {
      if (options.labels.matches(object->labels()) && options.fields.matches(*object)) {
        options.initial.push_back(object);
      }
      return true;
    };
    snapshot.for_each(*call.kind, options.prefix, options.prefix,
                      [&](const ObjectPtr& stored) { return with_seen(*call.kind, stored, take); });
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
