// Query strings and percent-encoding.
//
// Errors   invalid: an escape without two hex digits, or more parameters than the limit.
// Limits   1,000 parameters.
// Source   RFC 3986 s2.1; "+" is a space in queries (application/x-www-form-urlencoded).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace signet::codec {

// A path segment: "+" stays.
Result<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  // everything but unreserved characters

class Query {
 public:
  static Result<Query> parse(std::string_view text);
  // The first value of `name`, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace signet::codec
