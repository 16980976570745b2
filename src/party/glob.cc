#include "party/glob.h"

#include <cstddef>

namespace signet::party {

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t used = 0;
  // After the last star, and the text that it leaves to the rest of the pattern.
  std::size_t after_star = std::string_view::npos;
  std::size_t left_to_rest = 0;
  while (used < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      after_star = ++at;
      left_to_rest = used;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[used])) {
      ++at;
      ++used;
    } else if (after_star != std::string_view::npos) {
      at = after_star;
      used = ++left_to_rest;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace signet::party
