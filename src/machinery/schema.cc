#include "machinery/schema.h"

#include <algorithm>

namespace signet::machinery {

const Field* Schema::find(std::string_view json_name) const {
  if (json_name.empty()) return nullptr;
  const auto found = std::ranges::find(fields, json_name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

const Field* Schema::find(std::uint32_t number) const {
  const auto found = std::ranges::find(fields, number, &Field::number);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace signet::machinery
