// Any JSON value written as YAML reads back as the same value.
// DEPS codec
#include "codec/yaml.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = codec::parse_json(fuzz::text_of(data, size), {});
  if (!document) return 0;
  const auto written = codec::to_yaml(document->value);
  const auto again = codec::parse_yaml(written, {.bytes_max = written.size()});
  fuzz::require(again.has_value(), "what is written is YAML");
  fuzz::require(codec::to_json(*again) == codec::to_json(document->value), "the same value");
  return 0;
}
