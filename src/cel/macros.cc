#include "cel/macros.h"

namespace signet::cel {

std::optional<Macro> macro_named(std::string_view name, std::size_t arguments) {
  if (name == "map" && arguments == 3) return Macro::map;
  if (arguments != 2) return std::nullopt;
  if (name == "all") return Macro::all;
  if (name == "exists") return Macro::exists;
  if (name == "exists_one" || name == "existsOne") return Macro::exists_one;
  if (name == "map") return Macro::map;
  if (name == "filter") return Macro::filter;
  if (name == "optMap") return Macro::opt_map;
  if (name == "optFlatMap") return Macro::opt_flat_map;
  return std::nullopt;
}

}  // namespace signet::cel
