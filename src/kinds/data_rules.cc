#include "kinds/data_rules.h"

#include <string>

namespace signet::kinds {

std::size_t decoded_size(std::string_view base64) {
  std::size_t bytes = base64.size() / 4 * 3;
  if (base64.ends_with("==")) return bytes - 2;
  if (base64.ends_with('=')) return bytes - 1;
  return bytes;
}

void validate_immutable(const codec::Json& object, const codec::Json& old,
                        std::span<const std::string_view> fields, machinery::FieldErrors& errors) {
  constexpr std::string_view why = "field is immutable when `immutable` is set";
  if (codec::bool_at(old, "immutable") != true) return;
  if (codec::bool_at(object, "immutable") != true) {
    errors.forbidden("immutable", std::string(why));
  }
  for (const auto field : fields) {
    // A missing map and an empty one say the same.
    if (codec::object_at(object, field) == codec::object_at(old, field)) continue;
    errors.forbidden(std::string(field), std::string(why));
  }
}

}  // namespace signet::kinds
