#include "codec/pem.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/cat.h"
#include "codec/base64.h"

namespace signet::codec {
namespace {

constexpr std::size_t text_bytes_max = std::size_t{1} << 20U;
constexpr std::size_t blocks_max = 1000;
constexpr std::size_t line_width = 64;
constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

// The next line without its end and without white space around it.
std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  const auto last = line.find_last_not_of(" \t\r");
  line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
  return line;
}

// RFC 7468 s3: printable characters but "-", with single "-" or " " between them.
bool is_label(std::string_view text) {
  bool separated = true;
  for (const char c : text) {
    const bool separator = c == ' ' || c == '-';
    if (c < 0x20 || c > 0x7e || (separator && separated)) return false;
    separated = separator;
  }
  return text.empty() || !separated;
}

std::optional<std::string_view> marked(std::string_view line, std::string_view mark) {
  if (line.size() < mark.size() + dashes.size() || !line.starts_with(mark) ||
      !line.ends_with(dashes)) {
    return std::nullopt;
  }
  line.remove_prefix(mark.size());
  line.remove_suffix(dashes.size());
  if (!is_label(line)) return std::nullopt;
  return line;
}

// The body of the block `label` up to its end line.
Result<std::string> take_body(std::string_view& text, std::string_view label) {
  std::string encoded;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.starts_with(dashes)) {
      if (marked(line, end_mark) == label) return base64_decode(encoded);
      return fail(ErrorKind::invalid, "another line starts before it ends");
    }
    if (line.contains(':')) {
      return fail(ErrorKind::invalid, "headers (RFC 1421), as encrypted keys have, are not read");
    }
    encoded += line;
  }
  return fail(ErrorKind::invalid, "it has no end line");
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return fail(ErrorKind::invalid, cat("PEM: more than ", text_bytes_max, " bytes"));
  }
  std::vector<PemBlock> blocks;
  while (!text.empty()) {
    const auto label = marked(take_line(text), begin_mark);
    if (!label) continue;
    if (blocks.size() == blocks_max) {
      return fail(ErrorKind::invalid, cat("PEM: more than ", blocks_max, " blocks"));
    }
    auto body = take_body(text, *label);
    if (!body) return in_context(cat("PEM block ", blocks.size() + 1), std::move(body).error());
    blocks.emplace_back(std::string(*label), *std::move(body));
  }
  return blocks;
}

std::string to_pem(std::string_view label, std::string_view der) {
  std::string out = cat(begin_mark, label, dashes, '\n');
  const std::string encoded = base64_encode(der);
  for (std::string_view rest = encoded; !rest.empty();) {
    const auto line = rest.substr(0, line_width);
    append(out, line, '\n');
    rest.remove_prefix(line.size());
  }
  append(out, end_mark, label, dashes, '\n');
  return out;
}

}  // namespace signet::codec
