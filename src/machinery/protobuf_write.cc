#include "machinery/protobuf_write.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "codec/base64.h"
#include "codec/rfc3339.h"
#include "machinery/protobuf_wire.h"

namespace signet::machinery {
namespace {

using codec::Json;

constexpr std::string_view magic{"k8s\0", 4};
constexpr std::size_t depth_max = 256;  // our own documents: deeper than any that came in

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

std::string_view text_of(const Json& value) {
  const auto* text = value.if_string();
  return text == nullptr ? std::string_view() : view(*text);
}

// Negative numbers stand as their 64 bits.
std::uint64_t integer_of(const Json& value) {
  if (const auto* number = value.if_int64()) return static_cast<std::uint64_t>(*number);
  if (const auto* number = value.if_uint64()) return *number;
  return 0;
}

// {1: seconds, 2: nanos}. No bytes at all would be Go's zero time, so seconds are always there.
void write_time(WireWriter& writer, const Json& value) {
  const auto instant = codec::parse_rfc3339(text_of(value));
  if (!instant) return;
  const auto seconds = whole_seconds(*instant);
  const auto nanos = *instant - Instant(seconds);
  writer.varint(1, static_cast<std::uint64_t>(seconds.time_since_epoch().count()));
  if (nanos.count() != 0) writer.varint(2, static_cast<std::uint64_t>(nanos.count()));
}

// {1: type (0 a number, 1 a text), 2: number, 3: text}.
void write_int_or_string(WireWriter& writer, const Json& value) {
  writer.varint(1, value.is_string() ? 1 : 0);
  if (value.is_string()) {
    writer.bytes(3, text_of(value));
  } else {
    writer.varint(2, integer_of(value));
  }
}

// The message that a value of a type other than a message is wrapped in.
void write_wrapped(WireWriter& writer, Type type, const Json& value) {
  switch (type) {
    case Type::time:
    case Type::micro_time:
      return write_time(writer, value);
    case Type::int_or_string:
      return write_int_or_string(writer, value);
    case Type::text_list:
      if (const auto* texts = value.if_array()) {
        for (const auto& text : *texts) writer.bytes(1, text_of(text));
      }
      return;
    case Type::raw:
      return writer.bytes(1, codec::to_json(value));
    default:  // a quantity
      return writer.bytes(1, value.is_string() ? text_of(value) : codec::to_json(value));
  }
}

void write_value(std::string& out, std::uint32_t number, const Field& field, const Json& value) {
  WireWriter writer(out);
  switch (field.type) {
    case Type::text:
      return writer.bytes(number, text_of(value));
    case Type::boolean:
      return writer.varint(number, value == Json(true) ? 1 : 0);
    case Type::int32:
    case Type::int64:
      return writer.varint(number, integer_of(value));
    case Type::bytes: {
      const auto bytes = codec::base64_decode(text_of(value));
      return writer.bytes(number, bytes ? *bytes : std::string());
    }
    default:
      break;
  }
  const auto mark = writer.begin(number);
  if (field.type == Type::message) {
    append_protobuf(out, *field.schema, value);
  } else if (!value.is_null()) {
    write_wrapped(writer, field.type, value);
  }
  writer.end(mark);
}

void write_field(std::string& out, const Field& field, const Json& value) {
  switch (field.shape) {
    case Shape::single:
      return write_value(out, field.number, field, value);
    case Shape::list:
      if (const auto* elements = value.if_array()) {
        for (const auto& element : *elements) write_value(out, field.number, field, element);
      }
      return;
    case Shape::map:
      if (const auto* entries = value.if_object()) {
        for (const auto& entry : *entries) {
          WireWriter writer(out);
          const auto mark = writer.begin(field.number);
          writer.bytes(1, view(entry.key()));
          write_value(out, 2, field, entry.value());
          writer.end(mark);
        }
      }
      return;
  }
}

}  // namespace

void append_protobuf(std::string& out, const Schema& schema, const Json& object) {
  const auto* members = object.if_object();
  if (members == nullptr) return;
  for (const Field& field : schema.fields) {
    if (field.name.empty()) {
      // An embedded message has its members among those of the object.
      WireWriter writer(out);
      const auto before = out.size();
      const auto mark = writer.begin(field.number);
      append_protobuf(out, *field.schema, object);
      if (out.size() == mark) {
        out.resize(before);
      } else {
        writer.end(mark);
      }
      continue;
    }
    if (field.number == 0) continue;
    const auto* value = members->if_contains(field.name);
    if (value != nullptr && !value->is_null()) write_field(out, field, *value);
  }
}

std::string protobuf_envelope(std::string_view api_version, std::string_view kind,
                              std::string_view raw) {
  std::string out(magic);
  out.reserve(raw.size() + api_version.size() + kind.size() + 32);
  WireWriter writer(out);
  const auto type_meta = writer.begin(1);
  writer.bytes(1, api_version);
  writer.bytes(2, kind);
  writer.end(type_meta);
  writer.bytes(2, raw);
  writer.bytes(3, "");  // contentEncoding
  writer.bytes(4, "");  // contentType
  return out;
}

std::string protobuf_document(std::string_view json, const Schema& schema) {
  const auto document = codec::parse_json(json, {.bytes_max = json.size(), .depth_max = depth_max});
  if (!document) return protobuf_envelope("", "", "");
  std::string raw;
  append_protobuf(raw, schema, document->value);
  return protobuf_envelope(codec::string_at(document->value, "apiVersion"),
                           codec::string_at(document->value, "kind"), raw);
}

}  // namespace signet::machinery
