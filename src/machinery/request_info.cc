#include "machinery/request_info.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/cat.h"
#include "codec/utf8.h"
#include "machinery/query_number.h"

namespace signet::machinery {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

ApiResult<std::string> decode_path(std::string_view encoded) {
  std::string path;
  if (encoded.contains('%')) {
    auto decoded = codec::percent_decode(encoded);
    if (!decoded) return refuse(ApiError::bad_request(cat("path: ", decoded.error().message)));
    path = *std::move(decoded);
  } else {
    path = encoded;
  }
  if (std::ranges::any_of(path, is_control) || !codec::is_utf8(path)) {
    return refuse(ApiError::bad_request("path: control characters and invalid UTF-8 are refused"));
  }
  return path;
}

// Takes the next segment off a path without its leading slash.
std::string_view take(std::string_view& rest) {
  const auto segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
  return segment;
}

std::string_view verb_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return {};
}

// X of "metadata.name=X" among the terms of a field selector, where X can be a name.
std::string_view selected_name(std::string_view selector) {
  constexpr std::string_view field = "metadata.name=";
  while (!selector.empty()) {
    auto term = selector.substr(0, selector.find(','));
    selector.remove_prefix(std::min(selector.size(), term.size() + 1));
    if (!term.starts_with(field)) continue;
    term.remove_prefix(field.size());
    if (term.starts_with('=')) term.remove_prefix(1);
    const bool name = term != "." && term != ".." && !term.contains('\\') &&
                      term.find_first_of("/%=") == std::string_view::npos;
    return name ? term : std::string_view();
  }
  return {};
}

// The segments of the path below the group-version, as far as they mean something.
struct Parts {
  bool watch_prefix = false;
  std::string_view namespace_name;
  std::string_view resource;
  std::string_view name;
  std::string_view subresource;
  bool extra = false;
};

// `rest` has no leading or final slash and no empty segment.
Parts read_parts(std::string_view rest) {
  Parts parts;
  parts.resource = take(rest);
  if (parts.resource == "watch" && !rest.empty()) {
    parts.watch_prefix = true;
    parts.resource = take(rest);
  }
  parts.name = take(rest);
  if (parts.resource == "namespaces" && !parts.name.empty()) {
    parts.namespace_name = parts.name;
    auto below = rest;
    const auto third = take(below);
    // "status" and "finalize" are the namespace's own; everything else lies in it.
    if (!third.empty() && third != "status" && third != "finalize") {
      parts.resource = third;
      parts.name = take(below);
      rest = below;
    }
  }
  // The old watch form knows no subresources.
  if (!parts.watch_prefix) parts.subresource = take(rest);
  parts.extra = !rest.empty();
  return parts;
}

// Splits group and version off a path; false for a path that names no resource.
bool read_group_version(std::string_view& rest, RequestInfo& info) {
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!rest.starts_with('/') || rest.ends_with('/') || rest.contains("//")) return false;
  rest.remove_prefix(1);
  const auto prefix = take(rest);
  if (prefix != "api" && prefix != "apis") return false;
  const auto group = prefix == "apis" ? take(rest) : std::string_view();
  const auto version = take(rest);
  if (rest.empty()) return false;
  info.group = group;
  info.version = version;
  return true;
}

void set_verb(std::string_view method, bool watch_prefix, RequestInfo& info) {
  const auto verb = verb_of(method);
  if (verb.empty() || (watch_prefix && verb != "get")) {
    info.verb.clear();
  } else if (watch_prefix) {
    info.verb = "watch";
  } else if (info.has_name_in_path || (verb != "get" && verb != "delete")) {
    info.verb = verb;
  } else if (verb == "delete") {
    info.verb = "deletecollection";
  } else {
    info.verb = query_flag(info.query, "watch") ? "watch" : "list";
  }
  if (!info.has_name_in_path && (info.verb == "list" || info.verb == "watch")) {
    info.name = selected_name(info.query.get("fieldSelector"));
  }
}

}  // namespace

ApiResult<RequestInfo> RequestInfo::parse(std::string_view method, std::string_view path,
                                          std::string_view query) {
  RequestInfo info;
  auto decoded = decode_path(path);
  if (!decoded) return refuse(std::move(decoded).error());
  info.path = *std::move(decoded);
  if (!query.empty()) {
    auto parsed = codec::Query::parse(query);
    if (!parsed) return refuse(ApiError::bad_request(cat("query: ", parsed.error().message)));
    info.query = *std::move(parsed);
  }

  std::string_view rest = info.path;
  if (!read_group_version(rest, info)) {
    info.verb = lower_case(method);
    return info;
  }
  info.is_resource = true;
  const auto parts = read_parts(rest);
  info.namespace_name = parts.namespace_name;
  info.resource = parts.resource;
  info.name = parts.name;
  info.subresource = parts.subresource;
  info.has_name_in_path = !parts.name.empty();
  info.has_extra_parts = parts.extra;
  set_verb(method, parts.watch_prefix, info);
  return info;
}

}  // namespace signet::machinery
