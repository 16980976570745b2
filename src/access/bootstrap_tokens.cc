#include "access/bootstrap_tokens.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/cat.h"
#include "base/log.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "crypto/digest.h"
#include "kinds/kinds.h"
#include "token/audience.h"

namespace signet::access {
namespace {

constexpr std::size_t id_bytes = 6;
constexpr std::size_t secret_bytes = 16;
constexpr std::string_view secret_type = "bootstrap.kubernetes.io/token";
constexpr std::string_view user_prefix = "system:bootstrap:";
constexpr std::string_view default_group = "system:bootstrappers";
constexpr std::string_view group_prefix = "system:bootstrappers:";
constexpr std::size_t group_suffix_bytes_max = 256;

struct Parts {
  std::string_view id;
  std::string_view secret;
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() != id_bytes + 1 + secret_bytes || token[id_bytes] != '.') return std::nullopt;
  const Parts parts{.id = token.substr(0, id_bytes), .secret = token.substr(id_bytes + 1)};
  if (!std::ranges::all_of(parts.id, is_lower_alphanumeric) ||
      !std::ranges::all_of(parts.secret, is_lower_alphanumeric)) {
    return std::nullopt;
  }
  return parts;
}

// Of the secret's data; what is no base64 counts as empty.
Secret data(const codec::Json& secret, std::string_view key) {
  const auto& members = codec::object_at(secret, "data");
  const auto* found = members.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  return Secret(codec::base64_decode(found->as_string()).value_or(""));
}

bool is_bootstrap_group(std::string_view group) {
  if (!group.starts_with(group_prefix)) return false;
  const auto suffix = group.substr(group_prefix.size());
  return !suffix.empty() && suffix.size() <= group_suffix_bytes_max &&
         is_lower_alphanumeric(suffix.back()) && std::ranges::all_of(suffix, [](char c) {
           return is_lower_alphanumeric(c) || c == ':' || c == '-';
         });
}

// Sorted, each once; nothing when one of them is none that a bootstrap token may give.
std::optional<std::vector<std::string>> groups_of(std::string_view list) {
  std::set<std::string, std::less<>> groups{std::string(default_group)};
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto group = list.substr(0, comma);
    if (!is_bootstrap_group(group)) return std::nullopt;
    groups.emplace(group);
    if (comma + 1 == list.size()) return std::nullopt;  // ends in a comma: one more, empty
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return std::vector<std::string>(groups.begin(), groups.end());
}

// What is wrong with a secret for this token; empty when nothing is. Never what stands in it.
std::string_view problem(const machinery::Object& object, const codec::Json& secret,
                         const Parts& parts, Instant now) {
  if (object.deleted_at()) return "is deleted and awaiting removal";
  if (codec::string_at(secret, "type") != secret_type) return "has another type";
  if (!crypto::equal_in_constant_time(data(secret, "token-secret").reveal(), parts.secret)) {
    return "has another token-secret";
  }
  if (data(secret, "token-id").reveal() != parts.id) return "has another token-id";
  if (const auto expiration = data(secret, "expiration"); !expiration.empty()) {
    const auto until = codec::parse_rfc3339(expiration.reveal());
    if (!until) return "has an expiration that is no time";
    if (now >= *until) return "has expired";
  }
  if (data(secret, "usage-bootstrap-authentication").reveal() != "true") {
    return "is not for authentication";
  }
  return {};
}

}  // namespace

TokenVerdict BootstrapTokens::authenticate(std::string_view token,
                                           std::span<const std::string> audiences,
                                           const machinery::Snapshot& snapshot,
                                           const identity::TokenUse& /*use*/) {
  const auto parts = split(token);
  if (!parts) return NotMine{};
  auto common = token::intersect_audiences(audiences, std::span<const std::string>(api_audiences_));
  if (common.empty()) return NotMine{};
  const auto name = cat("bootstrap-token-", parts->id);
  const auto* object = snapshot.find(kinds::secret, cat("kube-system/", name));
  if (object == nullptr) return NotMine{};
  const auto secret = object->parse();
  auto groups = groups_of(data(secret, "auth-extra-groups").reveal());
  auto wrong = problem(*object, secret, *parts, clock_.now());
  if (wrong.empty() && !groups) wrong = "has groups that no bootstrap token may give";
  if (!wrong.empty()) {
    log::info("bootstrap token refused", {{"secret", name}, {"reason", wrong}});
    return NotMine{};
  }
  return identity::Reviewed{.user = {.username = cat(user_prefix, parts->id),
                                     .uid = {},
                                     .groups = *std::move(groups),
                                     .extra = {}},
                            .audiences = std::move(common)};
}

}  // namespace signet::access
