// The blocks that are read, written and read again are the same blocks.
// DEPS codec
#include "codec/pem.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto blocks = codec::parse_pem(fuzz::text_of(data, size));
  if (!blocks) return 0;
  for (const auto& block : *blocks) {
    const auto again = codec::parse_pem(codec::to_pem(block.label, block.der));
    fuzz::require(again && again->size() == 1, "a written block is one block");
    fuzz::require(again->front().label == block.label, "the label is the same");
    fuzz::require(again->front().der == block.der, "the bytes are the same");
  }
  return 0;
}
