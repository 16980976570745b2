// Secrets that hold the token of a service account: whose they say it is, and how they are found.
//
//   if (auto owner = token_secret_owner(secret)) ...
//   snapshot.for_each_indexed(kinds::secret, token_secrets_key(ns, account), use);
//
// Source   tokens.md 1.2, 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "machinery/view.h"

namespace signet::kinds {

inline constexpr std::string_view token_secret_type = "kubernetes.io/service-account-token";
inline constexpr std::string_view account_name_annotation = "kubernetes.io/service-account.name";
inline constexpr std::string_view account_uid_annotation = "kubernetes.io/service-account.uid";

// As its annotations say. Borrowed from the secret.
struct TokenSecretOwner {
  std::string_view account;
  std::string_view uid;  // empty until somebody has filled it in
};
// Nothing of a secret of another type, or one that names nobody.
std::optional<TokenSecretOwner> token_secret_owner(const codec::Json& object);

// Kind::index of secrets: those that hold a token, by the account they name.
std::string token_secrets_key(std::string_view ns, std::string_view account);
void index_token_secret(const codec::Json& object, std::vector<std::string>& keys);

// Whether the account has the name in its list `secrets`: that token counts as made automatically.
bool lists_secret(const codec::Json& account, std::string_view name);
// The first secret of that list that is there and holds a token of just this account.
std::optional<std::string> listed_token_secret(const machinery::Snapshot& snapshot,
                                               const codec::Json& account);

}  // namespace signet::kinds
