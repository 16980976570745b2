// Who a caller is, in the same words however it was found out, so that rules do not change when an
// issuer's mode does.
//
//   forward("X-Auth-Subject", caller.subject);       // k8s/prod-eu/ns/shop/sa/cart
//
// Shape    `cluster` is our own name for the cluster, from the policy, never from a token.
// Threads  immutable once made.
// Source   verify.md A.9.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace signet::party {

enum class Method : std::uint8_t {
  offline,  // by the issuer's keys
  review,   // by asking its cluster
  both,
};
std::string_view to_string(Method method);

struct ObjectName {
  std::string name;
  std::string uid;  // empty where nobody said

  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

struct Caller {
  std::string subject;  // canonical_subject()
  std::string cluster;
  std::string issuer;  // `iss`
  std::string ns;
  std::string name;
  std::string uid;  // of the account
  std::optional<ObjectName> pod;
  std::optional<ObjectName> node;
  std::optional<ObjectName> secret;    // the token is bound to a secret
  std::string jti;                     // for audit; pods present one token many times
  std::vector<std::string> audiences;  // those of the route that the token names; none: any will do
  std::optional<UnixTime> not_after;   // none: a legacy token, which does not expire
  Method method = Method::offline;

  friend bool operator==(const Caller&, const Caller&) = default;
};
using CallerPtr = std::shared_ptr<const Caller>;

// k8s/CLUSTER/ns/NAMESPACE/sa/NAME. No two accounts have the same: none of the three may hold a
// slash.
std::string canonical_subject(std::string_view cluster, std::string_view ns, std::string_view name);

struct SubjectParts {
  std::string_view cluster;
  std::string_view ns;
  std::string_view name;

  friend bool operator==(const SubjectParts&, const SubjectParts&) = default;
};
// Views into `subject`. None: not of that form.
std::optional<SubjectParts> parse_subject(std::string_view subject);

}  // namespace signet::party
