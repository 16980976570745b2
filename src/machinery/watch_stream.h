// One client's watch: turns changes into the events that this client asked for.
//
// Shape    events as watch_event.h writes them. An object that starts to match the selector is
//          ADDED, one that stops is DELETED as it last matched.
// Limits   a client that does not read fast enough is cut off by the sink's queue limit and
//          resumes from its last version.
// Threads  its loop's.
// Source   api.md C.5.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/api.h"

namespace signet::machinery {

struct WatchOptions {
  const Kind* kind = nullptr;
  LabelSelector labels;
  FieldSelector fields;
  std::string prefix;  // of keys
  Negotiated negotiated;
  IncludeObject include = IncludeObject::metadata;
  bool bookmarks = false;
  std::chrono::milliseconds timeout{0};

  // Sent first: the state as ADDED events, or the changes since the client's version.
  std::vector<ObjectPtr> initial;
  std::vector<Change> missed;
  bool mark_initial_end = false;  // a bookmark after the initial objects says that they are all
  std::optional<ApiError> error;  // ends the watch right away
  Revision after = 0;             // later changes only
};

class WatchStream final : public net::BodyStream {
 public:
  WatchStream(Api& api, WatchOptions options);

  void start(net::StreamSink& sink) override;
  void tell(const Change& change);

 private:
  bool selects(const Object& object) const;
  bool catch_up();  // false: ended
  void send_change(const Change& stored);
  void send_seen(const Change& change);
  void send(std::string_view type, const ObjectPtr& object);
  void send_bookmark(bool initial_events_end);
  void write(std::string_view type, std::string_view object, const Schema& schema);
  void schedule_bookmark();
  void finish();

  Api& api_;
  WatchOptions options_;
  net::StreamSink* sink_ = nullptr;  // null before start and once it ended
  bool first_ = true;                // of a table: the event that carries the columns
  net::Loop::TimerHandle timeout_;
  net::Loop::TimerHandle bookmark_;
  WatchIndex::Place place_;
};

}  // namespace signet::machinery
