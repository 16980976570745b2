#include "access/audit_body.h"

#include <array>
#include <string_view>
#include <utility>

#include "codec/yaml.h"
#include "machinery/meta_schema.h"
#include "machinery/protobuf.h"

namespace signet::access {
namespace {

using codec::Json;

// Our own documents: deeper than any that came in.
constexpr std::size_t depth_max = 256;

std::optional<Json> value_of(Result<Json> value) {
  if (!value) return std::nullopt;
  return *std::move(value);
}

Result<Json> decode_list(const machinery::Schema& item, std::string_view raw) {
  const std::array fields{machinery::message(1, "metadata", machinery::list_meta),
                          machinery::list(2, "items", item)};
  return machinery::decode_protobuf({.name = "List", .fields = fields}, raw);
}

Result<Json> decode(const machinery::ProtobufEnvelope& envelope, const machinery::Schema* schema) {
  const std::string_view kind = envelope.kind;
  if (kind == "Status") schema = &machinery::status_schema;
  if (kind.starts_with("PartialObjectMetadata")) schema = &machinery::partial_metadata_schema;
  if (schema == nullptr) return fail(ErrorKind::invalid, "no schema");
  return kind.ends_with("List") ? decode_list(*schema, envelope.raw)
                                : machinery::decode_protobuf(*schema, envelope.raw);
}

std::optional<Json> from_protobuf(std::string_view bytes, const machinery::Schema* schema) {
  const auto envelope = machinery::open_envelope(bytes);
  if (!envelope) return std::nullopt;
  const auto value = decode(*envelope, schema);
  if (!value || !value->is_object()) return std::nullopt;
  codec::JsonObject out;
  out["kind"] = envelope->kind;
  out["apiVersion"] = envelope->api_version;
  for (const auto& member : value->as_object()) out.insert(member);
  return Json(std::move(out));
}

}  // namespace

std::optional<Json> answer_as_json(const net::Response& answer, const machinery::Schema* schema) {
  const auto bytes = answer.bytes();
  const codec::ParseLimits limits{.bytes_max = bytes.size(), .depth_max = depth_max};
  if (answer.content_type == "application/json") {
    auto document = codec::parse_json(bytes, limits);
    if (!document) return std::nullopt;
    return std::move(document->value);
  }
  if (answer.content_type == "application/yaml") return value_of(codec::parse_yaml(bytes, limits));
  if (answer.content_type == "application/vnd.kubernetes.protobuf") {
    return from_protobuf(bytes, schema);
  }
  return std::nullopt;
}

bool is_status(const net::Response& answer) {
  constexpr std::string_view compact = R"({"kind":"Status",)";
  constexpr std::string_view indented = "{\n  \"kind\": \"Status\",";
  const auto bytes = answer.bytes();
  if (bytes.starts_with(compact) || bytes.starts_with(indented)) return true;
  if (answer.content_type == "application/yaml") return bytes.starts_with("kind: Status\n");
  if (answer.content_type != "application/vnd.kubernetes.protobuf") return false;
  const auto envelope = machinery::open_envelope(bytes);
  return envelope && envelope->kind == "Status";
}

}  // namespace signet::access
