// A key set that is accepted is bounded, holds usable keys only, and reads the same when written.
// DEPS codec crypto jose
#include "jose/jwk.h"

#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = jose::parse_jwks(fuzz::text_of(data, size));
  if (!parsed) return 0;
  fuzz::require(parsed->keys.size() <= jose::jwks_keys_max, "a set is bounded");
  fuzz::require(parsed->keys.size() + parsed->skipped <= jose::jwks_entries_max, "so are entries");
  const auto again = jose::parse_jwks(jose::to_jwks(parsed->keys));
  fuzz::require(again.has_value() && again->keys.size() == parsed->keys.size(), "it reads again");
  for (std::size_t i = 0; i < again->keys.size(); ++i) {
    fuzz::require(again->keys[i].kid == parsed->keys[i].kid, "under the same name");
    fuzz::require(again->keys[i].key == parsed->keys[i].key, "the same key");
  }
  return 0;
}
