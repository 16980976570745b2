#include "identity/key_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "token/checks.h"
#include "token/lifetime.h"

namespace signet::identity {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::array<std::string_view, 4> state_names{"published", "signing", "retiring", "gone"};

// Two hours hold the default of one, a year and a day the one-year extension.
constexpr std::array<seconds, 7> lifetime_steps{
    hours{2}, days{1}, days{7}, days{31}, days{366}, days{3660}, token::lifetime_max};

}  // namespace

std::string_view to_string(KeyState state) {
  return state_names[static_cast<std::size_t>(state)];
}

std::optional<UnixTime> end_of(const KeyRecord& key) {
  if (key.state != KeyState::retiring || key.signed_endless || !key.stopped) return std::nullopt;
  return *key.stopped + key.longest + token::leeway;
}

seconds lifetime_step(seconds lifetime) {
  const auto* step = std::ranges::lower_bound(lifetime_steps, lifetime);
  return step == lifetime_steps.end() ? endless : *step;
}

Result<void> KeyBook::check() const {
  const auto count = [this](KeyState state) {
    return std::ranges::count(keys_, state, &KeyRecord::state);
  };
  if (count(KeyState::signing) != 1) return fail(ErrorKind::invalid, "not exactly one key signs");
  if (count(KeyState::published) > 1) {
    return fail(ErrorKind::invalid, "more than one key waits to sign");
  }
  const auto gone = static_cast<std::size_t>(count(KeyState::gone));
  if (gone > gone_max || keys_.size() - gone > keys_max) {
    return fail(ErrorKind::invalid, "it has too many keys");
  }
  return {};
}

const KeyRecord* KeyBook::find(std::string_view kid) const {
  const auto found = std::ranges::find(keys_, kid, &KeyRecord::kid);
  return found == keys_.end() ? nullptr : &*found;
}
KeyRecord* KeyBook::find_own(std::string_view kid) {
  const auto found = std::ranges::find(keys_, kid, &KeyRecord::kid);
  return found == keys_.end() ? nullptr : &*found;
}
const KeyRecord* KeyBook::in_state(KeyState state) const {
  const auto found = std::ranges::find(keys_, state, &KeyRecord::state);
  return found == keys_.end() ? nullptr : &*found;
}

std::optional<UnixTime> KeyBook::next_change() const {
  std::optional<UnixTime> next;
  const auto consider = [&next](std::optional<UnixTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& key : keys_) {
    if (key.state == KeyState::published) consider(key.signs_from);
    consider(end_of(key));
  }
  return next;
}

void KeyBook::begin(KeyRecord key) {
  key.state = KeyState::signing;
  keys_.push_back(std::move(key));
}

Result<void> KeyBook::may_publish(bool replace) const {
  const auto* waiting = published();
  if (waiting != nullptr && !replace) {
    return fail(ErrorKind::conflict,
                cat("a rotation is under way: ", waiting->kid, " signs from ",
                    codec::to_rfc3339(waiting->signs_from),
                    "; wait for it, let it sign at once (--now), or make another key in its place "
                    "(--replace)"));
  }
  const auto gone = std::ranges::count(keys_, KeyState::gone, &KeyRecord::state);
  const auto believed =
      keys_.size() - static_cast<std::size_t>(gone) - (waiting != nullptr ? 1 : 0);
  if (believed >= keys_max) {
    return fail(ErrorKind::exhausted, cat("there are ", believed,
                                          " keys, and relying parties read no more than that: "
                                          "retire some first"));
  }
  return {};
}

Result<void> KeyBook::publish(KeyRecord key, bool replace) {
  TRY_VOID(may_publish(replace));
  if (const auto* waiting = published()) end(*find_own(waiting->kid), key.since);
  key.state = KeyState::published;
  keys_.push_back(std::move(key));
  forget_oldest_gone();
  return {};
}

Result<void> KeyBook::switch_over(UnixTime now) {
  const auto* next = published();
  if (next == nullptr) return fail(ErrorKind::conflict, "no key waits to sign");
  for (auto& key : keys_) {
    if (key.state == KeyState::signing) {
      key.state = KeyState::retiring;
      key.since = now;
      key.stopped.reset();
    } else if (key.state == KeyState::published) {
      key.state = KeyState::signing;
      key.since = now;
      key.signs_from = now;
    }
  }
  return {};
}

void KeyBook::note_stopped(UnixTime now) {
  for (auto& key : keys_) {
    if (key.state == KeyState::retiring && !key.stopped) key.stopped = now;
  }
}

bool KeyBook::promise(std::string_view kid, seconds lifetime) {
  auto* key = find_own(kid);
  // Who asks for another key's sake looks again at which one signs.
  if (key == nullptr || key->state != KeyState::signing) return false;
  const auto step = lifetime_step(lifetime);
  if (step == endless) return !std::exchange(key->signed_endless, true);
  if (step <= key->longest) return false;
  key->longest = step;
  return true;
}

Result<void> KeyBook::retire(std::string_view kid, bool at_once, UnixTime now) {
  auto* key = find_own(kid);
  if (key == nullptr) return fail(ErrorKind::not_found, cat("there is no key ", kid));
  switch (key->state) {
    case KeyState::gone:
      return fail(ErrorKind::conflict, cat("the key ", kid, " is gone already"));
    case KeyState::signing:
      return fail(ErrorKind::conflict,
                  cat("the key ", kid,
                      " signs: rotate first, at once if it must be (signet keys rotate --now), and "
                      "retire it when another one signs"));
    case KeyState::published:
      break;
    case KeyState::retiring:
      if (at_once) break;
      if (!key->signed_endless) {
        const auto end_time = end_of(*key);
        return fail(ErrorKind::conflict,
                    cat("the key ", kid, " ends by itself",
                        end_time ? cat(" at ", codec::to_rfc3339(*end_time)) : std::string(),
                        "; to refuse every token it signed from now on, add --now"));
      }
      key->signed_endless = false;
      expire(now);
      return {};
  }
  end(*key, now);
  forget_oldest_gone();
  return {};
}

bool KeyBook::expire(UnixTime now) {
  bool some = false;
  for (auto& key : keys_) {
    const auto end_time = end_of(key);
    if (!end_time || now < *end_time) continue;
    end(key, now);
    some = true;
  }
  if (some) forget_oldest_gone();
  return some;
}

void KeyBook::forget(std::string_view kid) {
  std::erase_if(keys_, [&](const KeyRecord& key) { return key.kid == kid; });
}

void KeyBook::end(KeyRecord& key, UnixTime now) {
  key.state = KeyState::gone;
  key.since = now;
}

void KeyBook::forget_oldest_gone() {
  auto gone = std::ranges::count(keys_, KeyState::gone, &KeyRecord::state);
  while (gone-- > static_cast<std::ptrdiff_t>(gone_max)) {
    const auto oldest = std::ranges::find(keys_, KeyState::gone, &KeyRecord::state);
    keys_.erase(oldest);
  }
}

}  // namespace signet::identity
