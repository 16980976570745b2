// Decides whether a write may happen, given the revision its key has now: one rule for every store.
//
// Limits   a key has 1 to 4096 bytes, a value at most 16 MiB; limits nearer to the caller are
//          lower.
#pragma once

#include <cstddef>
#include <optional>

#include "store/store.h"

namespace signet::store {

inline constexpr std::size_t key_bytes_max = 4096;
inline constexpr std::size_t value_bytes_max = std::size_t{16} << 20U;

// The reason to refuse, if any. `actual` is the key's revision, 0 if there is no such key.
std::optional<CommitError> refusal(const Write& write, Revision actual);

// The bytes that `write` keeps in memory while it waits.
std::size_t weight(const Write& write);

}  // namespace signet::store
