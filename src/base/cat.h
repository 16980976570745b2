// cat("pods \"", name, "\" not found"): strings, characters and integers into one string.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace signet {

namespace cat_detail {
inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, char c) {
  out += c;
}
template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void append(std::string& out, T number) {
  out += std::to_string(number);
}
}  // namespace cat_detail

template <typename... Parts>
void append(std::string& out, const Parts&... parts) {
  (cat_detail::append(out, parts), ...);
}

template <typename... Parts>
[[nodiscard]] std::string cat(const Parts&... parts) {
  std::string out;
  append(out, parts...);
  return out;
}

}  // namespace signet
