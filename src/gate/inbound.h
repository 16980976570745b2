// What of a request matters to the gate: its one credential, and the headers that pretend to have
// come from us.
//
//   Inbound inbound(headers);
//   for (const auto& [name, value] : request.headers) inbound.header(name, value);
//   inbound.target("/pay?order=7");
//   const auto token = inbound.token();
//
// Shape    "Bearer", one space and a token in one Authorization header; the scheme in any case.
//          A token anywhere else, `access_token` in the query or in a cookie, is never used, and
//          beside any other credential or alone it refuses the request: whoever reads logs or
//          history could have sent it.
// Errors   NoToken: what to answer.
// Limits   64 pretending headers are remembered; a request with more is refused.
// Threads  one. Views of what was passed in: that must outlive this.
// Source   RFC 6750 s2, RFC 9110 s11.4; verify.md A.12 (33), K-1 114 and 115.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/bearer.h"
#include "gate/identity_headers.h"

namespace signet::gate {

// malformed here also: several, or not in its place.
using NoToken = codec::NoBearer;

class Inbound {
 public:
  static constexpr std::size_t lookalikes_max = 64;

  explicit Inbound(const IdentityHeaders& names) : names_(names) {}

  void header(std::string_view name, std::string_view value);
  // Path and query of the request that is judged.
  void target(std::string_view path_and_query);
  void query(std::string_view query);

  Result<std::string_view, NoToken> token() const;
  // Names as they came, of headers that a backend could take for ours.
  const std::vector<std::string_view>& lookalikes() const { return lookalikes_; }

 private:
  void cookie(std::string_view value);

  const IdentityHeaders& names_;
  std::string_view authorization_;
  std::size_t authorizations_ = 0;
  bool misplaced_ = false;
  bool too_many_ = false;
  std::vector<std::string_view> lookalikes_;
};

}  // namespace signet::gate
