// What a server says of an answer's life is bounded, and forbidding to keep it means zero.
// DEPS verify
#include "verify/cache_control.h"

#include <string>

#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  const auto header = text.substr(0, line);
  const auto age = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  const auto said = verify::read_freshness(header, age);
  if (said.lifetime) {
    fuzz::require(said.lifetime->count() >= 0, "no life below zero");
    fuzz::require(said.lifetime->count() <= std::int64_t{1} << 31, "no life without end");
  }
  const auto older = verify::read_freshness(header, "4294967296");
  fuzz::require(older.lifetime.has_value() == said.lifetime.has_value(), "age adds nothing");
  fuzz::require(!older.lifetime || older.lifetime->count() == 0, "an old answer has no life left");
  const auto forbidden = verify::read_freshness("no-store," + std::string(header), age);
  if (header.size() < 4000) {
    fuzz::require(forbidden.lifetime && forbidden.lifetime->count() == 0, "no-store is zero");
  }
  return 0;
}
