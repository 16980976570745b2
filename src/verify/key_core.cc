#include "verify/key_core.h"

#include <algorithm>

#include "base/log.h"
#include "codec/base64.h"
#include "verify/https_url.h"

namespace signet::verify {
namespace {

constexpr std::chrono::hours document_lifetime{24};
constexpr std::chrono::seconds document_interval{60};

bool keeps_kid_rule(const KeyRecord& record) {
  const auto digest = crypto::sha256(record.spki_der);
  return record.kid == codec::base64url_encode(crypto::as_bytes(digest));
}

void filter(std::vector<KeyRecord>& records, const IssuerSource& source) {
  std::erase_if(records, [&](const KeyRecord& record) {
    return std::ranges::find(source.refused_kids, record.kid) != source.refused_kids.end() ||
           (source.verify_kid_hash && !keeps_kid_rule(record));
  });
}

KeyAnswer answer_of(const KeySet& keys, std::string_view kid, jose::Algorithm algorithm) {
  const bool found = kid.empty() ? keys.has_only(algorithm) : keys.has(kid, algorithm);
  return found ? KeyAnswer::keys : KeyAnswer::unknown_key;
}

}  // namespace

KeyCore::KeyCore(Random& random, KeyMetrics metrics)
    : random_(random), metrics_(std::move(metrics)), budget_({}), negative_(random) {}

KeyUnit* KeyCore::unit_of(std::string_view issuer) const {
  const auto index = registry_->find(issuer);
  if (index == KeyRegistry::not_found) return nullptr;
  return units_.at(registry_->issuers()[index].slot->unit()).get();
}

// Replaces what is held if it differs, and then only.
void KeyCore::hold(KeyUnit& unit, std::vector<KeyRecord> records, SteadyTime now) {
  filter(records, *unit.planned.source);
  if (unit.keys != nullptr && unit.keys->records() == records) return;
  unit.keys = std::make_shared<const KeySet>(std::move(records), ++last_generation_);
  metrics_.changed.add();
  publish(unit, now, Change::of_keys);
}

void KeyCore::publish(KeyUnit& unit, SteadyTime now, Change change) {
  const bool usable = unit.keys != nullptr && (unit.fixed() || unit.life.usable(now));
  if (usable == unit.published && change == Change::of_time) return;
  unit.published = usable;
  unit.slot->publish(usable ? unit.keys : nullptr);
}

void KeyCore::schedule(KeyUnit& unit, SteadyTime now) {
  if (unit.scheduled) timetable_.erase({*unit.scheduled, unit.id});
  unit.scheduled.reset();
  if (unit.fixed()) return;
  auto next = unit.life.hard_end(now);
  if (unit.stage == FetchStage::none && !unit.life.idle(now)) {
    next = std::min(next, unit.life.due());
  }
  if (next == SteadyTime::max()) return;
  unit.scheduled = next;
  timetable_.emplace(next, unit.id);
}

// What time alone demands.
void KeyCore::attend(KeyUnit& unit, const Moment& now) {
  if (unit.slot->take_used()) unit.life.token_seen(now.steady);
  publish(unit, now.steady, Change::of_time);
  if (unit.fixed() || unit.stage != FetchStage::none) return;
  if (unit.life.idle(now.steady) && !unit.slot->fall_asleep()) unit.life.token_seen(now.steady);
  if (unit.life.wants_fetch(now.steady)) begin(unit, Lane::scheduled, now.steady);
}

void KeyCore::begin(KeyUnit& unit, Lane lane, SteadyTime now) {
  const bool read_document =
      unit.by_document() &&
      (!unit.document_read || now - unit.document_read->steady >= document_lifetime ||
       unit.document_doubted);
  const bool may_read = !unit.document_tried || now - *unit.document_tried >= document_interval ||
                        unit.jwks_uri.empty();
  unit.stage = read_document && may_read ? FetchStage::document : FetchStage::keys;
  ++unit.attempt;
  unit.retried = false;
  unit.lane = unit.life.dead() ? Lane::suspect : lane;
  enqueue(unit, FetchBudget::Place::back);
}

// Somebody waits: begins, or takes from the queue of what nobody waits for.
void KeyCore::hurry(KeyUnit& unit, Lane lane, SteadyTime now) {
  if (unit.stage == FetchStage::none) {
    begin(unit, lane, now);
  } else if (unit.lane == Lane::scheduled && budget_.is_queued(unit.id)) {
    unit.lane = lane;
    enqueue(unit, FetchBudget::Place::back);
  }
}

void KeyCore::enqueue(KeyUnit& unit, FetchBudget::Place place) {
  const auto& url =
      unit.stage == FetchStage::document ? document_url(*unit.planned.source) : unit.keys_url();
  budget_.enqueue(unit.id, unit.lane, host_and_port(url), place);
}

FetchOrder KeyCore::order_of(KeyUnit& unit, SteadyTime now) {
  FetchOrder order{.unit = unit.id,
                   .attempt = unit.attempt,
                   .stage = unit.stage,
                   .url = {},
                   .source = unit.planned.source,
                   .trust = unit.planned.trust,
                   .algorithms = {},
                   .etag = {},
                   .last_modified = {}};
  metrics_.requests.add();
  if (unit.stage == FetchStage::document) {
    unit.document_tried = now;
    order.url = document_url(*unit.planned.source);
    return order;
  }
  order.url = unit.keys_url();
  order.algorithms = unit.algorithms;
  if (!unit.by_document()) {
    for (const auto& known : jose::algorithm_table) order.algorithms.push_back(known.algorithm);
  }
  if (unit.keys != nullptr) {
    order.etag = unit.etag;
    order.last_modified = unit.last_modified;
  }
  return order;
}

void KeyCore::pump(const Moment& now, Effects& effects) {
  while (!timetable_.empty() && timetable_.begin()->first <= now.steady) {
    auto& unit = *units_.at(timetable_.begin()->second);
    attend(unit, now);
    schedule(unit, now.steady);
  }
  for (auto& waiter : waiters_.take_late(now.steady)) {
    const auto said = waiter.when_late;
    answer(std::move(waiter), said, effects);
  }
  effects.next = std::min(waiters_.next_deadline(), budget_.next_by_time());
  if (!timetable_.empty()) effects.next = std::min(effects.next, timetable_.begin()->first);
}

void KeyCore::grant(const Moment& now, Effects& effects) {
  while (const auto granted = budget_.next(now.steady)) {
    effects.orders.push_back(order_of(*units_.at(*granted), now.steady));
  }
  pump(now, effects);
}

bool KeyCore::started(const FetchOrder& order, net::Fetcher::Id request) {
  const auto found = units_.find(order.unit);
  if (found == units_.end() || found->second->attempt != order.attempt ||
      found->second->stage != order.stage) {
    return false;
  }
  found->second->request = request;
  return true;
}

void KeyCore::wake(UnitId id, const Moment& now, Effects& effects) {
  if (const auto found = units_.find(id); found != units_.end()) {
    auto& unit = *found->second;
    unit.slot->wake();
    unit.life.token_seen(now.steady);
    attend(unit, now);
    schedule(unit, now.steady);
  }
  pump(now, effects);
}

void KeyCore::answer(KeyWaiters::Waiter waiter, KeyAnswer said, Effects& effects) {
  metrics_.answered(said);
  effects.answers.push_back({.answered = std::move(waiter.answered), .answer = said});
}

std::optional<KeyAnswer> KeyCore::judge_miss(KeyUnit& unit, const Question& question,
                                             const Moment& now) {
  const auto& keys = *unit.keys;
  if (answer_of(keys, question.kid, question.algorithm) == KeyAnswer::keys) return KeyAnswer::keys;
  const auto suppressed = [&](KeyAnswer said) -> std::optional<KeyAnswer> {
    ++unit.counts.misses_suppressed;
    metrics_.misses_suppressed.add();
    return said;
  };
  if (unit.fixed() || question.kid.empty()) return suppressed(KeyAnswer::unknown_key);
  if (negative_.holds(unit.id, keys.generation(), question.kid, now.steady)) {
    return suppressed(KeyAnswer::unknown_key);
  }
  if (!waiters_.has_room(unit.id, KeyWaiters::Kind::kid_miss)) {
    metrics_.waiters_refused.add();
    return suppressed(question.when_late);
  }
  const bool begun = unit.stage != FetchStage::none;
  if (begun && (unit.lane != Lane::scheduled || !budget_.is_queued(unit.id))) return std::nullopt;
  switch (unit.life.missed(now.steady, question.issued_at)) {
    case KeyLifecycle::Miss::too_soon:
    case KeyLifecycle::Miss::token_old:
      return begun ? std::nullopt : suppressed(KeyAnswer::unknown_key);
    case KeyLifecycle::Miss::cannot_say:
      return begun ? std::nullopt : suppressed(KeyAnswer::keys_unavailable);
    case KeyLifecycle::Miss::fetch:
      break;
  }
  ++unit.counts.misses_allowed;
  metrics_.misses_allowed.add();
  hurry(unit, Lane::kid_miss, now.steady);
  return std::nullopt;
}

KeyWaiters::Id KeyCore::wait_for(const Question& question, KeyWaiters::Answered answered,
                                 const Moment& now, Effects& effects) {
  constexpr std::chrono::seconds first_load_wait{2};
  constexpr std::chrono::milliseconds kid_miss_wait{250};
  KeyWaiters::Waiter waiter{.kid = std::string(question.kid),
                            .algorithm = question.algorithm,
                            .when_late = KeyAnswer::keys_unavailable,
                            .answered = std::move(answered)};
  const auto at_once = [&](KeyAnswer said) {
    answer(std::move(waiter), said, effects);
    pump(now, effects);
    return KeyWaiters::Id{0};
  };
  auto* unit = unit_of(question.issuer);
  if (unit == nullptr) return at_once(KeyAnswer::unknown_issuer);
  unit->life.token_seen(now.steady);
  unit->slot->wake();
  publish(*unit, now.steady, Change::of_time);
  schedule(*unit, now.steady);
  waiter.unit = unit->id;
  if (unit->published) {
    if (const auto said = judge_miss(*unit, question, now)) return at_once(*said);
    waiter.kind = KeyWaiters::Kind::kid_miss;
    waiter.when_late = question.when_late;
    waiter.deadline = std::min(question.deadline, now.steady + kid_miss_wait);
  } else {
    if (!waiters_.has_room(unit->id, KeyWaiters::Kind::first_load)) {
      metrics_.waiters_refused.add();
      return at_once(KeyAnswer::keys_unavailable);
    }
    if (unit->stage == FetchStage::none && unit->life.backs_off(now.steady)) {
      return at_once(KeyAnswer::keys_unavailable);
    }
    hurry(*unit, Lane::first_load, now.steady);
    waiter.deadline = std::min(question.deadline, now.steady + first_load_wait);
  }
  const auto id = waiters_.add(std::move(waiter));
  schedule(*unit, now.steady);
  pump(now, effects);
  return id;
}

void KeyCore::completed(const FetchOrder& order, KeyOutcome outcome, const Moment& now,
                        Effects& effects) {
  const auto found = units_.find(order.unit);
  if (found != units_.end() && found->second->attempt == order.attempt &&
      found->second->stage == order.stage) {
    auto& unit = *found->second;
    budget_.release(unit.id);
    unit.request = 0;
    if (auto* document = std::get_if<DocumentRead>(&outcome)) {
      apply(unit, std::move(*document), now);
    } else if (auto* read = std::get_if<KeysRead>(&outcome)) {
      apply(unit, std::move(*read), now, effects);
    } else if (const auto* same = std::get_if<KeysUnchanged>(&outcome)) {
      apply(unit, *same, now, effects);
    } else {
      apply(unit, std::move(std::get<KeyFailure>(outcome)), now, effects);
    }
    schedule(unit, now.steady);
  }
  pump(now, effects);
}

void KeyCore::apply(KeyUnit& unit, DocumentRead document, const Moment& now) {
  if (unit.jwks_uri != document.jwks_uri || unit.algorithms != document.algorithms) {
    unit.etag.clear();
    unit.last_modified.clear();
  }
  unit.jwks_uri = std::move(document.jwks_uri);
  unit.algorithms = std::move(document.algorithms);
  unit.document_read = now;
  unit.document_doubted = false;
  unit.stage = FetchStage::keys;
  unit.retried = false;
  enqueue(unit, FetchBudget::Place::front);
}

void KeyCore::apply(KeyUnit& unit, KeysRead read, const Moment& now, Effects& effects) {
  unit.life.fetched(now, read.lifetime, random_);
  hold(unit, std::move(read.records), now.steady);
  unit.etag = std::move(read.etag);
  unit.last_modified = std::move(read.last_modified);
  ++unit.counts.fetched;
  metrics_.fetched.add();
  metrics_.skipped_keys.add(static_cast<double>(read.skipped));
  succeed(unit, now, effects);
}

void KeyCore::apply(KeyUnit& unit, const KeysUnchanged& same, const Moment& now, Effects& effects) {
  unit.life.fetched(now, same.lifetime, random_);
  ++unit.counts.not_modified;
  metrics_.not_modified.add();
  succeed(unit, now, effects);
}

void KeyCore::succeed(KeyUnit& unit, const Moment& now, Effects& effects) {
  unit.stage = FetchStage::none;
  unit.last_error.clear();
  changed_ = true;
  publish(unit, now.steady, Change::of_time);
  for (auto& waiter : waiters_.take_all(unit.id)) {
    const auto said = answer_of(*unit.keys, waiter.kid, waiter.algorithm);
    if (said == KeyAnswer::unknown_key && !waiter.kid.empty()) {
      negative_.note(unit.id, unit.keys->generation(), waiter.kid, now.steady);
    }
    answer(std::move(waiter), said, effects);
  }
}

void KeyCore::apply(KeyUnit& unit, KeyFailure failure, const Moment& now, Effects& effects) {
  if (failure.worth_a_retry && !unit.retried) {
    unit.retried = true;
    enqueue(unit, FetchBudget::Place::front);
    return;
  }
  metrics_.failed(failure.reason);
  unit.last_error = std::move(failure.message);
  const bool of_keys = unit.stage == FetchStage::keys;
  const bool content =
      failure.reason == KeyFailureReason::document || failure.reason == KeyFailureReason::keys;
  log::write(content ? log::Level::error : log::Level::warn, "keys of an issuer cannot be fetched",
             {{"issuer", unit.planned.issuers.front()}, {"reason", unit.last_error}});
  if (of_keys && failure.doubts_document && unit.by_document()) {
    unit.document_doubted = true;
    if (!unit.document_tried || now.steady - *unit.document_tried >= document_interval) {
      unit.stage = FetchStage::document;
      unit.retried = false;
      enqueue(unit, FetchBudget::Place::front);
      return;
    }
  }
  // A document that cannot be read again is no reason not to ask where the keys were.
  if (!of_keys && !content && !unit.jwks_uri.empty()) {
    unit.stage = FetchStage::keys;
    unit.retried = false;
    enqueue(unit, FetchBudget::Place::front);
    return;
  }
  unit.stage = FetchStage::none;
  ++unit.counts.failed;
  unit.life.failed(now.steady, random_);
  for (auto& waiter : waiters_.take_all(unit.id)) {
    answer(std::move(waiter), KeyAnswer::keys_unavailable, effects);
  }
}

}  // namespace signet::verify
