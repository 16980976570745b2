#include "machinery/negotiate.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/cat.h"
#include "codec/form.h"
#include "machinery/accept.h"

namespace signet::machinery {
namespace {

// As strconv.ParseBool: what is neither true nor false is false.
bool parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> yes = {"1", "t", "T", "TRUE", "true", "True"};
  return std::ranges::find(yes, text) != yes.end();
}

// Browsers and command line tools are read by people.
bool wants_pretty(const net::Request& request, std::string_view parameter) {
  if (!parameter.empty()) return parse_bool(parameter);
  const auto agent = request.header("user-agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

std::optional<Format> base_format(const AcceptClause& clause) {
  if (clause.covers("application", "json")) return Format::json;
  if (clause.covers("application", "yaml")) return Format::yaml;
  if (clause.covers("application", "vnd.kubernetes.protobuf")) return Format::protobuf;
  return std::nullopt;
}

ApiError mismatch(const Kind& kind, std::string_view asked, std::string_view is, bool list) {
  const auto group = kind.group.empty() ? "core" : kind.group.substr(0, kind.group.find('.'));
  return ApiError::not_acceptable(cat("you requested ", asked, ", but the requested object is ", is,
                                      " (*", group, ".", kind.kind, list ? "List" : "", ")"));
}

// What `as`, `g` and `v` of a clause ask for; nullopt when this endpoint cannot do it.
ApiResult<std::optional<Transform>> read_transform(const AcceptClause& clause, Format format,
                                                   const Offered& offered) {
  const auto as = clause.parameter("as");
  const auto group = clause.parameter("g");
  const auto version = clause.parameter("v");
  if (as.empty() && group.empty() && version.empty()) return Transform::none;
  if (group != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) return std::nullopt;
  if (as == "Table") {
    // The cells of a table have no protobuf form.
    const bool possible = offered.table && format != Format::protobuf;
    return possible ? std::optional(Transform::table) : std::nullopt;
  }
  if (as == "PartialObjectMetadata") {
    if (offered.metadata) return Transform::metadata;
    if (offered.metadata_list && offered.kind != nullptr) {
      return refuse(mismatch(*offered.kind, as, "a list", true));
    }
  }
  if (as == "PartialObjectMetadataList") {
    if (offered.metadata_list) return Transform::metadata_list;
    if (offered.metadata && offered.kind != nullptr) {
      return refuse(mismatch(*offered.kind, as, "not a list", false));
    }
  }
  return std::nullopt;
}

ApiError nothing_acceptable(const Offered& offered) {
  return ApiError::not_acceptable(
      offered.watch ? "only the following media types are accepted: "
                      "application/json;stream=watch, "
                      "application/vnd.kubernetes.protobuf;stream=watch"
                    : "only the following media types are accepted: application/json, "
                      "application/yaml, application/vnd.kubernetes.protobuf");
}

}  // namespace

ApiResult<Negotiated> negotiate(const net::Request& request, std::string_view pretty_parameter,
                                Offered offered) {
  const bool pretty = !offered.watch && wants_pretty(request, pretty_parameter);
  for (const auto& clause : parse_accept(request)) {
    const auto format = base_format(clause);
    if (!format || (offered.watch && format == Format::yaml)) continue;
    const auto stream = clause.parameter("stream");
    if (!stream.empty() && (!offered.watch || stream != "watch")) continue;
    const auto transform = read_transform(clause, *format, offered);
    if (!transform) return refuse(transform.error());
    if (!*transform) continue;
    Negotiated negotiated{.format = *format, .transform = **transform};
    const bool indented = pretty || (!offered.watch && clause.parameter("pretty") == "1");
    if (indented && *format == Format::json) negotiated.format = Format::pretty_json;
    if (negotiated.transform != Transform::none) {
      negotiated.transform_version = clause.parameter("v");
    }
    return negotiated;
  }
  return refuse(nothing_acceptable(offered));
}

Format error_format(const net::Request& request) {
  const auto query = request.query.contains("pretty") ? codec::Query::parse(request.query)
                                                      : Result<codec::Query>(codec::Query());
  const bool pretty = wants_pretty(request, query ? query->get("pretty") : std::string_view());
  for (const auto& clause : parse_accept(request)) {
    const auto format = base_format(clause);
    if (!format) continue;
    const bool indented = pretty || clause.parameter("pretty") == "1";
    return *format == Format::json && indented ? Format::pretty_json : *format;
  }
  return Format::pretty_json;
}

}  // namespace signet::machinery
