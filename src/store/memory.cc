#include "store/memory.h"

#include <utility>

#include "store/precondition.h"

namespace signet::store {

MemoryStore::MemoryStore()
    : thread_([this](std::span<const Write> batch) { return commit_all(batch); }) {}

Result<Store::Range> MemoryStore::range(std::string_view prefix) {
  return state_.with([&](const State& state) {
    Range range{.revision = state.revision, .entries = {}};
    for (auto at = state.entries.lower_bound(prefix);
         at != state.entries.end() && at->first.starts_with(prefix); ++at) {
      range.entries.push_back(
          {.key = at->first, .value = at->second.value, .revision = at->second.revision});
    }
    return range;
  });
}

std::vector<CommitThread::Outcome> MemoryStore::commit_all(std::span<const Write> batch) {
  return state_.with([&](State& state) {
    std::vector<CommitThread::Outcome> outcomes;
    outcomes.reserve(batch.size());
    for (const Write& write : batch) {
      const auto at = state.entries.find(write.key);
      if (auto refused = refusal(write, at == state.entries.end() ? 0 : at->second.revision)) {
        outcomes.emplace_back(std::unexpected(*std::move(refused)));
        continue;
      }
      ++state.revision;
      if (write.value) {
        state.entries[write.key] = {.value = *write.value, .revision = state.revision};
      } else {
        state.entries.erase(at);
      }
      outcomes.emplace_back(state.revision);
    }
    return outcomes;
  });
}

}  // namespace signet::store
