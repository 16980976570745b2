#include "machinery/respond.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "base/cat.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "codec/yaml.h"
#include "machinery/meta_schema.h"
#include "machinery/protobuf_write.h"

namespace signet::machinery {
namespace {

// In characters. When all warnings together are longer, each is cut.
constexpr std::size_t warnings_length_max = 4096;
constexpr std::size_t cut_warning_length = 256;
constexpr std::size_t own_depth_max = 256;  // our own documents: deeper than any that came in
constexpr std::string_view status_start = R"({"kind":"Status")";

std::string_view content_type(Format format) {
  if (format == Format::yaml) return "application/yaml";
  if (format == Format::protobuf) return "application/vnd.kubernetes.protobuf";
  return "application/json";
}

// RFC 9111 s5.5 (obsoleted, still what Kubernetes speaks): code, agent, quoted text.
std::string warning_header(std::string_view text) {
  std::string out = "299 - \"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    out += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return out + '"';
}

std::size_t length_of(std::string_view text) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::ranges::count_if(text, starts));
}

// At most so many characters from the start of `text`.
std::string_view cut(std::string_view text, std::size_t length) {
  std::size_t at = 0;
  for (; at < text.size() && length > 0; --length) {
    at += std::max<std::size_t>(codec::utf8_sequence(text.substr(at)), 1);
  }
  return text.substr(0, at);
}

void add_warnings(const std::vector<std::string>& warnings, net::Response& response) {
  std::set<std::string_view> seen;
  std::vector<std::string_view> texts;
  std::size_t total = 0;
  for (const std::string_view warning : warnings) {
    if (!seen.insert(warning).second) continue;
    texts.push_back(warning);
    total += length_of(warning);
  }
  const bool too_long = total > warnings_length_max;
  std::size_t sent = 0;
  for (auto text : texts) {
    if (sent >= warnings_length_max) return;
    if (too_long) text = cut(text, cut_warning_length);
    sent += length_of(text);
    response.headers.emplace_back("warning", warning_header(text));
  }
}

// The string literal at the start of `json`, with its quotes.
std::string_view string_literal(std::string_view json) {
  std::size_t end = 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return json.substr(0, end + 1);
}

std::string yaml_of(std::string_view json) {
  const auto document = codec::parse_json(json, {json.size(), own_depth_max});
  return document ? codec::to_yaml(document->value) : std::string(json);
}

}  // namespace

std::string indent_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(2 * depth, ' ');
  };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    switch (c) {
      case '"': {
        const auto literal = string_literal(json.substr(i));
        out += literal;
        i += literal.size() - 1;
        break;
      }
      case '{':
      case '[':
        out += c;
        if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
          out += json[++i];
        } else {
          ++depth;
          new_line();
        }
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        new_line();
        out += c;
        break;
      case ',':
        out += c;
        new_line();
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

net::Response respond_encoded(int status, std::string body, Format format,
                              const std::vector<std::string>& warnings) {
  net::Response response;
  response.status = status;
  response.content_type = content_type(format);
  response.body = std::move(body);
  add_warnings(warnings, response);
  return response;
}

net::Response respond(int status, std::string json, Format format,
                      const std::vector<std::string>& warnings, const Schema* schema) {
  if (json.starts_with(status_start)) schema = &status_schema;
  if (format == Format::protobuf && schema == nullptr) format = Format::json;
  switch (format) {
    case Format::json:
      json += '\n';
      break;
    case Format::pretty_json:
      json = indent_json(json);
      break;
    case Format::yaml:
      json = yaml_of(json);
      break;
    case Format::protobuf:
      json = protobuf_document(json, *schema);
      break;
  }
  return respond_encoded(status, std::move(json), format, warnings);
}

net::Response respond(const ApiError& error, Format format,
                      const std::vector<std::string>& warnings) {
  auto response = respond(error.code, to_json(error), format, warnings);
  if (error.details && error.details->retry_after_seconds > 0) {
    response.headers.emplace_back("retry-after",
                                  std::to_string(error.details->retry_after_seconds));
  }
  return response;
}

}  // namespace signet::machinery
