// OpenAPI v2 as gnostic's message: what kubectl up to 1.29 reads.
#include <string>
#include <string_view>

#include "machinery/openapi.h"
#include "machinery/protobuf_wire.h"

namespace signet::machinery {
namespace {

using codec::Json;

std::string_view view(boost::json::string_view text) {
  return {text.data(), text.size()};
}

void write_text(WireWriter& writer, std::uint32_t number, const Json& object,
                std::string_view name) {
  const auto text = codec::string_at(object, name);
  if (!text.empty()) writer.bytes(number, text);
}

void write_texts(WireWriter& writer, std::uint32_t number, const Json& object,
                 std::string_view name) {
  for (const auto& text : codec::array_at(object, name))
    writer.bytes(number, view(text.as_string()));
}

// NamedAny{1: name, 2: Any{2: yaml}}; JSON is YAML.
void write_extensions(WireWriter& writer, std::uint32_t number, const Json& object) {
  for (const auto& member : object.as_object()) {
    if (!view(member.key()).starts_with("x-")) continue;
    const auto extension = writer.begin(number);
    writer.bytes(1, view(member.key()));
    const auto any = writer.begin(2);
    writer.bytes(2, codec::to_json(member.value()));
    writer.end(any);
    writer.end(extension);
  }
}

// A map as repeated {1: name, 2: value}.
template <typename WriteValue>
void write_named(WireWriter& writer, std::uint32_t number, const codec::JsonObject& members,
                 WriteValue write_value) {
  for (const auto& member : members) {
    const auto entry = writer.begin(number);
    writer.bytes(1, view(member.key()));
    const auto value = writer.begin(2);
    write_value(writer, member.value());
    writer.end(value);
    writer.end(entry);
  }
}

void write_schema(WireWriter& writer, const Json& schema) {
  const auto& members = schema.as_object();
  write_text(writer, 1, schema, "$ref");
  write_text(writer, 2, schema, "format");
  write_text(writer, 4, schema, "description");
  if (const auto* values = members.if_contains("additionalProperties")) {
    const auto item = writer.begin(21);
    const auto inner = writer.begin(1);
    write_schema(writer, *values);
    writer.end(inner);
    writer.end(item);
  }
  if (const auto type = codec::string_at(schema, "type"); !type.empty()) {
    const auto item = writer.begin(22);
    writer.bytes(1, type);
    writer.end(item);
  }
  if (const auto* elements = members.if_contains("items")) {
    const auto item = writer.begin(23);
    const auto inner = writer.begin(1);
    write_schema(writer, *elements);
    writer.end(inner);
    writer.end(item);
  }
  if (const auto* properties = members.if_contains("properties")) {
    const auto item = writer.begin(25);
    write_named(writer, 1, properties->as_object(), write_schema);
    writer.end(item);
  }
  write_extensions(writer, 31, schema);
}

void write_body_parameter(WireWriter& writer, const Json& parameter) {
  write_text(writer, 2, parameter, "name");
  write_text(writer, 3, parameter, "in");
  if (codec::bool_at(parameter, "required").value_or(false)) writer.varint(4, 1);
  const auto schema = writer.begin(5);
  write_schema(writer, parameter.at("schema"));
  writer.end(schema);
}

// Query and path parameters differ in the numbers from the fifth field on.
void write_simple_parameter(WireWriter& writer, const Json& parameter, bool in_path) {
  const std::uint32_t shift = in_path ? 0 : 1;
  if (codec::bool_at(parameter, "required").value_or(false)) writer.varint(1, 1);
  write_text(writer, 2, parameter, "in");
  write_text(writer, 4, parameter, "name");
  write_text(writer, 5 + shift, parameter, "type");
  if (codec::bool_at(parameter, "uniqueItems").value_or(false)) writer.varint(19 + shift, 1);
}

void write_parameters(WireWriter& writer, std::uint32_t number, const Json& owner) {
  for (const auto& parameter : codec::array_at(owner, "parameters")) {
    const auto in = codec::string_at(parameter, "in");
    const auto item = writer.begin(number);
    const auto choice = writer.begin(1);
    if (in == "body") {
      const auto body = writer.begin(1);
      write_body_parameter(writer, parameter);
      writer.end(body);
    } else {
      const auto other = writer.begin(2);
      const auto place = writer.begin(in == "path" ? 4 : 3);
      write_simple_parameter(writer, parameter, in == "path");
      writer.end(place);
      writer.end(other);
    }
    writer.end(choice);
    writer.end(item);
  }
}

void write_response(WireWriter& writer, const Json& response) {
  const auto choice = writer.begin(1);
  write_text(writer, 1, response, "description");
  if (const auto* schema = response.as_object().if_contains("schema")) {
    const auto item = writer.begin(2);
    const auto inner = writer.begin(1);
    write_schema(writer, *schema);
    writer.end(inner);
    writer.end(item);
  }
  writer.end(choice);
}

void write_operation(WireWriter& writer, std::uint32_t number, const Json& operation) {
  const auto mark = writer.begin(number);
  write_text(writer, 5, operation, "operationId");
  write_texts(writer, 6, operation, "produces");
  write_texts(writer, 7, operation, "consumes");
  write_parameters(writer, 8, operation);
  const auto responses = writer.begin(9);
  write_named(writer, 1, codec::object_at(operation, "responses"), write_response);
  writer.end(responses);
  write_extensions(writer, 13, operation);
  writer.end(mark);
}

void write_path(WireWriter& writer, const Json& path) {
  constexpr std::pair<std::string_view, std::uint32_t> methods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  for (const auto& [method, number] : methods) {
    if (const auto* operation = path.as_object().if_contains(method)) {
      write_operation(writer, number, *operation);
    }
  }
  write_parameters(writer, 9, path);
}

}  // namespace

std::string openapi_v2_protobuf(const Json& document) {
  std::string out;
  WireWriter writer(out);
  write_text(writer, 1, document, "swagger");
  const auto info = writer.begin(2);
  write_text(writer, 1, document, "info.title");
  write_text(writer, 2, document, "info.version");
  writer.end(info);
  const auto paths = writer.begin(8);
  write_named(writer, 2, codec::object_at(document, "paths"), write_path);
  writer.end(paths);
  const auto definitions = writer.begin(9);
  write_named(writer, 1, codec::object_at(document, "definitions"), write_schema);
  writer.end(definitions);
  return out;
}

}  // namespace signet::machinery
