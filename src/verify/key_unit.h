// One key set that the engine keeps: where it comes from, what is held, what is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/fetcher.h"
#include "verify/issuer_status.h"
#include "verify/key_fetch.h"
#include "verify/key_lifecycle.h"
#include "verify/key_registry.h"
#include "verify/source_plan.h"

namespace signet::verify {

struct KeyUnit {
  KeyUnit(UnitId unit, PlannedSet plan, SteadyTime now)
      : id(unit),
        planned(std::move(plan)),
        slot(std::make_shared<KeySlot>(unit)),
        life(planned.rules, now) {}

  UnitId id;
  PlannedSet planned;
  std::shared_ptr<KeySlot> slot;
  KeyLifecycle life;
  std::shared_ptr<const KeySet> keys;  // the last good ones, also when they may not be used
  bool published = false;              // `keys` are in the slot

  // What the document said, and when.
  std::string jwks_uri;
  std::vector<jose::Algorithm> algorithms;
  std::optional<Moment> document_read;
  std::optional<SteadyTime> document_tried;
  bool document_doubted = false;
  // Of the answer that brought `keys`, if it came from `jwks_uri`.
  std::string etag;
  std::string last_modified;

  // The attempt under way.
  FetchStage stage = FetchStage::none;
  std::uint64_t attempt = 0;
  Lane lane = Lane::scheduled;
  bool retried = false;
  net::Fetcher::Id request = 0;

  std::optional<SteadyTime> scheduled;  // its place in the core's timetable
  std::string last_error;
  IssuerCounts counts;

  bool fixed() const { return !planned.fixed.empty(); }
  bool by_document() const { return planned.source->jwks_uri.empty(); }
  const std::string& keys_url() const {
    return by_document() ? jwks_uri : planned.source->jwks_uri;
  }
};

IssuerStatus status_of(const KeyUnit& unit, const std::string& issuer, const Moment& now,
                       std::size_t waiters);

}  // namespace signet::verify
