#include "kinds/label_selector_rules.h"

#include <vector>

#include "base/cat.h"
#include "kinds/common.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;
using Messages = std::vector<std::string>;

std::string joined(const Messages& texts, std::string_view separator) {
  std::string out;
  for (const auto& text : texts) append(out, out.empty() ? "" : separator, text);
  return out;
}

bool is_set_operator(std::string_view op) {
  return op == "In" || op == "NotIn";
}

bool is_presence_operator(std::string_view op) {
  return op == "Exists" || op == "DoesNotExist";
}

void add_key_mistake(std::string_view key, Messages& out) {
  const auto messages = machinery::qualified_name_messages(key);
  if (messages.empty()) return;
  out.push_back(cat("key: Invalid value: ", quoted(key), ": ", joined(messages, "; ")));
}

void add_value_mistake(std::string_view key, std::string_view value, std::size_t index,
                       Messages& out) {
  const auto messages = machinery::label_value_messages(value);
  if (messages.empty()) return;
  out.push_back(cat("values[", index, "][", key, "]: Invalid value: ", quoted(value), ": ",
                    joined(messages, "; ")));
}

std::optional<std::string> all_of(const Messages& mistakes) {
  if (mistakes.empty()) return std::nullopt;
  if (mistakes.size() == 1) return mistakes.front();
  return cat("[", joined(mistakes, ", "), "]");
}

std::optional<std::string> requirement_mistake(const Json& requirement) {
  const auto key = codec::string_at(requirement, "key");
  const auto op = codec::string_at(requirement, "operator");
  const auto& values = codec::array_at(requirement, "values");
  if (!is_set_operator(op) && !is_presence_operator(op)) {
    return cat(quoted(op), " is not a valid label selector operator");
  }
  Messages out;
  add_key_mistake(key, out);
  if (is_set_operator(op) && values.empty()) {
    out.emplace_back(
        "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty");
  }
  if (is_presence_operator(op) && !values.empty()) {
    out.push_back(cat("values: Invalid value: ", codec::to_json(values, codec::Escape::html),
                      ": values set must be empty for exists and does not exist"));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    add_value_mistake(key, text_of(values[i]), i, out);
  }
  return all_of(out);
}

void append_requirement(std::string& out, const Json& requirement) {
  const auto key = codec::string_at(requirement, "key");
  const auto op = codec::string_at(requirement, "operator");
  if (!out.empty()) out += ',';
  if (op == "Exists") return append(out, key);
  if (op == "DoesNotExist") return append(out, '!', key);
  append(out, key, op == "In" ? " in (" : " notin (");
  bool first = true;
  for (const Json& value : codec::array_at(requirement, "values")) {
    append(out, first ? "" : ",", text_of(value));
    first = false;
  }
  out += ')';
}

}  // namespace

void validate_label_key(std::string_view key, const std::string& path, FieldErrors& errors) {
  for (const auto& message : machinery::qualified_name_messages(key)) {
    errors.invalid(path, quoted(key), message);
  }
}

void validate_labels(const codec::JsonObject& labels, const std::string& path,
                     FieldErrors& errors) {
  for (const auto& label : labels) {
    const auto value = text_of(label.value());
    validate_label_key(label.key(), path, errors);
    for (const auto& message : machinery::label_value_messages(value)) {
      errors.invalid(path, quoted(value), message);
    }
  }
}

void validate_requirement(const Json& requirement, RequirementRules rules, const std::string& where,
                          FieldErrors& errors) {
  const auto op = codec::string_at(requirement, "operator");
  const auto& values = codec::array_at(requirement, "values");
  const auto path = cat(where, ".values");
  if (is_set_operator(op)) {
    if (values.empty()) {
      errors.required(path, "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (is_presence_operator(op)) {
    if (!values.empty()) {
      errors.forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (rules.numbers && (op == "Gt" || op == "Lt")) {
    if (values.size() != 1) {
      errors.required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else if (!rules.unknown_operators) {
    errors.invalid(cat(where, ".operator"), quoted(op), "not a valid selector operator");
  }
  validate_label_key(codec::string_at(requirement, "key"), cat(where, ".key"), errors);
  if (rules.any_value) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = text_of(values[i]);
    for (const auto& message : machinery::label_value_messages(value)) {
      errors.invalid(cat(path, '[', i, ']'), quoted(value), message);
    }
  }
}

void validate_requirements(const Json& selector, RequirementRules rules, const std::string& where,
                           FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& requirement : codec::array_at(selector, "matchExpressions")) {
    validate_requirement(requirement, rules, cat(where, ".matchExpressions[", index++, ']'),
                         errors);
  }
}

void validate_label_selector(const Json& selector, RequirementRules rules, const std::string& where,
                             FieldErrors& errors) {
  validate_labels(codec::object_at(selector, "matchLabels"), where + ".matchLabels", errors);
  validate_requirements(selector, rules, where, errors);
}

std::optional<std::string> label_selector_mistake(const Json& selector) {
  for (const auto& label : codec::object_at(selector, "matchLabels")) {
    Messages out;
    add_key_mistake(label.key(), out);
    add_value_mistake(label.key(), text_of(label.value()), 0, out);
    if (auto mistake = all_of(out)) return mistake;
  }
  for (const Json& requirement : codec::array_at(selector, "matchExpressions")) {
    if (auto mistake = requirement_mistake(requirement)) return mistake;
  }
  return std::nullopt;
}

std::string label_selector_text(const Json& selector) {
  std::string out;
  for (const auto& label : codec::object_at(selector, "matchLabels")) {
    append(out, out.empty() ? "" : ",", std::string_view(label.key()), '=', text_of(label.value()));
  }
  for (const Json& requirement : codec::array_at(selector, "matchExpressions")) {
    append_requirement(out, requirement);
  }
  return out;
}

}  // namespace signet::kinds
