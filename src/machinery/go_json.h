// What Go's JSON decoder says about text that is not JSON: clients and tutorials look for these
// words in a 400.
//
//   go_json_error("{\"a\": ");   // "unexpected end of JSON input"
//   go_json_error("{a}");        // "invalid character 'a' looking for beginning of object key
//   string"
//
// Shape    the first error from the left; empty for text that Go accepts. No recursion: nesting is
//          counted in one byte a level.
// Source   encoding/json; the texts are wire facts.
#pragma once

#include <string>
#include <string_view>

namespace signet::machinery {

std::string go_json_error(std::string_view text);

}  // namespace signet::machinery
