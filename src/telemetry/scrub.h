// Takes JSON Web Tokens and PEM private keys out of a text, wherever they stand: for whatever is
// written down and may quote what a client sent.
//
//   line = scrubbed(std::move(line));
//
// Shape    what is found becomes "[redacted]"; valid JSON stays valid.
// Limits   time grows with the length of the text, whatever it holds.
// Threads  pure.
#pragma once

#include <string>
#include <string_view>

namespace signet::telemetry {

inline constexpr std::string_view redacted = "[redacted]";

std::string scrubbed(std::string text);

}  // namespace signet::telemetry
