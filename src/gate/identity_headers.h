// In which headers a backend learns who calls, and which of a request's own headers pretend to be
// one of them.
//
//   const IdentityHeaders headers("x-auth-");
//   for (const auto& [name, value] : headers.of(caller)) set(name, value);
//
// Shape    thirteen names behind one prefix, in lower case. Values are visible ASCII; any other
//          byte, "%" and, between audiences, "," are percent-encoded, so that no two callers share
//          a value. What nobody said has an empty value.
// Limits   prefix of 1 to 32 characters [a-z0-9-], the last one "-".
// Threads  immutable.
// Source   verify.md C.6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "party/caller.h"

namespace signet::gate {

// The order of the names.
enum class IdentityField : std::uint8_t {
  subject,  // k8s/CLUSTER/ns/NAMESPACE/sa/NAME
  cluster,
  ns,
  service_account,
  service_account_uid,
  pod,
  pod_uid,
  node,
  node_uid,
  audience,  // joined by ","
  method,    // offline, review or both
  expires,   // seconds since 1970
  assertion,
};
inline constexpr std::size_t identity_fields = 13;

class IdentityHeaders {
 public:
  using Header = std::pair<std::string, std::string>;

  static Result<IdentityHeaders> create(std::string_view prefix);

  // All of them but the assertion, in their order, empty ones included.
  std::vector<Header> of(const party::Caller& caller) const;

  const std::string& name(IdentityField field) const {
    return names_[static_cast<std::size_t>(field)];
  }
  const std::array<std::string, identity_fields>& names() const { return names_; }
  const std::string& prefix() const { return prefix_; }

  // Whether a backend could take a header of that name for one of ours: letters in any case, and
  // any punctuation for "-", because CGI and its descendants turn both into "_".
  bool is_lookalike(std::string_view name) const;

 private:
  explicit IdentityHeaders(std::string_view prefix);

  std::string prefix_;
  std::array<std::string, identity_fields> names_;
};

// Visible ASCII; `also` is encoded besides "%" and everything else.
std::string header_value(std::string_view text, std::string_view also = {});

}  // namespace signet::gate
