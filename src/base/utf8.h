// What is UTF-8: the check every reader of text makes.
//
// Source   RFC 3629 s4: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signet {

// How many bytes the sequence at the start of `text` has (1 to 4), or 0 when it is none.
std::size_t utf8_sequence(std::string_view text);

bool is_utf8(std::string_view text);

// The character that one whole sequence stands for.
char32_t code_point(std::string_view sequence);

// `code_point` is a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t code_point);

// At most `bytes_max` bytes of `text` that are safe to put into a message, a header or a log line:
// control characters and invalid bytes become "?", a cut is marked by "...".
std::string excerpt(std::string_view text, std::size_t bytes_max = 64);

}  // namespace signet
