// Label and field selectors parse or are refused with 400, and can be asked about any object.
// DEPS machinery
#include "machinery/selector.h"

#include "property.h"

using namespace signet;
using namespace signet::machinery;

namespace {

constexpr std::string_view selectable[] = {"status.phase"};

Kind make_kind() {
  Kind kind;
  kind.kind = "Pod";
  kind.selectable = selectable;
  return kind;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Kind kind = make_kind();
  static const auto object = Object::create(
      kind, codec::parse_json(R"({"metadata":{"name":"a","namespace":"b","labels":{"a":"1"}}})", {})
                .value()
                .value);
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto labels = LabelSelector::parse(text)) {
    // An empty selector matches everything.
    fuzz::require(!labels->empty() || labels->matches({}), "no requirement, no refusal");
    static_cast<void>(labels->matches(object->labels()));
  } else {
    fuzz::require(labels.error().code == 400 && !labels.error().message.empty(), "says why");
  }
  if (const auto fields = FieldSelector::parse(kind, text)) {
    const auto name = fields->required_name();
    fuzz::require(!fields->matches(*object) || !name || *name == "a", "a required name is met");
  } else {
    fuzz::require(fields.error().code == 400 && !fields.error().message.empty(), "says why");
  }
  return 0;
}
