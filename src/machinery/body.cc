#include "machinery/body.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/utf8.h"
#include "codec/yaml.h"
#include "machinery/accept.h"
#include "machinery/go_json.h"
#include "machinery/normalise.h"
#include "machinery/protobuf.h"
#include "net/request_record.h"

namespace signet::machinery {
namespace {

constexpr std::size_t summary_bytes = 30;
constexpr std::size_t type_bytes_max = 512;  // of kind and apiVersion: messages repeat them
constexpr codec::ParseLimits limits{.bytes_max = body_bytes_max, .depth_max = 64};

enum class Encoding : std::uint8_t { json, yaml, protobuf };

struct GroupVersionKind {
  std::string_view group;
  std::string_view version;
  std::string_view kind;
};

ApiResult<Encoding> encoding_of(const net::Request& request) {
  const auto type = request.header("content-type");
  if (type.empty() || is_media_type(type, "application/json")) return Encoding::json;
  if (is_media_type(type, "application/yaml")) return Encoding::yaml;
  if (is_media_type(type, "application/vnd.kubernetes.protobuf")) return Encoding::protobuf;
  return refuse(ApiError::unsupported_media_type(
      "the body of the request was in an unknown format - accepted media types include: "
      "application/json, application/yaml, application/vnd.kubernetes.protobuf"));
}

// The first bytes of a body: as text when it looks like JSON, else in hexadecimal.
std::string summary(std::string_view body) {
  if (body.empty()) return "<empty>";
  const auto start = body.substr(0, summary_bytes);
  const std::string_view cut = body.size() > summary_bytes ? " ..." : "";
  if (body.front() != '{') return cat(codec::hex_encode(start), cut);
  std::string text;
  for (std::size_t i = 0; i < start.size();) {
    const auto length = codec::utf8_sequence(start.substr(i));
    text += length == 0 ? std::string_view("\uFFFD") : start.substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  return cat(text, cut);
}

ApiError unrecognized(const ExpectedKind& expected, std::string_view why, std::string_view body) {
  if (expected.terse) return ApiError::bad_request(std::string(why));
  return ApiError::bad_request(cat("the object provided is unrecognized (must be of type ",
                                   expected.kind, "): ", why, " (", summary(body), ")"));
}

ApiError cannot_handle(const GroupVersionKind& given, const ExpectedKind& expected,
                       std::string_view why) {
  if (expected.terse) return ApiError::bad_request(std::string(why));
  return ApiError::bad_request(cat(given.kind, " in version ", quoted(given.version),
                                   " cannot be handled as a ", expected.kind, ": ", why));
}

// Kubernetes' parser of apiVersion: "", "v1" or "group/v1".
bool split_api_version(std::string_view text, GroupVersionKind& out) {
  const auto slash = text.find('/');
  if (slash != text.rfind('/')) return text == "/";
  out.group = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
  out.version = slash == std::string_view::npos ? text : text.substr(slash + 1);
  return true;
}

GroupVersionKind of_expected(const ExpectedKind& expected) {
  GroupVersionKind out{.group = {}, .version = {}, .kind = expected.kind};
  split_api_version(expected.api_version, out);
  return out;
}

// Fills in what the body leaves out.
GroupVersionKind with_defaults(GroupVersionKind given, const GroupVersionKind& wanted) {
  if (given.kind.empty()) given.kind = wanted.kind;
  if (given.version.empty() && (given.group.empty() || given.group == wanted.group)) {
    given.group = wanted.group;
    given.version = wanted.version;
  }
  return given;
}

bool is_known(const GroupVersionKind& given, const GroupVersionKind& wanted,
              const ExpectedKind& expected) {
  if (expected.registry != nullptr) {
    return expected.registry->has_kind(given.group, given.version, given.kind);
  }
  return given.group == wanted.group && given.version == wanted.version;
}

// Empty when `given`, with nothing left out, is what is expected.
std::string difference(const GroupVersionKind& given, const ExpectedKind& expected) {
  const auto wanted = of_expected(expected);
  if (expected.any_version && given.kind == wanted.kind) return {};
  if (given.kind == wanted.kind && given.group == wanted.group && given.version == wanted.version) {
    return {};
  }
  if (!is_known(given, wanted, expected)) {
    const auto group_version =
        given.group.empty() ? std::string(given.version) : cat(given.group, '/', given.version);
    return cat("no kind ", quoted(given.kind), " is registered for version ", quoted(group_version),
               " in scheme \"signet\"");
  }
  const auto package =
      wanted.group.empty() ? "core" : wanted.group.substr(0, wanted.group.find('.'));
  return cat("converting (", given.version, '.', given.kind, ") to (", package, '.', wanted.kind,
             "): unknown conversion");
}

constexpr std::string_view type_too_long = "kind or apiVersion is too long";

std::string no_group_version(std::string_view api_version) {
  return cat("unexpected GroupVersion string: ", codec::excerpt(api_version));
}

ApiResult<void> check_kind(std::string_view api_version, std::string_view kind,
                           const ExpectedKind& expected, std::string_view body) {
  if (kind.size() > type_bytes_max || api_version.size() > type_bytes_max) {
    return refuse(unrecognized(expected, type_too_long, body));
  }
  GroupVersionKind given{.group = {}, .version = {}, .kind = kind};
  if (!split_api_version(api_version, given)) {
    return refuse(unrecognized(expected, no_group_version(api_version), body));
  }
  given = with_defaults(given, of_expected(expected));
  const auto why = difference(given, expected);
  if (!why.empty()) return refuse(cannot_handle(given, expected, why));
  return {};
}

std::string_view go_type(const codec::Json& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  return "number";
}

// kind or apiVersion of an object; null counts as missing.
Result<std::string_view> type_member(const codec::Json& object, std::string_view name) {
  const auto* value = object.as_object().if_contains(name);
  if (value == nullptr || value->is_null()) return std::string_view();
  if (value->is_string()) return std::string_view(value->as_string());
  return fail(ErrorKind::invalid,
              cat("couldn't get version/kind; json parse error: json: cannot unmarshal ",
                  go_type(*value), " into Go struct field .", name, " of type string"));
}

ApiResult<DecodedBody> parse_text(std::string_view body, Encoding encoding,
                                  const ExpectedKind& expected) {
  DecodedBody out;
  if (encoding == Encoding::yaml && !body.empty()) {
    auto parsed = codec::parse_yaml_document(body, limits);
    if (!parsed) {
      return refuse(unrecognized(
          expected, cat("error converting YAML to JSON: yaml: ", parsed.error().message), body));
    }
    out.object = std::move(parsed->value);
    out.repeated_keys = std::move(parsed->duplicates);
  } else {
    auto parsed = codec::parse_json(body, limits);
    if (!parsed) {
      const auto why = go_json_error(body);
      return refuse(unrecognized(expected,
                                 cat("couldn't get version/kind; json parse error: ",
                                     why.empty() ? parsed.error().message : why),
                                 body));
    }
    out.object = std::move(parsed->value);
    out.duplicates = std::move(parsed->duplicates);
  }
  if (out.object.is_null()) out.object.emplace_object();
  if (!out.object.is_object()) {
    return refuse(unrecognized(
        expected,
        cat("couldn't get version/kind; json parse error: json: cannot unmarshal ",
            go_type(out.object),
            " into Go value of type struct { APIVersion string "
            R"("json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" })"),
        body));
  }
  const auto kind = type_member(out.object, "kind");
  if (!kind) return refuse(unrecognized(expected, kind.error().message, body));
  const auto api_version = type_member(out.object, "apiVersion");
  if (!api_version) return refuse(unrecognized(expected, api_version.error().message, body));
  TRY_VOID(check_kind(*api_version, *kind, expected, body));
  return out;
}

ApiResult<DecodedBody> parse_protobuf(std::string_view body, const ExpectedKind& expected) {
  const auto envelope = open_envelope(body);
  if (!envelope) return refuse(unrecognized(expected, envelope.error().message, body));
  TRY_VOID(check_kind(envelope->api_version, envelope->kind, expected, body));
  auto object = decode_protobuf(*expected.schema, envelope->raw);
  if (!object) {
    return refuse(cannot_handle(of_expected(expected), expected, object.error().message));
  }
  DecodedBody out;
  out.object = *std::move(object);
  return out;
}

// A field nobody knows is one problem, however often it occurs and whatever is in it.
void drop_unknown_duplicates(DecodedBody& body) {
  const auto inside = [](std::string_view path, std::string_view outer) {
    if (!path.starts_with(outer)) return false;
    path.remove_prefix(outer.size());
    return path.empty() || path.front() == '.' || path.front() == '[';
  };
  std::erase_if(body.duplicates, [&](const std::string& path) {
    return std::ranges::any_of(body.unknown,
                               [&](const std::string& outer) { return inside(path, outer); });
  });
}

// kind and apiVersion as expected, in front of everything else.
void put_kind_first(const ExpectedKind& expected, codec::Json& object) {
  codec::JsonObject out(object.storage());
  out["kind"] = expected.kind;
  out["apiVersion"] = expected.api_version;
  for (auto& [name, value] : object.as_object()) {
    if (name != "kind" && name != "apiVersion") out[name] = std::move(value);
  }
  object = std::move(out);
}

}  // namespace

ApiResult<DecodedBody> decode_body(const net::Request& request, const ExpectedKind& expected) {
  TRY(const auto encoding, encoding_of(request));
  if (request.body.size() > body_bytes_max) return refuse(ApiError::too_large(body_bytes_max));
  if (encoding == Encoding::protobuf && expected.schema == nullptr) {
    return refuse(ApiError::unsupported_media_type(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml"));
  }
  TRY(auto body, encoding == Encoding::protobuf ? parse_protobuf(request.body, expected)
                                                : parse_text(request.body, encoding, expected));
  put_kind_first(expected, body.object);
  if (expected.schema != nullptr) {
    auto report = normalise(*expected.schema, body.object);
    if (!report) {
      return refuse(cannot_handle(of_expected(expected), expected, report.error().message));
    }
    // Unknown protobuf fields are never an error: senders newer than us have them.
    if (encoding != Encoding::protobuf) body.unknown = std::move(report->unknown);
    // Kubernetes reads YAML as JSON whose members are sorted.
    if (encoding == Encoding::yaml) std::ranges::sort(body.unknown);
    drop_unknown_duplicates(body);
  }
  if (request.record != nullptr) request.record->note_body(body.object);
  return body;
}

std::optional<std::string> wrong_kind(const codec::Json& object, const ExpectedKind& expected) {
  if (!object.is_object()) return std::nullopt;
  const auto kind = type_member(object, "kind");
  if (!kind) return kind.error().message;
  const auto api_version = type_member(object, "apiVersion");
  if (!api_version) return api_version.error().message;
  if (kind->size() > type_bytes_max || api_version->size() > type_bytes_max) {
    return std::string(type_too_long);
  }
  GroupVersionKind given{.group = {}, .version = {}, .kind = *kind};
  if (!split_api_version(*api_version, given)) return no_group_version(*api_version);
  auto why = difference(with_defaults(given, of_expected(expected)), expected);
  if (why.empty()) return std::nullopt;
  return why;
}

ApiResult<void> report_fields(const DecodedBody& body, FieldValidation mode,
                              const ExpectedKind& expected, std::vector<std::string>& warnings) {
  if (mode == FieldValidation::ignore) return {};
  auto problems = field_problems(body);
  if (mode == FieldValidation::warn) {
    std::ranges::copy(body.repeated_keys, std::back_inserter(warnings));
    std::ranges::move(problems, std::back_inserter(warnings));
    return {};
  }
  if (!body.repeated_keys.empty()) {
    problems.insert(problems.begin(), repeated_keys_error(body.repeated_keys));
  }
  if (problems.empty()) return {};
  return refuse(cannot_handle(of_expected(expected), expected, strict_error(problems)));
}

ApiResult<DecodedBody> decode_body(const net::Request& request, const ExpectedKind& expected,
                                   FieldValidation mode, std::vector<std::string>& warnings) {
  TRY(auto body, decode_body(request, expected));
  TRY_VOID(report_fields(body, mode, expected, warnings));
  return body;
}

}  // namespace signet::machinery
