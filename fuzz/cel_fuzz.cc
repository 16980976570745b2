// An expression is compiled or refused with its place; what compiles ends within its steps.
// DEPS base codec cel
#include <string>

#include "cel/from_json.h"
#include "cel/program.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cel::Environment environment{
      .variables = {{.name = "claims",
                     .type = cel::Type::map_of(cel::Type::of(cel::Kind::string), cel::Type{})}},
      .steps_max = 20'000};
  static const auto claims = cel::from_json(
      codec::parse_json(
          R"({"sub":"a","n":1,"d":1.5,"t":true,"z":null,"l":["x","y",2],"m":{"k":"v"}})", {})
          .value()
          .value);

  const auto program = cel::Program::compile(fuzz::text_of(data, size), environment);
  if (!program) {
    fuzz::require(!program.error().message.empty(), "a refusal says why");
    return 0;
  }
  const auto first = program->evaluate({{"claims", claims}});
  const auto again = program->evaluate({{"claims", claims}});
  fuzz::require(first.has_value() == again.has_value(), "evaluation is pure");
  if (!first) return 0;
  const auto known = program->result_type().kind;
  fuzz::require(known == cel::Kind::any || known == first->kind(), "the type that was promised");
  // Not-a-number equals nothing, itself neither, wherever it hides.
  (void)cel::equal(*first, *again);
  return 0;
}
