#include "control/legacy_tokens.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "codec/base64.h"
#include "kinds/kinds.h"
#include "kinds/token_secret.h"
#include "machinery/meta_validation.h"
#include "token/claims.h"
#include "token/user_info.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;
using machinery::ApiResult;
using machinery::Change;
using machinery::ChangeType;
using machinery::Object;
using machinery::ObjectPtr;

// Secrets that are worked at side by side, so that their writes share commits.
constexpr std::size_t at_once = 32;

bool holds_token(const Object& object) {
  static const auto type_field = *kinds::secret.field_index("type");
  return &object.kind() == &kinds::secret && object.field(type_field) == kinds::token_secret_type;
}

// What a secret lacks.
struct Needs {
  bool ca = false;
  bool ns = false;
  bool token = false;

  bool any() const { return ca || ns || token; }
};

Needs needs_of(const Json& secret, std::string_view ca_base64) {
  return {.ca = !ca_base64.empty() &&
                codec::string_at(codec::object_at(secret, "data"), "ca.crt") != ca_base64,
          .ns = codec::string_at(secret, "data.namespace").empty(),
          .token = codec::string_at(secret, "data.token").empty()};
}

machinery::ApiError not_signed(const Error& why) {
  return machinery::ApiError::internal(cat("failed to generate token: ", why.message));
}

std::string account_key(const Object& secret, std::string_view account) {
  return cat(secret.namespace_name(), '/', account);
}

}  // namespace

LegacyTokens::LegacyTokens(machinery::Api& api, identity::TokenSigner& signer,
                           std::string_view ca_pem)
    : api_(api),
      signer_(signer),
      ca_base64_(codec::base64_encode(ca_pem)),
      secrets_(
          api.parts().loop, "token secrets",
          [this](std::string key) { return reconcile(std::move(key)); }, at_once),
      gone_(
          api.parts().loop, "token secrets that are gone",
          [this](std::string key) { return forget(std::move(key)); }, at_once) {}

void LegacyTokens::start() {
  api_.snapshot().for_each(kinds::secret, "", "", [this](const ObjectPtr& secret) {
    if (holds_token(*secret)) secrets_.add(std::string(secret->key()));
    return true;
  });
}

void LegacyTokens::stop() {
  secrets_.stop();
  gone_.stop();
}

void LegacyTokens::tell(const Change& change) {
  const auto& object = *change.object;
  const bool deleted = change.type == ChangeType::deleted;
  if (holds_token(object)) {
    if (!deleted) return secrets_.add(std::string(object.key()));
    const auto json = object.parse();
    if (const auto owner = kinds::token_secret_owner(json)) {
      forget_gone(account_key(object, owner->account), object.name());
    }
  } else if (deleted && &object.kind() == &kinds::service_account) {
    api_.snapshot().for_each_indexed(
        kinds::secret, kinds::token_secrets_key(object.namespace_name(), object.name()),
        [this](const Object& secret) {
          secrets_.add(std::string(secret.key()));
          return true;
        });
  }
}

Task<ApiResult<void>> LegacyTokens::reconcile(std::string key) {
  auto secret = api_.snapshot().find_shared(kinds::secret, key);
  if (secret == nullptr || secret->deleted_at()) co_return ApiResult<void>{};
  const auto json = secret->parse();
  const auto owner = kinds::token_secret_owner(json);
  if (!owner) co_return ApiResult<void>{};
  auto account =
      api_.snapshot().find_shared(kinds::service_account, account_key(*secret, owner->account));
  const bool known = account != nullptr && (owner->uid.empty() || owner->uid == account->uid());
  if (!known) co_return co_await remove(std::move(secret));
  if (!needs_of(json, ca_base64_).any()) co_return ApiResult<void>{};
  co_return co_await fill(std::move(secret), std::move(account));
}

Task<ApiResult<void>> LegacyTokens::remove(ObjectPtr secret) {
  log::info("a token secret goes: its account is not there", {{"secret", secret->key()}});
  const auto removed = co_await api_.remove(kinds::secret, std::string(secret->key()),
                                            {.grace_seconds = std::nullopt,
                                             .propagation = {},
                                             .precondition_uid = std::string(secret->uid()),
                                             .precondition_revision = {}});
  // Gone already, or another one under the same name, which is looked at for itself.
  const bool settled = removed || removed.error().code == 404 || removed.error().code == 409;
  if (!settled) co_return machinery::refuse(removed.error());
  co_return ApiResult<void>{};
}

Task<ApiResult<void>> LegacyTokens::fill(ObjectPtr secret, ObjectPtr account) {
  auto needs = needs_of(secret->parse(), ca_base64_);
  std::string token;
  if (needs.token) {
    auto made = co_await sign(account, std::string(secret->name()));
    if (made) {
      token = *std::move(made);
    } else if (made.error().kind != ErrorKind::invalid) {
      co_return machinery::refuse(not_signed(made.error()));
    } else {
      log::warn("a token secret stays without a token",
                {{"secret", secret->key()}, {"reason", made.error().message}});
      needs.token = false;
      if (!needs.any()) co_return ApiResult<void>{};
    }
  }
  const auto revision = std::to_string(secret->revision());
  const auto write = [&](const Json& current) -> ApiResult<Json> {
    // Changed by somebody since it was looked at: that change has it looked at again.
    if (codec::string_at(current, "metadata.resourceVersion") != revision) return current;
    auto wanted = current;
    auto& data = codec::make_object_at(wanted, "data");
    if (needs.ca) data["ca.crt"] = ca_base64_;
    if (needs.ns) data["namespace"] = codec::base64_encode(secret->namespace_name());
    if (needs.token) data["token"] = codec::base64_encode(token);
    auto& annotations = codec::make_object_at(wanted, "metadata.annotations");
    annotations[kinds::account_name_annotation] = account->name();
    annotations[kinds::account_uid_annotation] = account->uid();
    return wanted;
  };
  const auto filled = co_await api_.amend(kinds::secret, std::string(secret->key()), write);
  if (!filled && filled.error().code != 404) co_return machinery::refuse(filled.error());
  co_return ApiResult<void>{};
}

Task<Result<std::string>> LegacyTokens::sign(ObjectPtr account, std::string secret) {
  const auto subject = token::service_account_username(account->namespace_name(), account->name());
  auto payload = token::compose(token::LegacyClaims{.subject = subject,
                                                    .ns = account->namespace_name(),
                                                    .secret_name = secret,
                                                    .service_account_name = account->name(),
                                                    .service_account_uid = account->uid(),
                                                    .audiences = {}});
  co_return co_await signer_.sign(std::move(payload), std::chrono::seconds::max());
}

Task<ApiResult<ObjectPtr>> LegacyTokens::create_for(ObjectPtr account) {
  const auto name = machinery::generate_name(cat(account->name(), "-token-"), api_.parts().random);
  const auto token = co_await sign(account, name);
  if (!token) co_return machinery::refuse(not_signed(token.error()));
  JsonObject data{{"namespace", codec::base64_encode(account->namespace_name())},
                  {"token", codec::base64_encode(*token)}};
  if (!ca_base64_.empty()) data["ca.crt"] = ca_base64_;
  Json secret = JsonObject{
      {"metadata",
       JsonObject{{"name", name},
                  {"namespace", account->namespace_name()},
                  {"annotations", JsonObject{{kinds::account_name_annotation, account->name()},
                                             {kinds::account_uid_annotation, account->uid()}}}}},
      {"type", kinds::token_secret_type},
      {"data", std::move(data)}};
  co_return co_await api_.create(kinds::secret, std::move(secret));
}

void LegacyTokens::forget_gone(std::string_view account, std::string_view secret) {
  gone_.add(cat(account, '/', secret));
}

Task<ApiResult<void>> LegacyTokens::forget(std::string key) {
  const auto slash = key.rfind('/');
  auto account = key.substr(0, slash);
  const auto secret = key.substr(slash + 1);
  const auto secret_key = cat(account.substr(0, account.find('/')), '/', secret);
  const auto* found = api_.snapshot().find(kinds::service_account, account);
  if (found == nullptr || !kinds::lists_secret(found->parse(), secret)) {
    co_return ApiResult<void>{};
  }
  const auto erase = [&](const Json& current) -> ApiResult<Json> {
    // Another one under the same name may have been made meanwhile.
    if (api_.snapshot().find(kinds::secret, secret_key) != nullptr) return current;
    auto wanted = current;
    codec::JsonArray kept;
    for (const auto& entry : codec::array_at(current, "secrets")) {
      if (codec::string_at(entry, "name") != secret) kept.push_back(entry);
    }
    if (kept.empty()) {
      wanted.as_object().erase("secrets");
    } else {
      wanted.as_object()["secrets"] = std::move(kept);
    }
    return wanted;
  };
  const auto forgotten = co_await api_.amend(kinds::service_account, std::move(account), erase);
  if (!forgotten && forgotten.error().code != 404) co_return machinery::refuse(forgotten.error());
  co_return ApiResult<void>{};
}

}  // namespace signet::control
