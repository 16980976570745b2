#include "identity/migration_ledger.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/utf8.h"
#include "net/address.h"

namespace signet::identity {
namespace {

std::string key_of(Finding finding, std::string_view ns, std::string_view account) {
  return cat(to_string(finding), '/', ns, '/', account);
}
std::string key_of(const ToMigrate& entry) {
  return key_of(entry.finding, entry.ns, entry.account);
}

// With the mark of the cut.
std::string cut(std::string_view text, std::size_t bytes_max) {
  constexpr std::size_t mark = 3;
  return excerpt(text, bytes_max - mark);
}

std::size_t place(Finding finding) {
  return static_cast<std::size_t>(finding);
}

telemetry::Counter dropped(telemetry::Registry& metrics, std::string_view what) {
  return metrics.counter("signet_tokens_to_migrate_dropped_total",
                         "Entries of the migration report that made room for newer ones.",
                         {{"what", what}});
}

}  // namespace

std::string_view to_string(Finding finding) {
  switch (finding) {
    case Finding::legacy_token:
      return "legacy_token";
    case Finding::stale_token:
      return "stale_token";
    case Finding::default_audience:
      return "default_audience";
  }
  return "unknown";
}

MigrationLedger::MigrationLedger(Options options, UnixTime since, telemetry::Registry& metrics)
    : options_(options),
      accounts_dropped_(dropped(metrics, "account")),
      sources_dropped_(dropped(metrics, "source")) {
  state_.with([&](State& state) { state.since = since; });
  for (const auto finding : all_findings) {
    accounts_.push_back(metrics.gauge("signet_tokens_to_migrate",
                                      "Service accounts that presented tokens which are to go.",
                                      {{"finding", to_string(finding)}}));
  }
}

void MigrationLedger::record(const Sighting& sighting, UnixTime now) {
  state_.with([&](State& state) {
    auto& entry = entry_of(state, sighting, now);
    entry.last_seen = now;
    ++entry.count;
    auto& source = source_of(state, entry, sighting);
    source.last_seen = now;
    ++source.count;
    ++state.version;
  });
}

// The entry is the first in the list afterwards.
ToMigrate& MigrationLedger::entry_of(State& state, const Sighting& sighting, UnixTime now) {
  const auto ns = sighting.ns.substr(0, name_bytes_max);
  const auto account = sighting.account.substr(0, name_bytes_max);
  const auto known = state.index.find(key_of(sighting.finding, ns, account));
  if (known != state.index.end()) {
    state.entries.splice(state.entries.begin(), state.entries, known->second);
    return state.entries.front();
  }
  if (state.entries.size() >= options_.accounts_max) {
    erase(state, std::prev(state.entries.end()));
    ++state.accounts_dropped;
    accounts_dropped_.add();
  }
  state.entries.push_front({.finding = sighting.finding,
                            .ns = std::string(ns),
                            .account = std::string(account),
                            .first_seen = now,
                            .last_seen = now,
                            .count = 0,
                            .sources = {}});
  add(state, state.entries.begin());
  return state.entries.front();
}

// The source is the first of the entry afterwards.
Source& MigrationLedger::source_of(State& state, ToMigrate& entry, const Sighting& sighting) {
  Source wanted{.address = cut(net::host_of(sighting.address), text_bytes_max),
                .reviewer = cut(sighting.reviewer, text_bytes_max),
                .wanted = cut(sighting.wanted, text_bytes_max),
                .object = cut(sighting.object, object_bytes_max),
                .last_seen = {},
                .count = 0};
  auto& sources = entry.sources;
  auto at = std::ranges::find_if(sources, [&](const Source& one) {
    return one.address == wanted.address && one.reviewer == wanted.reviewer &&
           one.wanted == wanted.wanted && one.object == wanted.object;
  });
  if (at == sources.end()) {
    if (sources.size() >= options_.sources_max) {
      sources.pop_back();
      ++state.sources_dropped;
      sources_dropped_.add();
    }
    at = sources.insert(sources.end(), std::move(wanted));
  }
  std::rotate(sources.begin(), at, std::next(at));
  return sources.front();
}

void MigrationLedger::add(State& state, Entries::iterator entry) {
  state.index.emplace(key_of(*entry), entry);
  const auto which = place(entry->finding);
  accounts_[which].set(static_cast<double>(++state.accounts[which]));
}

void MigrationLedger::erase(State& state, Entries::iterator entry) {
  const auto which = place(entry->finding);
  accounts_[which].set(static_cast<double>(--state.accounts[which]));
  state.index.erase(key_of(*entry));
  state.entries.erase(entry);
  ++state.version;
}

void MigrationLedger::forget(std::string_view ns, std::string_view account) {
  state_.with([&](State& state) {
    for (const auto finding : all_findings) {
      const auto known = state.index.find(key_of(finding, ns, account));
      if (known != state.index.end()) erase(state, known->second);
    }
  });
}

LedgerContents MigrationLedger::contents(UnixTime now) {
  return state_.with([&](State& state) {
    while (!state.entries.empty() && state.entries.back().last_seen + options_.keep < now) {
      erase(state, std::prev(state.entries.end()));
    }
    return LedgerContents{.at = now,
                          .since = state.since,
                          .entries = {state.entries.begin(), state.entries.end()},
                          .accounts_dropped = state.accounts_dropped,
                          .sources_dropped = state.sources_dropped};
  });
}

void MigrationLedger::restore(LedgerContents contents) {
  // As it was written, unless somebody edited the file.
  if (!std::ranges::is_sorted(contents.entries, std::ranges::greater{}, &ToMigrate::last_seen)) {
    std::ranges::sort(contents.entries, std::ranges::greater{}, &ToMigrate::last_seen);
  }
  state_.with([&](State& state) {
    state.since = contents.since;
    state.accounts_dropped = contents.accounts_dropped;
    state.sources_dropped = contents.sources_dropped;
    for (auto& entry : contents.entries) {
      if (state.entries.size() >= options_.accounts_max) break;
      if (state.index.contains(key_of(entry))) continue;
      if (entry.sources.size() > options_.sources_max) entry.sources.resize(options_.sources_max);
      state.entries.push_back(std::move(entry));
      add(state, std::prev(state.entries.end()));
    }
  });
}

std::uint64_t MigrationLedger::version() const {
  return state_.with([](const State& state) { return state.version; });
}

}  // namespace signet::identity
