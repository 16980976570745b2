#include "control/legacy_token_cleaner.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "codec/rfc3339.h"
#include "control/legacy_token_tracking.h"
#include "kinds/kinds.h"
#include "kinds/pod_references.h"
#include "kinds/token_secret.h"
#include "token/legacy_labels.h"

namespace signet::control {
namespace {

using codec::Json;
using machinery::ApiResult;
using machinery::Object;
using machinery::ObjectPtr;
using machinery::Snapshot;

constexpr std::size_t pods_in_a_slice = 256;

std::string_view label_of(const Object& object, std::string_view name) {
  const auto found =
      std::ranges::find(object.labels(), name, &std::pair<std::string, std::string>::first);
  return found == object.labels().end() ? std::string_view() : std::string_view(found->second);
}

// What of a secret can be seen without its account and the pods.
bool is_unused(const Object& secret, Instant limit) {
  static const auto type_field = *kinds::secret.field_index("type");
  if (secret.field(type_field) != kinds::token_secret_type || secret.deleted_at()) return false;
  const auto last_used = label_of(secret, token::last_used_label);
  if (last_used.empty()) return true;
  return token::parse_label_date(last_used) && last_used < token::label_date(limit);
}

void say_if_undated(const Object& secret) {
  const auto last_used = label_of(secret, token::last_used_label);
  if (last_used.empty() || token::parse_label_date(last_used)) return;
  log::warn("a legacy token is kept: the day of its last use is no date",
            {{"secret", secret.key()}, {"label", token::last_used_label}});
}

bool was_created_before(const Json& secret, Instant limit) {
  const auto created = codec::parse_rfc3339(codec::string_at(secret, "metadata.creationTimestamp"));
  return created && *created < limit;
}

// Made automatically, for an account that is still there.
bool is_listed_by_its_account(const Object& secret, const Json& json, const Snapshot& snapshot) {
  const auto owner = kinds::token_secret_owner(json);
  if (!owner) return false;
  const auto* account =
      snapshot.find(kinds::service_account, cat(secret.namespace_name(), '/', owner->account));
  if (account == nullptr) return false;
  if (!owner->uid.empty() && owner->uid != account->uid()) return false;
  return kinds::lists_secret(account->parse(), secret.name());
}

// Somewhere in the bytes of the pod: parsing is for those few that have the name in them.
bool is_named_by(const Object& pod, std::string_view secret) {
  if (!pod.json().contains(cat('"', secret, '"'))) return false;
  return std::ranges::any_of(
      kinds::references_of(pod.parse()), [&](const kinds::PodReference& reference) {
        return reference.what == kinds::Referred::secret && reference.name == secret;
      });
}

void erase_named(std::vector<ObjectPtr>& secrets, const Object& pod) {
  std::erase_if(secrets, [&](const ObjectPtr& secret) { return is_named_by(pod, secret->name()); });
}

// Lets others run on the loop.
Callback<bool> next_turn(net::Loop& loop) {
  return Callback<bool>([&loop](Callback<bool>::Complete complete) {
    loop.post([complete = std::move(complete)]() mutable { complete(true); });
  });
}

}  // namespace

LegacyTokenCleaner::LegacyTokenCleaner(machinery::Api& api, std::chrono::seconds period)
    : api_(api),
      period_(period),
      alarm_(api.parts().loop, api.parts().clock, [this] { clean(); }),
      namespaces_(api.parts().loop, "unused legacy tokens",
                  [this](std::string ns) { return clean_namespace(std::move(ns)); }) {}

void LegacyTokenCleaner::start() {
  clean();
}

void LegacyTokenCleaner::stop() {
  alarm_.stop();
  namespaces_.stop();
}

void LegacyTokenCleaner::clean() {
  const auto now = api_.parts().clock.now();
  alarm_.set(now + interval);
  const auto since = tracked_since(api_.snapshot());
  if (!since || now < *since + std::chrono::days{1} + period_) return;
  std::set<std::string_view> namespaces;
  const auto held = api_.shared_snapshot();
  held->for_each(kinds::secret, "", "", [&](const ObjectPtr& secret) {
    if (is_unused(*secret, now - period_)) namespaces.insert(secret->namespace_name());
    say_if_undated(*secret);
    return true;
  });
  for (const auto ns : namespaces) namespaces_.add(std::string(ns));
}

Task<ApiResult<void>> LegacyTokenCleaner::clean_namespace(std::string ns) {
  const auto limit = api_.parts().clock.now() - period_;
  const auto snapshot = api_.shared_snapshot();
  const auto prefix = cat(ns, '/');
  std::vector<ObjectPtr> unused;
  snapshot->for_each(kinds::secret, prefix, prefix, [&](const ObjectPtr& secret) {
    if (!is_unused(*secret, limit)) return true;
    const auto json = secret->parse();
    if (was_created_before(json, limit) && is_listed_by_its_account(*secret, json, *snapshot)) {
      unused.push_back(secret);
    }
    return true;
  });
  std::string next = prefix;
  while (!next.empty() && !unused.empty()) {
    std::size_t seen = 0;
    std::string from = std::exchange(next, {});
    snapshot->for_each(kinds::pod, prefix, from, [&](const ObjectPtr& pod) {
      if (seen++ == pods_in_a_slice) {
        next = pod->key();
        return false;
      }
      erase_named(unused, *pod);
      return true;
    });
    if (!next.empty()) co_await next_turn(api_.parts().loop);
  }
  for (const auto& secret : unused) {
    const auto marked = label_of(*secret, token::invalid_since_label);
    if (!token::parse_label_date(marked)) {
      CO_TRY_VOID(co_await mark(secret));
    } else if (marked < token::label_date(limit)) {
      CO_TRY_VOID(co_await remove(secret));
    }
  }
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> LegacyTokenCleaner::mark(ObjectPtr secret) {
  const auto today = token::label_date(api_.parts().clock.now());
  const auto revision = std::to_string(secret->revision());
  log::info("an unused legacy token is marked invalid", {{"secret", secret->key()}});
  const auto marked = co_await api_.amend(
      kinds::secret, std::string(secret->key()),
      [&revision, &today](const Json& current) -> ApiResult<Json> {
        // Used, or changed by somebody, since it was looked at.
        if (codec::string_at(current, "metadata.resourceVersion") != revision) {
          return current;
        }
        auto wanted = current;
        codec::make_object_at(wanted, "metadata.labels")[token::invalid_since_label] = today;
        return wanted;
      });
  if (!marked && marked.error().code != 404) co_return machinery::refuse(marked.error());
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> LegacyTokenCleaner::remove(ObjectPtr secret) {
  log::info("an unused legacy token is removed", {{"secret", secret->key()}});
  const auto removed =
      co_await api_.remove(kinds::secret, std::string(secret->key()),
                           {.grace_seconds = std::nullopt,
                            .propagation = {},
                            .precondition_uid = std::string(secret->uid()),
                            .precondition_revision = std::to_string(secret->revision())});
  // Used, or changed by somebody, since it was looked at: it is looked at again tomorrow.
  if (!removed && removed.error().code != 404 && removed.error().code != 409) {
    co_return machinery::refuse(removed.error());
  }
  co_return ApiResult<void>{};
}

}  // namespace signet::control
