// What an operator does to the core, and what it tells one.
#include <algorithm>
#include <array>

#include "verify/key_core.h"

namespace signet::verify {

// The same origin under rules that may have changed.
void KeyCore::keep(KeyUnit& unit, PlannedSet plan, const Moment& now) {
  const bool other_filter = unit.planned.source->refused_kids != plan.source->refused_kids;
  unit.planned = std::move(plan);
  unit.life.set_rules(unit.planned.rules);
  if (other_filter) {
    // What was filtered out is not in what is held: only a whole answer brings it back.
    unit.etag.clear();
    unit.last_modified.clear();
    if (unit.keys != nullptr) {
      hold(unit, unit.fixed() ? unit.planned.fixed : unit.keys->records(), now.steady);
    }
  }
  publish(unit, now.steady, Change::of_time);
  schedule(unit, now.steady);
}

void KeyCore::adopt(KeyUnit& unit, const StoredSet& stored, const Moment& now) {
  if (now.wall - stored.fetched_at >= unit.planned.rules.hard_ttl) return;
  unit.jwks_uri = stored.jwks_uri;
  unit.algorithms = stored.algorithms;
  unit.etag = stored.etag;
  unit.last_modified = stored.last_modified;
  if (stored.document_read_at && *stored.document_read_at <= now.wall) {
    const auto age =
        std::chrono::duration_cast<SteadyTime::duration>(now.wall - *stored.document_read_at);
    unit.document_read = Moment{.steady = now.steady - age, .wall = *stored.document_read_at};
  }
  unit.life.restored(stored.fetched_at, now);
  hold(unit, stored.keys->records(), now.steady);
}

void KeyCore::drop(KeyUnit& unit, Effects& effects) {
  budget_.remove(unit.id);
  if (unit.scheduled) timetable_.erase({*unit.scheduled, unit.id});
  if (unit.request != 0) effects.cancels.push_back(unit.request);
  for (auto& waiter : waiters_.take_all(unit.id)) {
    answer(std::move(waiter), KeyAnswer::unknown_issuer, effects);
  }
  unit.slot->publish(nullptr);
}

std::shared_ptr<const KeyRegistry> KeyCore::configure(std::vector<PlannedSet> plans,
                                                      std::span<const StoredSet> restored,
                                                      const Moment& now, Effects& effects) {
  std::map<crypto::Sha256, const StoredSet*> stored;
  for (const auto& set : restored) stored[set.source] = &set;
  std::map<crypto::Sha256, UnitId> kept;
  for (const auto& [id, unit] : units_) kept[unit->planned.identity] = id;

  std::vector<KeyRegistry::Issuer> issuers;
  for (auto& plan : plans) {
    const auto identity = plan.identity;
    const auto names = plan.issuers;
    KeyUnit* unit = nullptr;
    if (const auto found = kept.find(identity); found != kept.end()) {
      unit = units_.at(found->second).get();
      kept.erase(found);
      keep(*unit, std::move(plan), now);
    } else {
      const auto id = ++last_unit_;
      unit = units_.emplace(id, std::make_unique<KeyUnit>(id, std::move(plan), now.steady))
                 .first->second.get();
      if (unit->fixed()) hold(*unit, unit->planned.fixed, now.steady);
      if (const auto set = stored.find(identity); set != stored.end()) {
        adopt(*unit, *set->second, now);
      }
      schedule(*unit, now.steady);
    }
    for (const auto& name : names) issuers.push_back({.name = name, .slot = unit->slot});
  }
  for (const auto& [identity, id] : kept) {
    drop(*units_.at(id), effects);
    units_.erase(id);
  }
  changed_ = true;
  registry_ = std::make_shared<const KeyRegistry>(std::move(issuers));
  pump(now, effects);
  return registry_;
}

void KeyCore::close(Effects& effects) {
  for (const auto& [id, unit] : units_) {
    if (unit->request != 0) effects.cancels.push_back(unit->request);
  }
  for (auto& waiter : waiters_.take_everybody()) {
    answer(std::move(waiter), KeyAnswer::keys_unavailable, effects);
  }
}

std::vector<IssuerStatus> KeyCore::status(const Moment& now) const {
  std::vector<IssuerStatus> all;
  all.reserve(registry_->issuers().size());
  for (const auto& issuer : registry_->issuers()) {
    const auto& unit = *units_.at(issuer.slot->unit());
    all.push_back(status_of(unit, issuer.name, now, waiters_.count(unit.id)));
  }
  std::ranges::sort(all, {}, &IssuerStatus::issuer);
  return all;
}

std::optional<IssuerStatus> KeyCore::status(std::string_view issuer, const Moment& now) const {
  const auto* unit = unit_of(issuer);
  if (unit == nullptr) return std::nullopt;
  return status_of(*unit, std::string(issuer), now, waiters_.count(unit->id));
}

void KeyCore::measure(const Moment& now) {
  std::array<std::size_t, 4> states{};
  std::size_t dead = 0;
  std::size_t idle = 0;
  auto oldest = SteadyTime::duration::zero();
  for (const auto& [id, unit] : units_) {
    const auto state = unit->fixed() ? KeyState::fresh : unit->life.state(now.steady);
    ++states.at(static_cast<std::size_t>(state));
    dead += unit->life.dead() ? 1 : 0;
    const bool sleeps = !unit->fixed() && unit->life.idle(now.steady);
    idle += sleeps ? 1 : 0;
    if (const auto fetched = unit->life.fetched_at_steady();
        fetched && unit->published && !sleeps) {
      oldest = std::max(oldest, now.steady - *fetched);
    }
  }
  metrics_.set_states(states);
  metrics_.issuers.set(static_cast<double>(registry_->issuers().size()));
  metrics_.dead.set(static_cast<double>(dead));
  metrics_.idle.set(static_cast<double>(idle));
  metrics_.waiters.set(static_cast<double>(waiters_.size()));
  metrics_.in_flight.set(static_cast<double>(budget_.in_flight()));
  metrics_.oldest_active_seconds.set(std::chrono::duration<double>(oldest).count());
}

std::optional<std::vector<StoredSet>> KeyCore::take_changes(SteadyTime now) {
  if (!std::exchange(changed_, false)) return std::nullopt;
  std::vector<StoredSet> sets;
  for (const auto& [id, unit] : units_) {
    if (unit->fixed() || unit->keys == nullptr || !unit->life.usable(now)) continue;
    const bool filtered = !unit->planned.source->refused_kids.empty();
    sets.push_back({.source = unit->planned.identity,
                    .fetched_at = unit->life.fetched_at().value_or(Instant()),
                    // A set without what an operator refuses is not what the server means.
                    .etag = filtered ? std::string() : unit->etag,
                    .last_modified = filtered ? std::string() : unit->last_modified,
                    .jwks_uri = unit->jwks_uri,
                    .document_read_at = unit->document_read
                                            ? std::optional(unit->document_read->wall)
                                            : std::nullopt,
                    .algorithms = unit->algorithms,
                    .keys = unit->keys});
  }
  return sets;
}

}  // namespace signet::verify
