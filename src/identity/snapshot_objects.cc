#include "identity/snapshot_objects.h"

#include "base/cat.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "kinds/token_secret.h"
#include "token/legacy_labels.h"

namespace signet::identity {
namespace {

std::optional<token::ObjectState> state_of(const machinery::Object* object) {
  if (object == nullptr) return std::nullopt;
  return token::ObjectState{.uid = object->uid(), .deleted_at = object->deleted_at()};
}

std::string_view label(const machinery::Object& object, std::string_view key) {
  for (const auto& [name, value] : object.labels()) {
    if (name == key) return value;
  }
  return {};
}

}  // namespace

std::optional<token::ObjectState> SnapshotObjects::service_account(std::string_view ns,
                                                                   std::string_view name) const {
  return state_of(snapshot_.find(kinds::service_account, cat(ns, '/', name)));
}

std::optional<token::ObjectState> SnapshotObjects::pod(std::string_view ns,
                                                       std::string_view name) const {
  return state_of(snapshot_.find(kinds::pod, cat(ns, '/', name)));
}

std::optional<token::ObjectState> SnapshotObjects::secret(std::string_view ns,
                                                          std::string_view name) const {
  return state_of(snapshot_.find(kinds::secret, cat(ns, '/', name)));
}

std::optional<token::ObjectState> SnapshotObjects::node(std::string_view name) const {
  return state_of(snapshot_.find(kinds::node, name));
}

std::optional<token::LegacySecretState> SnapshotObjects::legacy_secret(
    std::string_view ns, std::string_view name) const {
  const auto* secret = snapshot_.find(kinds::secret, cat(ns, '/', name));
  if (secret == nullptr) return std::nullopt;
  const auto object = secret->parse();
  legacy_token_ = codec::base64_decode(codec::string_at(object, "data.token")).value_or("");
  return token::LegacySecretState{.deleted_at = secret->deleted_at(),
                                  .token = legacy_token_,
                                  .invalid_since = label(*secret, token::invalid_since_label),
                                  .last_used = label(*secret, token::last_used_label)};
}

bool SnapshotObjects::account_lists_secret(std::string_view ns, std::string_view account,
                                           std::string_view secret) const {
  const auto* found = snapshot_.find(kinds::service_account, cat(ns, '/', account));
  if (found == nullptr) return false;
  return kinds::lists_secret(found->parse(), secret);
}

}  // namespace signet::identity
