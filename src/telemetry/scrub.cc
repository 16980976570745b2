#include "telemetry/scrub.h"

#include <algorithm>
#include <cstddef>

#include "base/cat.h"

namespace signet::telemetry {
namespace {

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::size_t token_run(std::string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size() && is_token_character(text[at + length])) ++length;
  return length;
}

// The length of a compact JWS or JWE that starts at `at`; 0 if there is none.
std::size_t token_length(std::string_view text, std::size_t at) {
  constexpr std::size_t part_min = 8;
  auto end = at + token_run(text, at);
  if (end - at < part_min) return 0;
  int dots = 0;
  while (end < text.size() && text[end] == '.') {
    const auto run = token_run(text, end + 1);
    if (dots == 0 && run < part_min) return 0;
    end += 1 + run;
    ++dots;
  }
  return dots < 2 ? 0 : end - at;
}

// The length of what stands between the lines of a PEM key. It is one JSON string at most.
std::size_t key_length(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  const auto within = rest.substr(0, rest.find('"'));
  return within.substr(0, within.find("-----END")).size();
}

// What is found is looked at once, so that no text takes longer than its length.
std::string without_tokens(std::string_view text) {
  constexpr std::string_view start = "eyJ";  // {" in base64url
  std::string out;
  std::size_t kept = 0;
  for (auto at = text.find(start); at != std::string_view::npos; at = text.find(start, at)) {
    const auto length = token_length(text, at);
    if (length == 0) {
      at += token_run(text, at);
      continue;
    }
    append(out, text.substr(kept, at - kept), redacted);
    at += length;
    kept = at;
  }
  return out += text.substr(kept);
}

std::string without_keys(std::string_view text) {
  constexpr std::string_view end_of_line = "PRIVATE KEY-----";
  constexpr std::size_t label_max = 48;  // "-----BEGIN ENCRYPTED PRIVATE KEY-----" and some
  std::string out;
  std::size_t kept = 0;
  for (auto at = text.find(end_of_line); at != std::string_view::npos;
       at = text.find(end_of_line, at)) {
    const auto from = std::max(kept, at - std::min(at, label_max));
    const bool begins = text.substr(from, at - from).contains("-----BEGIN ");
    at += end_of_line.size();
    if (!begins) continue;
    const auto length = key_length(text, at);
    append(out, text.substr(kept, at - kept), length == 0 ? std::string_view() : redacted);
    at += length;
    kept = at;
  }
  return out += text.substr(kept);
}

}  // namespace

std::string scrubbed(std::string text) {
  if (text.contains("eyJ")) text = without_tokens(text);
  if (text.contains("PRIVATE KEY-----")) text = without_keys(text);
  return text;
}

}  // namespace signet::telemetry
