#include "party/verdict_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace signet::party {
namespace {

// Any bytes of a keyed digest are as good as random.
std::size_t number_in(const crypto::Sha256& key, std::size_t offset) {
  std::size_t number = 0;
  std::memcpy(&number, key.data() + offset, sizeof number);
  return number;
}

}  // namespace

bool Remembered::holds(const verify::Moment& now) const {
  if (now.steady >= fresh_until) return false;
  if (expires_at && *expires_at <= whole_seconds(now.wall - clock_skew)) return false;
  return !not_before || whole_seconds(now.wall + clock_skew) >= *not_before;
}

std::size_t VerdictKeyHash::operator()(const crypto::Sha256& key) const {
  return number_in(key, 0);
}

VerdictCache::VerdictCache(std::size_t entries, Random& random)
    : part_entries_max_(entries / parts), secret_{} {
  random.fill(secret_);
}

crypto::Sha256 VerdictCache::key(std::string_view token, std::uint32_t route) const {
  std::array<char, sizeof route> number{};
  std::memcpy(number.data(), &route, sizeof route);
  const std::array<std::string_view, 2> message{std::string_view(number.data(), number.size()),
                                                token};
  return crypto::hmac_sha256({reinterpret_cast<const char*>(secret_.data()), secret_.size()},
                             message);
}

Guarded<VerdictCache::Part>& VerdictCache::part_of(const crypto::Sha256& key) {
  return parts_[number_in(key, 8) % parts];
}

RememberedPtr VerdictCache::find(const crypto::Sha256& key) {
  return part_of(key).with([&](Part& part) -> RememberedPtr {
    const auto found = part.index.find(key);
    if (found == part.index.end()) return nullptr;
    part.recent.splice(part.recent.begin(), part.recent, found->second);
    return *found->second;
  });
}

void VerdictCache::add(RememberedPtr remembered) {
  part_of(remembered->key).with([&](Part& part) {
    const auto found = part.index.find(remembered->key);
    if (found != part.index.end()) {
      *found->second = std::move(remembered);
      part.recent.splice(part.recent.begin(), part.recent, found->second);
      return;
    }
    if (part.index.size() == part_entries_max_) {
      part.index.erase(part.recent.back()->key);
      part.recent.pop_back();
    }
    const auto key = remembered->key;
    part.recent.push_front(std::move(remembered));
    part.index.emplace(key, part.recent.begin());
  });
}

void VerdictCache::clear() {
  for (auto& part : parts_) {
    part.with([](Part& held) {
      held.index.clear();
      held.recent.clear();
    });
  }
}

std::size_t VerdictCache::size() const {
  std::size_t size = 0;
  for (const auto& part : parts_) {
    size += part.with([](const Part& held) { return held.index.size(); });
  }
  return size;
}

// The end of a token is the end of its signature: nearly as good as random, and whoever makes it
// otherwise displaces what this thread would find by digest.
std::size_t RecentVerdicts::place_of(std::string_view token, std::uint32_t route) {
  constexpr std::size_t enough = 32;
  const auto end = token.substr(token.size() - std::min(token.size(), enough));
  return (std::hash<std::string_view>()(end) + route) % entries;
}

const Remembered* RecentVerdicts::find(std::string_view token, std::uint32_t route) const {
  const auto& entry = entries_[place_of(token, route)];
  const bool same =
      entry.remembered != nullptr && entry.route == route && entry.token.reveal() == token;
  return same ? entry.remembered.get() : nullptr;
}

void RecentVerdicts::add(std::string_view token, std::uint32_t route, RememberedPtr remembered) {
  if (token.size() > token_bytes_max) return;
  entries_[place_of(token, route)] = {
      .token = Secret(std::string(token)), .route = route, .remembered = std::move(remembered)};
}

}  // namespace signet::party
