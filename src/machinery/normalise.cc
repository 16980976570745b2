#include "machinery/normalise.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/normalise_scalar.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::size_t unknown_max = 32;

class Normaliser {
 public:
  Result<void> message(const Schema& schema, Json& value, bool top);
  NormaliseReport take_report() { return std::move(report_); }

 private:
  // A step of the path to where we are. Errors name fields only, reports name all steps.
  struct Step {
    enum class Kind : std::uint8_t { field, key, index };
    Kind kind = Kind::field;
    std::string_view name;
    std::size_t index = 0;
  };
  class Entered;

  Result<void> field(const Schema& owner, const Field& field, Json& value);
  Result<void> list(const Schema& owner, const Field& field, Json& value);
  Result<void> map(const Schema& owner, const Field& field, Json& value);
  Result<void> element(const Schema& owner, const Field& field, Json& value);
  Result<Json> missing(const Field& field);
  void report_unknown(std::string_view name);
  std::unexpected<Error> wrong_type(const Schema* owner, std::string_view found,
                                    std::string_view wanted) const;

  std::vector<Step> path_;
  NormaliseReport report_;
};

// Makes a step part of the path for a scope.
class Normaliser::Entered {
 public:
  Entered(Normaliser& walk, Step step) : path_(walk.path_) { path_.push_back(step); }
  ~Entered() { path_.pop_back(); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  std::vector<Step>& path_;
};

std::string go_type(const Field& field) {
  std::string element = field.type == Type::message ? cat("v1.", field.schema->name)
                                                    : std::string(go_type_name(field.type));
  if (field.shape == Shape::list) return "[]" + element;
  if (field.shape == Shape::map) return "map[string]" + element;
  return element;
}

std::unexpected<Error> Normaliser::wrong_type(const Schema* owner, std::string_view found,
                                              std::string_view wanted) const {
  std::string text = cat("json: cannot unmarshal ", found, " into Go ");
  if (owner == nullptr) {
    append(text, "value of type ", wanted);
    return fail(ErrorKind::invalid, std::move(text));
  }
  append(text, "struct field ", owner->name);
  for (const Step& step : path_) {
    if (step.kind == Step::Kind::field) append(text, ".", step.name);
  }
  append(text, " of type ", wanted);
  return fail(ErrorKind::invalid, std::move(text));
}

void Normaliser::report_unknown(std::string_view name) {
  if (report_.unknown.size() == unknown_max) return;
  std::string text;
  for (const Step& step : path_) {
    if (step.kind == Step::Kind::index) {
      append(text, "[", step.index, "]");
    } else {
      append(text, text.empty() ? "" : ".", step.name);
    }
  }
  append(text, text.empty() ? "" : ".", name);
  report_.unknown.push_back(std::move(text));
}

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

bool is_type_meta(std::string_view name) {
  return name == "kind" || name == "apiVersion";
}

// Moves kind and apiVersion, which the schema of a top-level object does not list.
void move_type_meta(const Schema& schema, JsonObject& from, JsonObject& to) {
  for (const std::string_view name : {"kind", "apiVersion"}) {
    if (schema.find(name) != nullptr) continue;
    if (Json* value = from.if_contains(name)) to.emplace(name, std::move(*value));
  }
}

Result<void> Normaliser::message(const Schema& schema, Json& value, bool top) {
  JsonObject* members = value.if_object();
  if (members == nullptr) {
    return wrong_type(nullptr, json_type_name(value), cat("v1.", schema.name));
  }
  std::vector<Json*> present(schema.fields.size(), nullptr);
  for (auto& member : *members) {
    const std::string_view name = view(member.key());
    const Field* found = schema.find(name);
    if (found == nullptr) {
      if (!top || !is_type_meta(name)) report_unknown(name);
      continue;
    }
    if (member.value().is_null()) continue;
    TRY_VOID(field(schema, *found, member.value()));
    if (found->emit == Emit::when_set && is_zero(member.value())) continue;
    present[static_cast<std::size_t>(found - schema.fields.data())] = &member.value();
  }

  JsonObject out(members->storage());
  out.reserve(members->size());
  if (top) move_type_meta(schema, *members, out);
  for (std::size_t i = 0; i < present.size(); ++i) {
    const Field& known = schema.fields[i];
    if (present[i] != nullptr) {
      out.emplace(known.name, std::move(*present[i]));
    } else if (known.emit == Emit::always) {
      TRY(Json zero, missing(known));
      out.emplace(known.name, std::move(zero));
    }
  }
  value = std::move(out);
  return {};
}

Result<Json> Normaliser::missing(const Field& field) {
  if (field.shape != Shape::single) return Json(nullptr);
  Json zero = zero_value(field.type);
  if (field.type == Type::message) TRY_VOID(message(*field.schema, zero, false));
  return zero;
}

Result<void> Normaliser::field(const Schema& owner, const Field& field, Json& value) {
  const Entered entered(*this, {.kind = Step::Kind::field, .name = field.name});
  switch (field.shape) {
    case Shape::single:
      return element(owner, field, value);
    case Shape::list:
      return list(owner, field, value);
    case Shape::map:
      return map(owner, field, value);
  }
  std::unreachable();
}

Result<void> Normaliser::list(const Schema& owner, const Field& field, Json& value) {
  JsonArray* elements = value.if_array();
  if (elements == nullptr) return wrong_type(&owner, json_type_name(value), go_type(field));
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const Entered entered(*this, {.kind = Step::Kind::index, .name = {}, .index = i});
    Json& item = (*elements)[i];
    if (item.is_null()) item = zero_value(field.type);
    if (!item.is_null()) TRY_VOID(element(owner, field, item));
  }
  return {};
}

// Sorts by key, as Go writes maps.
void sort_members(JsonObject& members) {
  const auto by_key = [](const auto& a, const auto& b) { return a.key() < b.key(); };
  if (std::ranges::is_sorted(members, by_key)) return;
  std::vector<boost::json::key_value_pair*> order;
  order.reserve(members.size());
  for (auto& member : members) order.push_back(&member);
  std::ranges::sort(order, [&](const auto* a, const auto* b) { return by_key(*a, *b); });
  JsonObject sorted(members.storage());
  sorted.reserve(members.size());
  for (auto* member : order) sorted.emplace(member->key(), std::move(member->value()));
  members = std::move(sorted);
}

Result<void> Normaliser::map(const Schema& owner, const Field& field, Json& value) {
  JsonObject* members = value.if_object();
  if (members == nullptr) return wrong_type(&owner, json_type_name(value), go_type(field));
  for (auto& member : *members) {
    const Entered entered(*this, {.kind = Step::Kind::key, .name = view(member.key())});
    Json& item = member.value();
    if (item.is_null()) item = zero_value(field.type);
    if (!item.is_null()) TRY_VOID(element(owner, field, item));
  }
  sort_members(*members);
  return {};
}

Result<void> Normaliser::element(const Schema& owner, const Field& field, Json& value) {
  if (field.type == Type::message) {
    if (!value.is_object()) {
      return wrong_type(&owner, json_type_name(value), cat("v1.", field.schema->name));
    }
    return message(*field.schema, value, false);
  }
  auto checked = normalise_scalar(field.type, value);
  if (checked) return {};
  ScalarError& error = checked.error();
  if (!error.text.empty()) return fail(ErrorKind::invalid, std::move(error.text));
  return wrong_type(&owner, error.value, error.wanted);
}

}  // namespace

Result<NormaliseReport> normalise(const Schema& schema, Json& object) {
  Normaliser walk;
  TRY_VOID(walk.message(schema, object, true));
  return walk.take_report();
}

}  // namespace signet::machinery
