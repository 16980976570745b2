#include "access/access_question.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "kinds/label_selector_rules.h"
#include "machinery/selector.h"

namespace signet::access {
namespace {

using codec::Json;
using codec::string_at;

std::vector<std::string> texts(const codec::JsonArray& values) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const Json& text : values) out.emplace_back(text.as_string());
  return out;
}

// A value of a field selector, in which three characters are escaped.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') out += '\\';
    out += c;
  }
  return out;
}

// How the requirement is written in a query; nullopt where that has no form for it.
std::optional<std::string> written(const Json& requirement) {
  const auto op = string_at(requirement, "operator");
  const auto key = string_at(requirement, "key");
  const auto& values = codec::array_at(requirement, "values");
  if (values.size() != 1 || key.find_first_of("\\,=!") != key.npos) return std::nullopt;
  if (op != "In" && op != "NotIn") return std::nullopt;
  return cat(key, op == "In" ? "=" : "!=", escaped(std::string_view(values.front().as_string())));
}

struct Selector {
  std::string text;
  bool understood = true;
};

Selector field_selector(const Json& selector) {
  const auto raw = string_at(selector, "rawSelector");
  if (!raw.empty()) {
    const bool good = machinery::FieldSelector::is_well_formed(raw);
    return {.text = good ? std::string(raw) : std::string(), .understood = good};
  }
  Selector out;
  for (const Json& requirement : codec::array_at(selector, "requirements")) {
    if (const auto text = written(requirement)) {
      append(out.text, out.text.empty() ? "" : ",", *text);
    } else {
      out.understood = false;
    }
  }
  return out;
}

// Labels decide nothing here, so that only its form is of interest.
Selector label_selector(const Json& selector) {
  const auto raw = string_at(selector, "rawSelector");
  if (!raw.empty()) {
    const bool good = machinery::LabelSelector::parse(raw).has_value();
    return {.text = good ? std::string(raw) : std::string(), .understood = good};
  }
  Selector out;
  for (const Json& requirement : codec::array_at(selector, "requirements")) {
    const Json alone(codec::JsonObject{{"matchExpressions", codec::JsonArray{requirement}}});
    if (kinds::label_selector_mistake(alone)) {
      out.understood = false;
    } else {
      out.text = string_at(requirement, "key");
    }
  }
  return out;
}

void tell_of(const Selector& selector, std::string_view name, std::string& error) {
  if (selector.understood) return;
  append(error, error.empty() ? "" : "; ", "spec.resourceAttributes.", name,
         selector.text.empty() ? " ignored" : " partially ignored", " due to parse error");
}

void read_selectors(const Json& attributes, AccessQuestion& question) {
  if (const auto* fields = codec::find(attributes, "fieldSelector")) {
    const auto selector = field_selector(*fields);
    tell_of(selector, "fieldSelector", question.evaluation_error);
    auto query = codec::Query::parse(cat("fieldSelector=", codec::percent_encode(selector.text)));
    if (query) question.attributes.query = *std::move(query);
  }
  if (const auto* labels = codec::find(attributes, "labelSelector")) {
    tell_of(label_selector(*labels), "labelSelector", question.evaluation_error);
  }
}

}  // namespace

AccessQuestion question_of(const Json& spec) {
  AccessQuestion out;
  auto& asked = out.attributes;
  if (const auto* resource = codec::find(spec, "resourceAttributes")) {
    const auto text = [&](std::string_view key) { return std::string(string_at(*resource, key)); };
    asked.is_resource = true;
    asked.verb = text("verb");
    asked.group = text("group");
    asked.version = text("version");
    if (asked.version.empty()) asked.version = "*";
    asked.namespace_name = text("namespace");
    asked.resource = text("resource");
    asked.subresource = text("subresource");
    asked.name = text("name");
    read_selectors(*resource, out);
  } else {
    asked.verb = string_at(spec, "nonResourceAttributes.verb");
    asked.path = string_at(spec, "nonResourceAttributes.path");
  }
  return out;
}

token::UserInfo subject_of(const Json& spec) {
  token::UserInfo out{.username = std::string(string_at(spec, "user")),
                      .uid = std::string(string_at(spec, "uid")),
                      .groups = texts(codec::array_at(spec, "groups")),
                      .extra = {}};
  for (const auto& [key, values] : codec::object_at(spec, "extra")) {
    const auto* list = values.if_array();  // null is a list of nothing
    out.extra.emplace(key, list == nullptr ? std::vector<std::string>() : texts(*list));
  }
  return out;
}

}  // namespace signet::access
