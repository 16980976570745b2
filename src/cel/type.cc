#include "cel/type.h"

#include <algorithm>

namespace signet::cel {

std::string to_string(const Type& type) {
  if (type.object != nullptr) return type.object->name;
  std::string out(to_string(type.kind));
  const std::size_t count = type.kind == Kind::map ? 2 : 1;
  if (type.kind != Kind::map && type.kind != Kind::list && type.kind != Kind::optional) return out;
  out += '(';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ", ";
    out += to_string(type.parameter(i));
  }
  return out += ')';
}

bool assignable(const Type& a, const Type& b) {
  if (a.kind == Kind::any || b.kind == Kind::any) return true;
  if (a.kind != b.kind) return false;
  if (a.object != nullptr && b.object != nullptr && a.object != b.object) return false;
  for (std::size_t i = 0; i < std::max(a.parameters.size(), b.parameters.size()); ++i) {
    if (!assignable(a.parameter(i), b.parameter(i))) return false;
  }
  return true;
}

std::optional<Type> joined(const Type& a, const Type& b) {
  if (!assignable(a, b)) return std::nullopt;
  if (a.kind == Kind::any || b.kind == Kind::any) return Type{};
  Type out{.kind = a.kind};
  if (a.object == b.object) out.object = a.object;
  for (std::size_t i = 0; i < std::min(a.parameters.size(), b.parameters.size()); ++i) {
    out.parameters.push_back(joined(a.parameters[i], b.parameters[i]).value_or(Type{}));
  }
  return out;
}

}  // namespace signet::cel
