// What is known of a value before an expression runs.
//
//   Type::map_of(Type::of(Kind::string), Type{})     // map(string, dyn)
//
// Shape    `any` (dyn) fits everywhere; what it holds is found out when the expression runs.
// Source   CEL language definition, "Gradual Type Checking".
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cel/value.h"

namespace signet::cel {

struct ObjectType;

struct Type {
  Kind kind = Kind::any;
  std::vector<Type> parameters;  // list: element; map: key, value; optional: content
  // A map whose members are known by name; others are refused before the expression runs.
  std::shared_ptr<const ObjectType> object;

  static Type of(Kind kind) { return {.kind = kind}; }
  static Type list_of(Type element) {
    return {.kind = Kind::list, .parameters = {std::move(element)}};
  }
  static Type map_of(Type key, Type value) {
    return {.kind = Kind::map, .parameters = {std::move(key), std::move(value)}};
  }
  static Type optional_of(Type content) {
    return {.kind = Kind::optional, .parameters = {std::move(content)}};
  }

  // dyn where nothing was said.
  Type parameter(std::size_t index) const {
    return index < parameters.size() ? parameters[index] : Type{};
  }
};

struct ObjectType {
  std::string name;  // "kubernetes.UserInfo"
  std::map<std::string, Type, std::less<>> fields;
};

// "list(string)", "map(string, dyn)", "optional_type(int)".
std::string to_string(const Type& type);

// Whether a value of the one type may be one of the other.
bool assignable(const Type& a, const Type& b);
// The type of what is either; none when they have nothing in common.
std::optional<Type> joined(const Type& a, const Type& b);

}  // namespace signet::cel
