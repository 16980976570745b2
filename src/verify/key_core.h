// The engine without threads and network: what happened comes in with its time, what is to be done
// goes out.
//
// Shape    every verb ends with pump(): what is due is begun, who waited too long is answered.
//          Requests are granted by grant() alone, so that one thread makes them and reads the files
//          they need. The caller performs the Effects under no lock.
// Threads  none: the owner guards it.
// Source   verify.md B.15.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "verify/fetch_budget.h"
#include "verify/key_fetch.h"
#include "verify/key_metrics.h"
#include "verify/key_store.h"
#include "verify/key_unit.h"
#include "verify/key_waiters.h"
#include "verify/negative_keys.h"

namespace signet::verify {

class KeyCore {
 public:
  struct Answer {
    KeyWaiters::Answered answered;
    KeyAnswer answer;
  };
  struct Effects {
    std::vector<Answer> answers;
    std::vector<FetchOrder> orders;
    std::vector<net::Fetcher::Id> cancels;
    SteadyTime next;  // when to pump again
  };
  struct Question {
    std::string_view issuer;
    std::string_view kid;
    jose::Algorithm algorithm;
    std::optional<UnixTime> issued_at;
    SteadyTime deadline;
    KeyAnswer when_late;
  };

  KeyCore(Random& random, KeyMetrics metrics);

  // Units whose identity is planned again stay as they are; `restored` fills new ones.
  std::shared_ptr<const KeyRegistry> configure(std::vector<PlannedSet> plans,
                                               std::span<const StoredSet> restored,
                                               const Moment& now, Effects& effects);
  // The id of the waiter, or 0 if it was answered.
  KeyWaiters::Id wait_for(const Question& question, KeyWaiters::Answered answered,
                          const Moment& now, Effects& effects);
  void cancel(KeyWaiters::Id id) { waiters_.cancel(id); }
  // A token came for a unit that slept.
  void wake(UnitId unit, const Moment& now, Effects& effects);
  // False: nobody waits for that request any more.
  bool started(const FetchOrder& order, net::Fetcher::Id request);
  void completed(const FetchOrder& order, KeyOutcome outcome, const Moment& now, Effects& effects);
  void pump(const Moment& now, Effects& effects);
  void grant(const Moment& now, Effects& effects);
  // Everybody is told keys_unavailable, every request cancelled.
  void close(Effects& effects);

  std::vector<IssuerStatus> status(const Moment& now) const;
  std::optional<IssuerStatus> status(std::string_view issuer, const Moment& now) const;
  void measure(const Moment& now);  // sets the gauges
  // What to persist; nothing if nothing changed since the last call.
  std::optional<std::vector<StoredSet>> take_changes(SteadyTime now);
  void put_back_changes() { changed_ = true; }

 private:
  using Units = std::unordered_map<UnitId, std::unique_ptr<KeyUnit>>;

  KeyUnit* unit_of(std::string_view issuer) const;
  void keep(KeyUnit& unit, PlannedSet plan, const Moment& now);
  void adopt(KeyUnit& unit, const StoredSet& stored, const Moment& now);
  void drop(KeyUnit& unit, Effects& effects);

  void attend(KeyUnit& unit, const Moment& now);
  enum class Change : std::uint8_t { of_keys, of_time };
  void publish(KeyUnit& unit, SteadyTime now, Change change);
  void schedule(KeyUnit& unit, SteadyTime now);
  void begin(KeyUnit& unit, Lane lane, SteadyTime now);
  void hurry(KeyUnit& unit, Lane lane, SteadyTime now);
  void enqueue(KeyUnit& unit, FetchBudget::Place place);
  FetchOrder order_of(KeyUnit& unit, SteadyTime now);

  void apply(KeyUnit& unit, DocumentRead document, const Moment& now);
  void apply(KeyUnit& unit, KeysRead read, const Moment& now, Effects& effects);
  void apply(KeyUnit& unit, const KeysUnchanged& same, const Moment& now, Effects& effects);
  void apply(KeyUnit& unit, KeyFailure failure, const Moment& now, Effects& effects);
  void hold(KeyUnit& unit, std::vector<KeyRecord> records, SteadyTime now);
  void succeed(KeyUnit& unit, const Moment& now, Effects& effects);
  void answer(KeyWaiters::Waiter waiter, KeyAnswer said, Effects& effects);

  // Empty: ask the network.
  std::optional<KeyAnswer> judge_miss(KeyUnit& unit, const Question& question, const Moment& now);

  Random& random_;
  KeyMetrics metrics_;
  FetchBudget budget_;
  KeyWaiters waiters_;
  NegativeKeys negative_;
  Units units_;
  std::shared_ptr<const KeyRegistry> registry_ = std::make_shared<const KeyRegistry>();
  std::set<std::pair<SteadyTime, UnitId>> timetable_;
  UnitId last_unit_ = 0;
  std::uint64_t last_generation_ = 0;
  bool changed_ = false;
};

}  // namespace signet::verify
