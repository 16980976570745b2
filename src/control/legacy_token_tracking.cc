#include "control/legacy_token_tracking.h"

#include <chrono>
#include <utility>

#include "kinds/kinds.h"
#include "token/legacy_labels.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;

constexpr std::chrono::minutes between_creations{30};
// Runs of a queue share commits.
constexpr std::size_t labels_at_once = 32;

std::string_view label_of(const Json& secret, std::string_view name) {
  const auto* value = codec::object_at(secret, "metadata.labels").if_contains(name);
  return value == nullptr || !value->is_string() ? std::string_view() : value->get_string();
}

ApiResult<Json> with_last_use(const Json& secret, Instant now) {
  const auto today = token::label_date(now);
  const auto written = label_of(secret, token::last_used_label);
  // Tomorrow is what a replica with a faster clock wrote.
  if (written == today || written == token::label_date(now + std::chrono::days{1})) return secret;
  auto wanted = secret;
  codec::make_object_at(wanted, "metadata.labels")[token::last_used_label] = today;
  return wanted;
}

}  // namespace

std::optional<UnixTime> tracked_since(const machinery::Snapshot& snapshot) {
  const auto* map = snapshot.find(kinds::config_map, LegacyTokenTracking::since_key);
  if (map == nullptr) return std::nullopt;
  return token::parse_label_date(codec::string_at(map->parse(), "data.since"));
}

LegacyTokenTracking::LegacyTokenTracking(machinery::Api& api, identity::LastUses& uses)
    : api_(api),
      uses_(uses),
      alarm_(api.parts().loop, api.parts().clock, [this] { look_for_since(); }),
      since_(api.parts().loop, "legacy token tracking",
             [this](std::string key) { return write_since(std::move(key)); }),
      last_uses_(
          api.parts().loop, "last uses of legacy tokens",
          [this](std::string secret) { return write_last_use(std::move(secret)); },
          labels_at_once) {}

void LegacyTokenTracking::start() {
  uses_.on_waiting([this, &loop = api_.parts().loop, alive = std::weak_ptr<bool>(alive_)] {
    loop.post([this, alive] {
      if (alive.lock() == nullptr) return;
      for (auto& secret : uses_.take()) last_uses_.add(std::move(secret));
    });
  });
  look_for_since();
}

void LegacyTokenTracking::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  if (&object.kind() == &kinds::config_map && object.key() == since_key) look_for_since();
}

void LegacyTokenTracking::stop() {
  uses_.on_waiting({});
  alive_.reset();
  alarm_.stop();
  since_.stop();
  last_uses_.stop();
}

void LegacyTokenTracking::look_for_since() {
  if (tracked_since(api_.snapshot())) return;
  const bool there = api_.snapshot().find(kinds::config_map, since_key) != nullptr;
  const auto now = api_.parts().clock.now();
  if (!there && made_ && now < *made_ + between_creations) {
    alarm_.set(*made_ + between_creations);
    return;
  }
  since_.add(std::string(since_key));
}

Task<ApiResult<void>> LegacyTokenTracking::write_since(std::string key) {
  if (tracked_since(api_.snapshot())) co_return ApiResult<void>{};
  const auto now = api_.parts().clock.now();
  const auto today = token::label_date(now);
  if (api_.snapshot().find(kinds::config_map, key) != nullptr) {
    const auto written = co_await api_.amend(
        kinds::config_map, key, [&today](const Json& current) -> ApiResult<Json> {
          if (token::parse_label_date(codec::string_at(current, "data.since"))) return current;
          auto wanted = current;
          codec::make_object_at(wanted, "data")["since"] = today;
          return wanted;
        });
    if (!written && written.error().code != 404) co_return machinery::refuse(written.error());
    co_return ApiResult<void>{};
  }
  made_ = now;
  const auto slash = key.find('/');
  const auto made = co_await api_.create(
      kinds::config_map, JsonObject{{"metadata", JsonObject{{"namespace", key.substr(0, slash)},
                                                            {"name", key.substr(slash + 1)}}},
                                    {"data", JsonObject{{"since", today}}}});
  if (!made && made.error().reason != "AlreadyExists") co_return machinery::refuse(made.error());
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> LegacyTokenTracking::write_last_use(std::string secret) {
  const auto now = api_.parts().clock.now();
  const auto written =
      co_await api_.amend(kinds::secret, std::move(secret),
                          [now](const Json& current) { return with_last_use(current, now); });
  // Gone in the meantime: there is nothing to write on.
  if (!written && written.error().code != 404) co_return machinery::refuse(written.error());
  co_return ApiResult<void>{};
}

}  // namespace signet::control
