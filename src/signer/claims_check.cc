#include "signer/claims_check.h"

#include <optional>
#include <string>

#include "base/cat.h"
#include "codec/base64.h"
#include "jose/json_reader.h"
#include "jose/jws.h"

namespace signet::signer {
namespace {

// The authority's clock is another one.
constexpr std::chrono::seconds leeway{60};

}  // namespace

Result<void> check_claims(std::string_view encoded, std::chrono::seconds longest_lifetime,
                          Instant now) {
  if (encoded.size() > (jose::payload_bytes_max * 4 + 2) / 3) {
    return fail(ErrorKind::invalid,
                cat("claims are larger than ", jose::payload_bytes_max, " bytes"));
  }
  auto text = codec::base64url_decode(encoded);
  if (!text) return fail(ErrorKind::invalid, "claims are not base64url");
  std::string_view issuer;
  std::string_view subject;
  std::optional<std::int64_t> expiry;
  jose::JsonReader reader(*text);
  const bool is_object = reader.object([&](std::string_view name) {
    if (name == "iss") return reader.string(issuer);
    if (name == "sub") return reader.string(subject);
    if (name == "exp") return reader.whole_number(expiry.emplace());
    return reader.skip();
  });
  if (!is_object || !reader.finish()) {
    return fail(ErrorKind::invalid, "claims are not a JSON object of a token");
  }
  if (issuer.empty() || subject.empty()) {
    return fail(ErrorKind::invalid, "claims say neither who issues nor who is meant");
  }
  if (!expiry) return fail(ErrorKind::invalid, "claims never end");
  const auto latest = unix_seconds(now) + longest_lifetime.count() + leeway.count();
  if (*expiry > latest) {
    return fail(ErrorKind::invalid,
                cat("claims end more than ", longest_lifetime.count(), " seconds from now"));
  }
  return {};
}

}  // namespace signet::signer
