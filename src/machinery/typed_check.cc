#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "machinery/field_error.h"
#include "machinery/typed_fields.h"
#include "machinery/typed_merge.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::size_t problems_max = 32;

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

// As Go's %v prints a value that came from JSON.
std::string plain_text(const Json& value) {
  if (const auto* text = value.if_string()) return std::string(view(*text));
  if (const auto* array = value.if_array()) {
    std::string out = "[";
    for (const Json& element : *array) append(out, out.size() == 1 ? "" : " ", plain_text(element));
    return out + "]";
  }
  if (const auto* object = value.if_object()) {
    std::string out = "map[";
    for (const auto& member : *object) {
      append(out, out.size() == 4 ? "" : " ", view(member.key()), ':', plain_text(member.value()));
    }
    return out + "]";
  }
  return value.is_null() ? "<nil>" : codec::to_json(value);
}

// As Go's %#v.
std::string exact_text(const Json& value) {
  if (const auto* text = value.if_string()) return quoted(view(*text));
  if (const auto* array = value.if_array()) {
    std::string out = "[]interface {}{";
    for (const Json& element : *array) {
      append(out, out.back() == '{' ? "" : ", ", exact_text(element));
    }
    return out + "}";
  }
  if (const auto* object = value.if_object()) {
    std::string out = "map[string]interface {}{";
    for (const auto& member : *object) {
      append(out, out.back() == '{' ? "" : ", ", quoted(view(member.key())), ':',
             exact_text(member.value()));
    }
    return out + "}";
  }
  return value.is_null() ? "interface {}(nil)" : codec::to_json(value);
}

std::string_view go_type(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_double()) return "float64";
  if (value.is_number()) return "int64";
  return value.is_array() ? "[]interface {}" : "map[string]interface {}";
}

// Why an element of a keyed list has no key.
std::string keyed_problem(const Field& field, const Json& element) {
  if (element.is_null()) return "associative list with keys may not have a null element";
  if (!element.is_object()) return "associative list with keys may not have non-map elements";
  std::string keys;
  for (const auto key : field.keys()) append(keys, keys.empty() ? "" : " ", quoted(key));
  return cat("associative list with keys has an element that omits all key fields [", keys,
             "] (and doesn't have default values for any key fields)");
}

std::string set_problem(const Json& element) {
  if (element.is_object()) return "associative list without keys has an element that's a map type";
  if (element.is_array()) return "not supported: associative list with lists as elements";
  return "associative list without keys has an element that's an explicit null";
}

class Checker {
 public:
  void object(const Schema& schema, const JsonObject& members, bool top);
  Result<void> finish() const;

 private:
  void value(const Field& field, const Json& value);
  void list(const Field& field, const Json& value);
  void map(const Field& field, const Json& value);
  void element(const Field& field, const Json& value);
  void scalar(Type type, const Json& value);
  void report(std::string text);
  // Runs `check` with `step` at the end of the path.
  template <typename Check>
  void below(std::string step, Check check) {
    path_.push_back(std::move(step));
    check();
    path_.pop_back();
  }

  std::vector<std::string> path_;
  std::vector<std::string> problems_;
};

void Checker::report(std::string text) {
  if (problems_.size() == problems_max) return;
  std::string where;
  for (const auto& step : path_) where += step;
  problems_.push_back(where.empty() ? std::move(text) : cat(where, ": ", text));
}

void Checker::object(const Schema& schema, const JsonObject& members, bool top) {
  for (const auto& member : members) {
    const auto name = view(member.key());
    const auto* field = name.empty() ? nullptr : schema.find(name);
    const bool type_meta = top && (name == "kind" || name == "apiVersion");
    below(cat('.', name), [&] {
      if (field != nullptr) {
        value(*field, member.value());
      } else if (!type_meta) {
        report("field not declared in schema");
      }
    });
    if (field == nullptr && !type_meta) return;
  }
}

void Checker::value(const Field& field, const Json& value) {
  if (value.is_null()) return;
  if (field.shape == Shape::list) return list(field, value);
  if (field.shape == Shape::map) return map(field, value);
  element(field, value);
}

void Checker::list(const Field& field, const Json& value) {
  const auto* elements = value.if_array();
  if (elements == nullptr) return report(cat("expected list, got &{", plain_text(value), '}'));
  const auto type = ValueType::of(field);
  std::set<PathElement> seen;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const Json& item = (*elements)[i];
    auto step = cat('[', i, ']');
    if (type.is_list()) {
      const auto path = element_path(type, item);
      if (!path) {
        const bool keyed = type.structure == ValueType::Structure::keyed_list;
        return report(
            cat("element ", i, ": ", keyed ? keyed_problem(field, item) : set_problem(item)));
      }
      step = path->display();
      if (!seen.insert(*path).second) report(cat("duplicate entries for key ", step));
    }
    below(std::move(step), [&] {
      if (!item.is_null()) element(field, item);
    });
  }
}

void Checker::map(const Field& field, const Json& value) {
  const auto* members = value.if_object();
  if (members == nullptr) return report(cat("expected map, got &{", plain_text(value), '}'));
  for (const auto& member : *members) {
    below(cat('.', view(member.key())), [&] {
      if (!member.value().is_null()) element(field, member.value());
    });
  }
}

void Checker::element(const Field& field, const Json& value) {
  if (field.type != Type::message) return scalar(field.type, value);
  const auto* members = value.if_object();
  if (members == nullptr) return report(cat("expected map, got &{", plain_text(value), '}'));
  object(*field.schema, *members, false);
}

void Checker::scalar(Type type, const Json& value) {
  switch (type) {
    case Type::text:
    case Type::bytes:
      if (!value.is_string()) {
        report(cat("expected string, got &value.valueUnstructured{Value:", exact_text(value), '}'));
      }
      return;
    case Type::boolean:
      if (!value.is_bool()) report(cat("expected boolean, got &{", plain_text(value), '}'));
      return;
    case Type::int32:
    case Type::int64:
      if (!value.is_number()) {
        report(cat("expected numeric (int or float), got ", go_type(value)));
      }
      return;
    case Type::time:
    case Type::micro_time:
    case Type::quantity:
    case Type::int_or_string:
      if (value.is_object() || value.is_array()) {
        report(cat("expected any scalar, got &{", plain_text(value), '}'));
      }
      return;
    case Type::text_list:
      if (!value.is_array()) report(cat("expected list, got &{", plain_text(value), '}'));
      return;
    case Type::message:
    case Type::raw:
      return;
  }
}

Result<void> Checker::finish() const {
  if (problems_.empty()) return {};
  if (problems_.size() == 1) return fail(ErrorKind::invalid, problems_.front());
  std::string text = "errors:";
  for (const auto& problem : problems_) append(text, "\n  ", problem);
  return fail(ErrorKind::invalid, std::move(text));
}

}  // namespace

Result<void> check_applied(const Schema& schema, const Json& configuration) {
  Checker checker;
  checker.object(schema, configuration.get_object(), true);
  return checker.finish();
}

}  // namespace signet::machinery
