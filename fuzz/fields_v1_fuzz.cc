// The input is a JSON array of two sets of fields and two objects: sets keep the laws of sets, and
// what somebody applies is in the result, whatever was there.
// DEPS machinery
#include "machinery/apply.h"
#include "property.h"

using namespace signet;
using namespace signet::machinery;

namespace {

constexpr Field part_fields[] = {text(1, "name"), text(2, "kind").in_keys_as("plain"),
                                 int32(3, "count").optional()};
constexpr Schema part{"Part", part_fields};
constexpr Field thing_fields[] = {
    message(1, "metadata", object_meta),
    list(2, "parts", part).merged_by("name").listed_by("name", "kind"),
    list_of(3, "set", Type::text).merged_as_set(),
    map_of(4, "data", Type::text),
    message(5, "part", part).optional(),
};
constexpr Schema thing_schema{"Thing", thing_fields};
constexpr Kind thing{.version = "v1", .kind = "Thing", .plural = "things", .schema = &thing_schema};

void check_sets(const codec::Json& one, const codec::Json& other) {
  const auto a = FieldSet::read(one);
  const auto b = FieldSet::read(other);
  if (!a || !b) return;
  const auto again = FieldSet::read(a->write());
  fuzz::require(again && *again == *a, "a set that was written can be read");
  fuzz::require(a->united(*b) == b->united(*a), "a union has no order");
  fuzz::require(a->intersection(*b) == b->intersection(*a), "an intersection has no order");
  fuzz::require(a->subtract(*b).united(a->intersection(*b)) == *a, "the parts make the whole");
  fuzz::require(a->subtract_whole(*a).empty(), "nothing is left of a set without itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = codec::parse_json(fuzz::text_of(data, size), {});
  if (!input || !input->value.is_array() || input->value.get_array().size() != 4) return 0;
  const auto& parts = input->value.get_array();
  check_sets(parts[0], parts[1]);
  if (!parts[2].is_object() || !parts[3].is_object()) return 0;
  const Applier applier{.writer = {.manager = "m", .subresource = {}, .now = Instant{}},
                        .force = true};
  const auto once = apply_configuration(thing, &parts[2], parts[3], applier);
  if (!once) return 0;
  const auto twice = apply_configuration(thing, &*once, parts[3], applier);
  fuzz::require(twice.has_value(), "what was applied can be applied again");
  return 0;
}
