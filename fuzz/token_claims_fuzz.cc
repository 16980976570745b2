// Claims that are accepted survive being composed and read again.
// DEPS jose token
#include "token/claims.h"

#include <string>

#include "jose/jws.h"
#include "property.h"

using namespace signet;

namespace {

template <typename Claims>
void round_trip(const Claims& claims, const Claims* (token::ParsedClaims::*view)() const) {
  auto payload = token::compose(claims);
  // Escaping may carry it over the limits of what is read, which is no fault.
  if (payload.size() < 16 || payload.size() > jose::payload_bytes_max) return;
  const auto again = token::parse_claims(payload);
  fuzz::require(again && ((*again).*view)() != nullptr, "what is composed is accepted");
  fuzz::require(token::compose(*((*again).*view)()) == payload, "round trip");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto parsed = token::parse_claims(text);
  const auto strict = token::parse_claims(text, token::NameRule::unambiguous);
  fuzz::require(parsed || !strict, "the stricter rule accepts no more");
  if (!parsed) return 0;
  if (const auto* bound = parsed->bound()) round_trip(*bound, &token::ParsedClaims::bound);
  if (const auto* legacy = parsed->legacy()) round_trip(*legacy, &token::ParsedClaims::legacy);
  return 0;
}
