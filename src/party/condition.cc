#include "party/condition.h"

#include <map>
#include <memory>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "cel/from_json.h"
#include "codec/json.h"

namespace signet::party {
namespace {

using cel::Kind;
using cel::Type;
using cel::Value;

Type object_type(std::string name, std::map<std::string, Type, std::less<>> fields) {
  auto type = Type::of(Kind::map);
  type.object = std::make_shared<const cel::ObjectType>(
      cel::ObjectType{.name = std::move(name), .fields = std::move(fields)});
  return type;
}

const cel::Environment& environment() {
  static const cel::Environment environment = [] {
    const auto text = Type::of(Kind::string);
    const auto object = object_type("signet.Object", {{"name", text}, {"uid", text}});
    auto caller = object_type("signet.Caller", {{"cluster", text},
                                                {"issuer", text},
                                                {"namespace", text},
                                                {"name", text},
                                                {"uid", text},
                                                {"pod", object},
                                                {"node", object},
                                                {"secret", object},
                                                {"tokenID", text},
                                                {"audiences", Type::list_of(text)},
                                                {"method", text}});
    return cel::Environment{.variables = {{.name = "caller", .type = std::move(caller)},
                                          {.name = "claims", .type = Type::map_of(text, Type{})}},
                            .steps_max = 20'000};
  }();
  return environment;
}

Value object_value(const std::optional<ObjectName>& object) {
  return Value::of(cel::Map{
      {Value::of("name"), Value::of(object ? object->name : std::string())},
      {Value::of("uid"), Value::of(object ? object->uid : std::string())},
  });
}

Value caller_value(const Caller& caller) {
  cel::List audiences;
  for (const auto& audience : caller.audiences) audiences.push_back(Value::of(audience));
  return Value::of(cel::Map{
      {Value::of("cluster"), Value::of(caller.cluster)},
      {Value::of("issuer"), Value::of(caller.issuer)},
      {Value::of("namespace"), Value::of(caller.ns)},
      {Value::of("name"), Value::of(caller.name)},
      {Value::of("uid"), Value::of(caller.uid)},
      {Value::of("pod"), object_value(caller.pod)},
      {Value::of("node"), object_value(caller.node)},
      {Value::of("secret"), object_value(caller.secret)},
      {Value::of("tokenID"), Value::of(caller.jti)},
      {Value::of("audiences"), Value::of(std::move(audiences))},
      {Value::of("method"), Value::of(to_string(caller.method))},
  });
}

Value claims_value(std::string_view payload) {
  const auto claims = codec::parse_json_strict(payload, {.depth_max = 16});
  if (!claims || !claims->is_object()) return Value::of(cel::Map());
  return cel::from_json(*claims);
}

}  // namespace

Result<Condition> Condition::compile(std::string_view text) {
  TRY(auto program, cel::Program::compile(text, environment()));
  if (program.result_type().kind != Kind::boolean) {
    return fail(ErrorKind::invalid, "must be true or false, whatever the caller");
  }
  return Condition(std::move(program));
}

std::optional<std::string> Condition::refusal(const Caller& caller,
                                              std::string_view payload) const {
  const auto verdict =
      program_.evaluate({{"caller", caller_value(caller)}, {"claims", claims_value(payload)}});
  if (!verdict) return cat("the condition cannot be evaluated: ", verdict.error().message);
  if (verdict->kind() == Kind::boolean && verdict->boolean()) return std::nullopt;
  return "the condition does not hold";
}

}  // namespace signet::party
