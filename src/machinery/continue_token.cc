#include "machinery/continue_token.h"

#include <algorithm>
#include <cstdint>
#include <ranges>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "machinery/field_error.h"
#include "machinery/go_json.h"

namespace signet::machinery {
namespace {

constexpr std::string_view version = "meta.k8s.io/v1";
constexpr std::size_t text_max = 4096;

std::unexpected<std::string> refused(std::string_view why) {
  return std::unexpected(cat("continue key is not valid: ", why));
}

// As Go decodes: unused bits may be anything, and an error names its place.
Result<std::string, std::string> decode(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto illegal = [](std::size_t at) {
    return refused(cat("illegal base64 data at input byte ", at));
  };
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = alphabet.find(text[i]);
    if (digit == alphabet.npos) return illegal(i);
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
  }
  if (text.size() % 4 == 1) return illegal(text.size() - 1);
  return out;
}

// A path that stays where it starts.
bool is_clean(std::string_view path) {
  return std::ranges::none_of(path | std::views::split('/'), [](const auto& part) {
    const std::string_view name(part.begin(), part.end());
    return name.empty() || name == "." || name == "..";
  });
}

}  // namespace

std::string write_continue(const ContinueToken& token) {
  std::string json = cat(R"({"v":")", version, R"(","rv":)", token.revision, R"(,"start":)");
  codec::append_json_string(json, token.start);
  json += '}';
  return codec::base64url_encode(json);
}

Result<ContinueToken, std::string> read_continue(std::string_view text) {
  if (text.size() > text_max) return refused("it is too long");
  TRY(const auto bytes, decode(text));
  if (const auto error = go_json_error(bytes); !error.empty()) return refused(error);
  const auto document = codec::parse_json_strict(bytes, {.bytes_max = text_max, .depth_max = 4});
  if (!document) return refused("it is not what this server wrote");
  const auto written = codec::string_at(*document, "v");
  if (written != version) {
    return refused(cat("server does not recognize this encoded version ", quoted(written)));
  }
  const auto revision = codec::int_at(*document, "rv").value_or(0);
  if (revision == 0) {
    return refused(cat("incorrect encoded start resourceVersion (version ", version, ')'));
  }
  const auto start = codec::string_at(*document, "start");
  if (start.empty()) return refused(cat("encoded start key empty (version ", version, ')'));
  const auto below = start.starts_with('/') ? start.substr(1) : start;
  if (!is_clean(below)) return refused(start);
  return ContinueToken{.revision = revision, .start = std::string(below)};
}

}  // namespace signet::machinery
