// A policy that was checked as a whole: which issuers are believed, and what each route asks for.
//
//   TRY(auto policy, compile_policy(documents, problems));     // null when there are problems
//   const auto* issuer = policy->issuer_of(iss);               // byte for byte
//   const auto* route = policy->route("payments");
//
// Shape    pointers between the parts; they live as long as the policy.
// Errors   to `problems`: names that occur twice or do not exist, an issuer that cannot be used, a
//          condition that does not compile, and what contradicts itself.
// Threads  immutable.
// Source   verify.md B.15 (registry).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "party/condition.h"
#include "party/documents.h"
#include "party/problems.h"

namespace signet::party {

struct Route {
  RouteDocument rules;
  std::uint32_t id = 0;  // within its policy
  // Accepted in this phase: the new ones first. Empty: any.
  std::vector<std::string> audiences;
  std::optional<Condition> condition;
  const IssuerDocument* legacy_issuer = nullptr;

  // Whether tokens of that issuer are looked at here at all.
  bool believes(const IssuerDocument& issuer) const;
  // Why an account may not pass; none: one of the subject rules fits.
  std::optional<std::string> subject_refusal(const Caller& caller) const;
  // Whether a token that is good for `matched` was let in by an old audience alone.
  bool only_old(const std::vector<std::string>& matched) const;
};

class Policy {
 public:
  const IssuerDocument* issuer_of(std::string_view url) const;
  const Route* route(std::string_view name) const;

  const std::vector<IssuerDocument>& issuers() const { return issuers_; }
  const std::vector<Route>& routes() const { return routes_; }
  // For the key engine: of every issuer whose tokens are checked by its keys.
  std::vector<verify::IssuerSource> key_sources() const;

 private:
  friend class PolicyCompiler;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <typename T>
  using Index = std::unordered_map<std::string, const T*, TextHash, std::equal_to<>>;

  std::vector<IssuerDocument> issuers_;
  std::vector<Route> routes_;
  Index<IssuerDocument> issuers_by_url_;
  Index<Route> routes_by_name_;
};
using PolicyPtr = std::shared_ptr<const Policy>;

// Null when something is wrong.
PolicyPtr compile_policy(Documents documents, Problems& problems);

}  // namespace signet::party
