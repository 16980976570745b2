#include "control/automatic_tokens.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "base/cat.h"
#include "kinds/kinds.h"
#include "kinds/token_secret.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;
using machinery::Change;
using machinery::ChangeType;
using machinery::ObjectPtr;

constexpr std::size_t at_once = 32;

}  // namespace

AutomaticTokens::AutomaticTokens(machinery::Api& api, LegacyTokens& secrets)
    : api_(api),
      secrets_(secrets),
      accounts_(
          api.parts().loop, "accounts without a token secret",
          [this](std::string key) { return reconcile(std::move(key)); }, at_once) {}

void AutomaticTokens::start() {
  api_.snapshot().for_each(kinds::service_account, "", "", [this](const ObjectPtr& account) {
    accounts_.add(std::string(account->key()));
    return true;
  });
}

void AutomaticTokens::tell(const Change& change) {
  const auto& object = *change.object;
  if (&object.kind() == &kinds::service_account) {
    if (change.type != ChangeType::deleted) accounts_.add(std::string(object.key()));
  } else if (&object.kind() == &kinds::secret && change.type == ChangeType::deleted) {
    const auto json = object.parse();
    if (const auto owner = kinds::token_secret_owner(json)) {
      accounts_.add(cat(object.namespace_name(), '/', owner->account));
    }
  }
}

Task<ApiResult<void>> AutomaticTokens::reconcile(std::string key) {
  const auto account = api_.snapshot().find_shared(kinds::service_account, key);
  if (account == nullptr || account->deleted_at()) co_return ApiResult<void>{};
  if (kinds::listed_token_secret(api_.snapshot(), account->parse())) co_return ApiResult<void>{};
  auto made = co_await secrets_.create_for(account);
  if (!made) {
    const auto* ns = api_.snapshot().find(kinds::namespace_kind, account->namespace_name());
    // Nothing new is let into a namespace that goes.
    if (ns == nullptr || ns->deleted_at()) co_return ApiResult<void>{};
    co_return machinery::refuse(std::move(made.error()));
  }
  const std::string name((*made)->name());
  bool listed = false;
  const auto list = [&](const Json& current) -> ApiResult<Json> {
    // Another account of that name, or one that was given a token meanwhile.
    listed = codec::string_at(current, "metadata.uid") == account->uid() &&
             !kinds::listed_token_secret(api_.snapshot(), current);
    if (!listed) return current;
    auto wanted = current;
    auto& secrets = wanted.as_object()["secrets"];
    if (!secrets.is_array()) secrets = codec::JsonArray{};
    secrets.as_array().push_back(JsonObject{{"name", name}});
    return wanted;
  };
  const auto told = co_await api_.amend(kinds::service_account, std::move(key), list);
  if (told && listed) {
    // One that was deleted before it was listed has been looked for in vain.
    if (api_.snapshot().find(kinds::secret, (*made)->key()) == nullptr) {
      secrets_.forget_gone(account->key(), name);
    }
    co_return ApiResult<void>{};
  }
  const auto removed = co_await api_.remove(kinds::secret, std::string((*made)->key()),
                                            {.grace_seconds = std::nullopt,
                                             .propagation = {},
                                             .precondition_uid = std::string((*made)->uid()),
                                             .precondition_revision = {}});
  if (!removed && removed.error().code != 404 && removed.error().code != 409) {
    co_return machinery::refuse(removed.error());
  }
  if (!told && told.error().code != 404) co_return machinery::refuse(told.error());
  co_return ApiResult<void>{};
}

}  // namespace signet::control
