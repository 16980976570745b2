#include "party/verdict_cache.h"

#include <cstring>
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

RememberedPtr& RecentVerdicts::place_of(const crypto::Sha256& key) {
  return entries_[number_in(key, 16) % entries];
}

const RememberedPtr* RecentVerdicts::find(const crypto::Sha256& key) {
  auto& place = place_of(key);
  return place != nullptr && place->key == key ? &place : nullptr;
}

const RememberedPtr& RecentVerdicts::add(RememberedPtr remembered) {
  auto& place = place_of(remembered->key);
  place = std::move(remembered);
  return place;
}

}  // namespace signet::party
