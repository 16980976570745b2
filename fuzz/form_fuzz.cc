// What is decoded, encoded and decoded again is the same text, in paths and in queries.
// DEPS codec
#include "codec/form.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto decoded = codec::percent_decode(text)) {
    fuzz::require(codec::percent_decode(codec::percent_encode(*decoded)) == *decoded, "a path");
  }
  const auto query = codec::Query::parse("name=" + codec::percent_encode(text));
  fuzz::require(query && query->get("name") == text, "a query value");
  if (const auto parsed = codec::Query::parse(text)) {
    const auto values = parsed->all("a");
    fuzz::require(parsed->has("a") == !values.empty(), "has and all agree");
    fuzz::require(values.empty() || values.front() == parsed->get("a"), "get is the first of all");
  }
  return 0;
}
