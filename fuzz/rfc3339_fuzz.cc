// An instant that is read and written to the microsecond reads back as the same microsecond.
// DEPS codec
#include "codec/rfc3339.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto instant = codec::parse_rfc3339(fuzz::text_of(data, size));
  if (!instant) return 0;
  const auto again = codec::parse_rfc3339(codec::to_rfc3339_micro(*instant));
  fuzz::require(again.has_value(), "what is written is a time");
  fuzz::require(*again == std::chrono::floor<std::chrono::microseconds>(*instant), "the same time");
  const auto second = codec::parse_rfc3339(codec::to_rfc3339(whole_seconds(*instant)));
  fuzz::require(second && *second == whole_seconds(*instant), "the same second");
  return 0;
}
