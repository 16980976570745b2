// Removes legacy tokens that nobody uses: once a day, what was unused for a year is marked invalid,
// and what stayed so for another year is deleted.
//
// Shape    only secrets that their account lists, which is how they were made automatically: what a
//          person made by hand stays, as does what a pod names. Marked is the label
//          kubernetes.io/legacy-token-invalid-since; who takes it away has a year again.
//          Nothing is done before uses were tracked for a year and a day.
// Errors   a date that is none keeps its secret; a log line a day names one of them.
// Threads  its loop's; the secrets and pods of a namespace are looked through in slices.
// Source   tokens.md 4.6.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "control/alarm.h"
#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

class LegacyTokenCleaner {
 public:
  static constexpr std::chrono::hours interval{24};
  static constexpr std::chrono::hours default_period{8760};

  // `api` outlives it; `period` is what "a year" is.
  LegacyTokenCleaner(machinery::Api& api, std::chrono::seconds period);

  void start();
  void stop();

 private:
  void clean();
  Task<machinery::ApiResult<void>> clean_namespace(std::string ns);
  Task<machinery::ApiResult<void>> mark(machinery::ObjectPtr secret);
  Task<machinery::ApiResult<void>> remove(machinery::ObjectPtr secret);

  machinery::Api& api_;
  std::chrono::seconds period_;
  bool stopped_ = false;
  Alarm alarm_;
  WorkQueue namespaces_;
};

}  // namespace signet::control
