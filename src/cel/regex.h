// Regular expressions whose matching time grows linearly with the text, whatever the pattern.
//
// Errors   invalid: not a pattern of RE2.
// Limits   256 KiB of compiled pattern and of matching state each.
// Threads  immutable: safe from any thread.
// Source   RE2 syntax, which CEL demands of matches().
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace signet::cel {

class Regex {
 public:
  static Result<Regex> compile(std::string_view pattern);

  bool found_in(std::string_view text) const;
  // The first match at or after byte `from`.
  std::optional<std::string_view> find(std::string_view text, std::size_t from = 0) const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> regex) : regex_(std::move(regex)) {}

  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace signet::cel
