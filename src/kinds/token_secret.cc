#include "kinds/token_secret.h"

#include <algorithm>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/kinds.h"

namespace signet::kinds {
namespace {

using codec::Json;

std::string_view annotation_text(const Json& object, std::string_view key) {
  const auto* value = annotation(object, key);
  return value == nullptr || !value->is_string() ? std::string_view() : value->get_string();
}

}  // namespace

std::optional<TokenSecretOwner> token_secret_owner(const Json& object) {
  if (codec::string_at(object, "type") != token_secret_type) return std::nullopt;
  const auto account = annotation_text(object, account_name_annotation);
  if (account.empty()) return std::nullopt;
  return TokenSecretOwner{.account = account,
                          .uid = annotation_text(object, account_uid_annotation)};
}

std::string token_secrets_key(std::string_view ns, std::string_view account) {
  return cat(ns, '/', account);
}

void index_token_secret(const Json& object, std::vector<std::string>& keys) {
  const auto owner = token_secret_owner(object);
  if (!owner) return;
  keys.push_back(token_secrets_key(codec::string_at(object, "metadata.namespace"), owner->account));
}

bool lists_secret(const Json& account, std::string_view name) {
  return std::ranges::any_of(codec::array_at(account, "secrets"), [&](const Json& entry) {
    return codec::string_at(entry, "name") == name;
  });
}

std::optional<std::string> listed_token_secret(const machinery::Snapshot& snapshot,
                                               const Json& account) {
  const auto ns = codec::string_at(account, "metadata.namespace");
  for (const Json& entry : codec::array_at(account, "secrets")) {
    const auto name = codec::string_at(entry, "name");
    const auto* held = snapshot.find(kinds::secret, cat(ns, '/', name));
    if (held == nullptr) continue;
    const auto json = held->parse();
    const auto owner = token_secret_owner(json);
    if (owner && owner->account == codec::string_at(account, "metadata.name") &&
        owner->uid == codec::string_at(account, "metadata.uid")) {
      return std::string(name);
    }
  }
  return std::nullopt;
}

}  // namespace signet::kinds
