// Text as Go prints it in double quotes: what Kubernetes puts into messages and files, and clients
// match on.
//
//   go_quote("a\"b\n")                   "a\"b\n"
//   go_quote_list({"x", "y"})            ["x" "y"]
//
// Shape    bytes that are not UTF-8 become \xff; what Go's unicode tables call unprintable, \u200b.
// Source   Go: strconv.Quote, strconv.IsPrint, the verb %q of a list.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace signet::codec {

std::string go_quote(std::string_view text);
std::string go_quote_list(std::span<const std::string> texts);
std::string go_quote_list(std::span<const std::string_view> texts);

// Of one whole character in UTF-8; false for anything else.
bool is_go_printable(std::string_view character);

}  // namespace signet::codec
