#include "control/legacy_token_cleaner.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>

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

constexpr std::size_t objects_in_a_slice = 64;  // some 10 us each

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

bool is_undated(const Object& secret) {
  const auto last_used = label_of(secret, token::last_used_label);
  return !last_used.empty() && !token::parse_label_date(last_used);
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

using SecretsByName = std::map<std::string, ObjectPtr, std::less<>>;

void erase_named(SecretsByName& secrets, const Object& pod) {
  for (const auto& reference : kinds::references_of(pod.parse())) {
    if (reference.what == kinds::Referred::secret) secrets.erase(reference.name);
  }
}

// Lets others run on the loop.
Callback<bool> next_turn(net::Loop& loop) {
  return Callback<bool>([&loop](Callback<bool>::Complete complete) {
    loop.post([complete = std::move(complete)]() mutable { complete(true); });
  });
}

// Hands `use` every object of a namespace, and lets others run in between. False: it was stopped.
Task<bool> look_through(net::Loop* loop, const bool* stopped, machinery::SnapshotPtr snapshot,
                        const machinery::Kind* kind, std::string prefix,
                        std::function<void(const ObjectPtr&)> use) {
  std::string next = prefix;
  while (!next.empty()) {
    std::size_t seen = 0;
    const std::string from = std::exchange(next, {});
    snapshot->for_each(*kind, prefix, from, [&](const ObjectPtr& object) {
      if (seen++ == objects_in_a_slice) {
        next = object->key();
        return false;
      }
      use(object);
      return true;
    });
    if (!next.empty()) co_await next_turn(*loop);
    if (*stopped) co_return false;
  }
  co_return true;
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
  stopped_ = true;
  alarm_.stop();
  namespaces_.stop();
}

void LegacyTokenCleaner::clean() {
  const auto now = api_.parts().clock.now();
  alarm_.set(now + interval);
  const auto since = tracked_since(api_.snapshot());
  // In whole seconds: a person may have written a year that no Instant holds.
  if (!since || whole_seconds(now) < *since + std::chrono::days{1} + period_) return;
  std::set<std::string_view> namespaces;
  std::string_view undated;
  const auto held = api_.shared_snapshot();
  held->for_each(kinds::secret, "", "", [&](const ObjectPtr& secret) {
    if (is_unused(*secret, now - period_)) namespaces.insert(secret->namespace_name());
    if (is_undated(*secret)) undated = secret->key();
    return true;
  });
  if (!undated.empty()) {
    log::warn("a legacy token is kept: the day of its last use is no date",
              {{"secret", undated}, {"label", token::last_used_label}});
  }
  for (const auto ns : namespaces) namespaces_.add(std::string(ns));
}

Task<ApiResult<void>> LegacyTokenCleaner::clean_namespace(std::string ns) {
  const auto limit = api_.parts().clock.now() - period_;
  const auto snapshot = api_.shared_snapshot();
  const auto prefix = cat(ns, '/');
  auto& loop = api_.parts().loop;
  SecretsByName unused;
  const auto collect = [&](const ObjectPtr& secret) {
    if (!is_unused(*secret, limit)) return;
    const auto json = secret->parse();
    if (was_created_before(json, limit) && is_listed_by_its_account(*secret, json, *snapshot)) {
      unused.emplace(secret->name(), secret);
    }
  };
  const auto keep_named = [&](const ObjectPtr& pod) { erase_named(unused, *pod); };
  const bool collected =
      co_await look_through(&loop, &stopped_, snapshot, &kinds::secret, prefix, collect);
  if (!collected || unused.empty()) co_return ApiResult<void>{};
  const bool asked_pods =
      co_await look_through(&loop, &stopped_, snapshot, &kinds::pod, prefix, keep_named);
  if (!asked_pods) co_return ApiResult<void>{};
  for (const auto& [name, secret] : unused) {
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
