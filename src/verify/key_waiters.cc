#include "verify/key_waiters.h"

#include <algorithm>
#include <utility>

namespace signet::verify {

bool KeyWaiters::has_room(UnitId unit, Kind kind) const {
  const auto found = rooms_.find(unit);
  if (found == rooms_.end()) return true;
  const auto& room = found->second;
  return (kind == Kind::first_load ? room.first_load : room.kid_miss) < per_unit_max;
}

KeyWaiters::Id KeyWaiters::add(Waiter waiter) {
  const auto id = ++last_;
  auto& room = rooms_[waiter.unit];
  ++(waiter.kind == Kind::first_load ? room.first_load : room.kid_miss);
  room.ids.push_back(id);
  deadlines_.emplace(waiter.deadline, id);
  waiters_.emplace(id, std::move(waiter));
  return id;
}

KeyWaiters::Waiter KeyWaiters::take(Id id) {
  const auto found = waiters_.find(id);
  auto waiter = std::move(found->second);
  waiters_.erase(found);
  const auto [from, to] = deadlines_.equal_range(waiter.deadline);
  deadlines_.erase(std::find_if(from, to, [id](const auto& entry) { return entry.second == id; }));
  const auto room = rooms_.find(waiter.unit);
  --(waiter.kind == Kind::first_load ? room->second.first_load : room->second.kid_miss);
  std::erase(room->second.ids, id);
  if (room->second.ids.empty()) rooms_.erase(room);
  return waiter;
}

std::vector<KeyWaiters::Waiter> KeyWaiters::take_late(SteadyTime now) {
  std::vector<Waiter> late;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    late.push_back(take(deadlines_.begin()->second));
  }
  return late;
}

std::vector<KeyWaiters::Waiter> KeyWaiters::take_all(UnitId unit) {
  std::vector<Waiter> taken;
  for (auto room = rooms_.find(unit); room != rooms_.end(); room = rooms_.find(unit)) {
    taken.push_back(take(room->second.ids.front()));
  }
  return taken;
}

std::vector<KeyWaiters::Waiter> KeyWaiters::take_everybody() {
  return take_late(SteadyTime::max());
}

void KeyWaiters::cancel(Id id) {
  if (waiters_.contains(id)) take(id);
}

SteadyTime KeyWaiters::next_deadline() const {
  return deadlines_.empty() ? SteadyTime::max() : deadlines_.begin()->first;
}

std::size_t KeyWaiters::count(UnitId unit) const {
  const auto found = rooms_.find(unit);
  return found == rooms_.end() ? 0 : found->second.ids.size();
}

}  // namespace signet::verify
