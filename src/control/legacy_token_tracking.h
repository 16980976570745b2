// Writes down that legacy tokens are used: since when anybody looks, and on each secret the day of
// its last use.
//
// Shape    the config map kube-system/kube-apiserver-legacy-service-account-token-tracking says
//          since when, in data.since: made where it is missing, at most once in 30 minutes, and
//          written anew only if that is no date. What was used comes from LastUses; a label that
//          says today, or tomorrow, stays.
// Errors   a label that cannot be written is logged and tried again; no request hears of it.
// Threads  its loop's.
// Source   tokens.md 4.5.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control/alarm.h"
#include "control/work_queue.h"
#include "identity/last_uses.h"
#include "machinery/api.h"

namespace signet::control {

class LegacyTokenTracking {
 public:
  static constexpr std::string_view since_key =
      "kube-system/kube-apiserver-legacy-service-account-token-tracking";

  // Both outlive it.
  LegacyTokenTracking(machinery::Api& api, identity::LastUses& uses);

  void start();
  void tell(const machinery::Change& change);
  void stop();

 private:
  void look_for_since();
  Task<machinery::ApiResult<void>> write_since(std::string key);
  Task<machinery::ApiResult<void>> write_last_use(std::string secret);

  machinery::Api& api_;
  identity::LastUses& uses_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what uses posted
  std::optional<Instant> made_;                                 // the config map, last
  Alarm alarm_;
  WorkQueue since_;
  WorkQueue last_uses_;
};

// data.since of the config map; nothing without one, or where it is no date.
std::optional<UnixTime> tracked_since(const machinery::Snapshot& snapshot);

}  // namespace signet::control
