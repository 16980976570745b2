// What is read, written and read again is the same value; and what is written is a fixed point.
// DEPS codec
#include "codec/json.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = codec::parse_json(fuzz::text_of(data, size), {});
  if (!document) return 0;
  const auto written = codec::to_json(document->value, codec::Escape::html);
  const auto again = codec::parse_json_strict(written, {.bytes_max = written.size()});
  fuzz::require(again.has_value(), "what is written is strict JSON");
  fuzz::require(codec::to_json(*again, codec::Escape::html) == written, "writing is stable");
  const auto pretty = codec::to_pretty_json(document->value);
  const auto reread = codec::parse_json_strict(pretty, {.bytes_max = pretty.size()});
  fuzz::require(reread.has_value() && *reread == *again, "the pretty form is the same value");
  return 0;
}
