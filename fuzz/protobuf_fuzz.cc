// A protobuf body is refused or becomes JSON that its schema takes and that is written as a body
// that says the same; nothing else happens.
// DEPS machinery
#include "machinery/protobuf.h"

#include "machinery/normalise.h"
#include "machinery/protobuf_write.h"
#include "property.h"

using namespace signet;
using namespace signet::machinery;

namespace {

constexpr Field item_fields[] = {text(1, "name").required(), int32(2, "port"),
                                 scalar(3, "target", Type::int_or_string)};
constexpr Schema item{"Item", item_fields};
constexpr Field body_fields[] = {
    message(1, "metadata", object_meta), list(2, "items", item).merged_by("name"),
    map_of(3, "data", Type::bytes),      map_of(4, "extra", Type::text_list),
    list_of(5, "numbers", Type::int64),  scalar(6, "at", Type::micro_time),
    scalar(7, "memory", Type::quantity), boolean(8, "flag").optional(),
    text(0, "name").required(),          int32(0, "port"),
    message(9, "", item).optional(),     scalar(0, "target", Type::int_or_string),
};
constexpr Schema body{"Body", body_fields};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto envelope = open_envelope(text);
  auto value = decode_protobuf(body, envelope ? envelope->raw : text);
  if (!value) return 0;
  const auto report = normalise(body, *value);
  // A quantity is any text on the wire, and raw fields are checked where they are used.
  if (!report) {
    fuzz::require(report.error().message.contains("quantit"), "decoded values fit the schema");
    return 0;
  }
  fuzz::require(report->unknown.empty(), "decoding invents no field");
  const codec::Json once = *value;
  fuzz::require(normalise(body, *value).has_value() && *value == once, "normalising is stable");
  std::string written;
  append_protobuf(written, body, once);
  auto again = decode_protobuf(body, written);
  fuzz::require(again && normalise(body, *again) && *again == once, "what is written is read");
  return 0;
}
