// A text that is accepted is the one spelling of its bytes, and any bytes come back.
// DEPS codec
#include "codec/base64.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto bytes = codec::base64url_decode(text)) {
    fuzz::require(codec::base64url_encode(*bytes) == text, "base64url has one spelling");
  }
  if (const auto bytes = codec::base64_decode(text)) {
    fuzz::require(codec::base64_encode(*bytes) == text, "base64 has one spelling");
  }
  fuzz::require(codec::base64url_decode(codec::base64url_encode(text)) == text, "url round trip");
  fuzz::require(codec::base64_decode(codec::base64_encode(text)) == text, "round trip");
  return 0;
}
