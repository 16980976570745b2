// A value read from YAML and written as YAML reads back as the same value.
// DEPS codec
#include "codec/yaml.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = codec::parse_yaml(fuzz::text_of(data, size), {});
  if (!value) return 0;
  const auto written = codec::to_yaml(*value);
  const auto again = codec::parse_yaml(written, {.bytes_max = written.size()});
  fuzz::require(again.has_value(), "what is written is YAML");
  fuzz::require(codec::to_json(*again) == codec::to_json(*value), "the value is the same");
  return 0;
}
