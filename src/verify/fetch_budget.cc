#include "verify/fetch_budget.h"

#include <algorithm>
#include <utility>

namespace signet::verify {

FetchBudget::FetchBudget(const Options& options)
    : options_(options), all_(options.per_second), kid_misses_(options.kid_misses_per_second) {}

void FetchBudget::enqueue(UnitId unit, Lane lane, std::string_view host, Place place) {
  const Waiting waiting{.unit = unit, .ticket = ++tickets_};
  queued_[unit] = {.lane = lane, .host = std::string(host), .ticket = waiting.ticket};
  auto& queue = queues_.at(static_cast<std::size_t>(lane));
  if (place == Place::front) {
    queue.push_front(waiting);
  } else {
    queue.push_back(waiting);
  }
}

void FetchBudget::remove(UnitId unit) {
  queued_.erase(unit);
  release(unit);
}

bool FetchBudget::has_slot(Lane lane) const {
  return lane == Lane::suspect ? in_flight_[1] < options_.in_flight_suspect
                               : in_flight_[0] < options_.in_flight_healthy;
}

std::optional<UnitId> FetchBudget::take(Lane lane, SteadyTime now) {
  auto& queue = queues_.at(static_cast<std::size_t>(lane));
  while (!queue.empty()) {
    const auto waiting = queue.front();
    queue.pop_front();
    const auto found = queued_.find(waiting.unit);
    if (found == queued_.end() || found->second.ticket != waiting.ticket) continue;
    auto& host = hosts_[found->second.host];
    if (host.in_flight >= options_.in_flight_per_host) {
      host.aside.push_back(waiting);
      continue;
    }
    ++host.in_flight;
    ++in_flight_.at(slot_of(lane));
    all_.take(now);
    if (lane == Lane::kid_miss) kid_misses_.take(now);
    granted_[waiting.unit] = std::move(found->second);
    queued_.erase(found);
    return waiting.unit;
  }
  return std::nullopt;
}

std::optional<UnitId> FetchBudget::next(SteadyTime now) {
  if (!all_.may_take(now)) return std::nullopt;
  for (std::size_t i = 0; i < lanes; ++i) {
    const auto lane = static_cast<Lane>(i);
    if (!has_slot(lane) || (lane == Lane::kid_miss && !kid_misses_.may_take(now))) continue;
    if (const auto unit = take(lane, now)) return unit;
  }
  return std::nullopt;
}

void FetchBudget::bring_back(Host& host) {
  while (!host.aside.empty()) {
    const auto waiting = host.aside.front();
    host.aside.pop_front();
    const auto found = queued_.find(waiting.unit);
    if (found == queued_.end() || found->second.ticket != waiting.ticket) continue;
    queues_.at(static_cast<std::size_t>(found->second.lane)).push_front(waiting);
    return;
  }
}

void FetchBudget::release(UnitId unit) {
  const auto found = granted_.find(unit);
  if (found == granted_.end()) return;
  --in_flight_.at(slot_of(found->second.lane));
  const auto host = hosts_.find(found->second.host);
  --host->second.in_flight;
  bring_back(host->second);
  if (host->second.in_flight == 0 && host->second.aside.empty()) hosts_.erase(host);
  granted_.erase(found);
}

SteadyTime FetchBudget::next_by_time() const {
  auto earliest = SteadyTime::max();
  for (std::size_t i = 0; i < lanes; ++i) {
    const auto lane = static_cast<Lane>(i);
    if (queues_.at(i).empty() || !has_slot(lane)) continue;
    const auto own = lane == Lane::kid_miss ? kid_misses_.next() : SteadyTime::min();
    earliest = std::min(earliest, std::max(all_.next(), own));
  }
  return earliest;
}

}  // namespace signet::verify
