// The input is a JSON array of an object and a patch; each of the three ways to patch either
// refuses or gives a value that can be written and read again.
// DEPS machinery
#include "machinery/patch.h"

#include "property.h"

using namespace signet;
using namespace signet::machinery;

namespace {

constexpr Field part_fields[] = {text(1, "name"), list_of(2, "args", Type::text)};
constexpr Schema part{"Part", part_fields};
constexpr Field thing_fields[] = {
    message(1, "metadata", object_meta),
    list(2, "parts", part).merged_by("name"),
    list_of(3, "set", Type::text).merged_as_set(),
    message(4, "part", part).optional(),
};
constexpr Schema thing{"Thing", thing_fields};

void require_sound(const codec::Json& value) {
  const std::string text = codec::to_json(value);
  const auto again = codec::parse_json(text, {.bytes_max = text.size(), .depth_max = 200});
  fuzz::require(again.has_value() && again->value == value, "the result can be read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = codec::parse_json(fuzz::text_of(data, size), {});
  if (!input || !input->value.is_array() || input->value.get_array().size() != 2) return 0;
  const codec::Json& object = input->value.get_array()[0];
  const codec::Json& patch = input->value.get_array()[1];
  if (const auto merged = apply_merge_patch(object, patch)) {
    require_sound(*merged);
    fuzz::require(apply_merge_patch(*merged, patch) == *merged, "a merge patch twice is once");
  }
  if (const auto result = apply_json_patch(object, patch)) require_sound(*result);
  if (const auto result = apply_strategic_patch(thing, object, patch)) require_sound(*result);
  return 0;
}
