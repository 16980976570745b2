#include "machinery/protobuf.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/clock.h"
#include "base/try.h"
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/rfc3339.h"
#include "machinery/normalise_scalar.h"
#include "machinery/protobuf_wire.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::string_view magic{"k8s\0", 4};
constexpr int depth_max = 32;

std::unexpected<Error> refuse_wire_type(const WireField& found, std::string_view name) {
  return fail(ErrorKind::invalid,
              cat("protobuf: wrong wire type ", static_cast<int>(found.type), " for field ", name));
}

Result<std::string_view> bytes_of(const WireField& found, std::string_view name) {
  if (found.type != WireType::bytes) return refuse_wire_type(found, name);
  return found.bytes;
}

Result<std::string_view> text_of(const WireField& found, std::string_view name) {
  TRY(const std::string_view text, bytes_of(found, name));
  if (!is_utf8(text)) {
    return fail(ErrorKind::invalid, cat("protobuf: field ", name, " is not UTF-8"));
  }
  return text;
}

Result<std::uint64_t> varint_of(const WireField& found, std::string_view name) {
  if (found.type != WireType::varint) return refuse_wire_type(found, name);
  return found.varint;
}

// int32 stands on the wire as 64 bits, of which the lower count.
std::int64_t signed_value(Type type, std::uint64_t varint) {
  if (type == Type::int32) return static_cast<std::int32_t>(static_cast<std::uint32_t>(varint));
  return static_cast<std::int64_t>(varint);
}

// {1: text}, the shape of Quantity; the last occurrence counts.
Result<Json> decode_wrapped_text(std::string_view bytes, std::string_view name) {
  WireReader reader(bytes);
  std::string_view text = "";
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found || found->number != 1) continue;
    TRY(text, text_of(*found, name));
  }
  return Json(text);
}

// {1: JSON}, the shape of FieldsV1 and RawExtension.
Result<Json> decode_raw(std::string_view bytes, std::string_view name) {
  WireReader reader(bytes);
  std::string_view json;
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found || found->number != 1) continue;
    TRY(json, bytes_of(*found, name));
  }
  if (json.empty()) return Json(nullptr);
  auto document = codec::parse_json(json, {.depth_max = depth_max});
  if (!document) return in_context(name, std::move(document).error());
  return std::move(document->value);
}

// {1: strings}.
Result<Json> decode_text_list(std::string_view bytes, std::string_view name) {
  WireReader reader(bytes);
  JsonArray out;
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found || found->number != 1) continue;
    TRY(const std::string_view text, text_of(*found, name));
    out.emplace_back(text);
  }
  return Json(std::move(out));
}

// {1: seconds, 2: nanos}; no bytes at all are Go's zero time, which is null.
Result<Json> decode_time(std::string_view bytes, Type type, std::string_view name) {
  if (bytes.empty()) return Json(nullptr);
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found || found->number > 2) continue;
    TRY(const std::uint64_t value, varint_of(*found, name));
    (found->number == 1 ? seconds : nanos) =
        signed_value(found->number == 1 ? Type::int64 : Type::int32, value);
  }
  // What an Instant can hold.
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  if (seconds < -limit || seconds > limit || nanos < 0 || nanos >= 1'000'000'000) {
    return fail(ErrorKind::invalid, cat("protobuf: field ", name, ": time out of range"));
  }
  const UnixTime whole{std::chrono::seconds(seconds)};
  if (type == Type::time) return Json(codec::to_rfc3339(whole));
  return Json(codec::to_rfc3339_micro(Instant(whole) + std::chrono::nanoseconds(nanos)));
}

// {1: type (0 a number, 1 a text), 2: number, 3: text}.
Result<Json> decode_int_or_string(std::string_view bytes, std::string_view name) {
  std::uint64_t kind = 0;
  std::int64_t number = 0;
  std::string_view text = "";
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found) continue;
    if (found->number == 1) {
      TRY(kind, varint_of(*found, name));
    } else if (found->number == 2) {
      TRY(const std::uint64_t value, varint_of(*found, name));
      number = signed_value(Type::int32, value);
    } else if (found->number == 3) {
      TRY(text, text_of(*found, name));
    }
  }
  return kind == 0 ? Json(number) : Json(text);
}

Result<void> merge_message(const Schema& schema, std::string_view raw, int depth, Json& into);

Result<Json> decode_bytes(const Field& field, std::string_view bytes) {
  switch (field.type) {
    case Type::quantity:
      return decode_wrapped_text(bytes, field.name);
    case Type::raw:
      return decode_raw(bytes, field.name);
    case Type::text_list:
      return decode_text_list(bytes, field.name);
    case Type::int_or_string:
      return decode_int_or_string(bytes, field.name);
    default:
      return decode_time(bytes, field.type, field.name);
  }
}

// One value of the field's type, whatever its shape. `into` holds what an earlier occurrence said:
// messages are merged, of all else the last counts.
Result<void> decode_value(const Field& field, const WireField& found, int depth, Json& into) {
  switch (field.type) {
    case Type::text: {
      TRY(const std::string_view text, text_of(found, field.name));
      into = text;
      return {};
    }
    case Type::bytes: {
      TRY(const std::string_view bytes, bytes_of(found, field.name));
      into = codec::base64_encode(bytes);
      return {};
    }
    case Type::boolean: {
      TRY(const std::uint64_t value, varint_of(found, field.name));
      into = value != 0;
      return {};
    }
    case Type::int32:
    case Type::int64: {
      TRY(const std::uint64_t value, varint_of(found, field.name));
      into = signed_value(field.type, value);
      return {};
    }
    case Type::message: {
      TRY(const std::string_view bytes, bytes_of(found, field.name));
      return merge_message(*field.schema, bytes, depth + 1, into);
    }
    default: {
      TRY(const std::string_view bytes, bytes_of(found, field.name));
      TRY(into, decode_bytes(field, bytes));
      return {};
    }
  }
}

// Repeated integers may come packed into one run of bytes.
bool is_packed(const Field& field, const WireField& found) {
  const bool is_integer =
      field.type == Type::boolean || field.type == Type::int32 || field.type == Type::int64;
  return is_integer && found.type == WireType::bytes;
}

Result<void> append_element(const Field& field, const WireField& found, int depth, Json& into) {
  if (!into.is_array()) into = JsonArray();
  JsonArray& list = into.get_array();
  if (!is_packed(field, found)) {
    return decode_value(field, found, depth, list.emplace_back(nullptr));
  }
  WireReader run(found.bytes);
  while (!run.at_end()) {
    TRY(const std::uint64_t value, run.varint());
    const WireField one{
        .number = found.number, .type = WireType::varint, .varint = value, .bytes = {}};
    TRY_VOID(decode_value(field, one, depth, list.emplace_back(nullptr)));
  }
  return {};
}

// A map entry is {1: key, 2: value}; either may be missing and is then empty.
Result<void> add_entry(const Field& field, const WireField& found, int depth, Json& into) {
  TRY(const std::string_view bytes, bytes_of(found, field.name));
  std::string_view key = "";  // not null: it is copied
  Json value = zero_value(field.type);
  WireReader reader(bytes);
  while (!reader.at_end()) {
    TRY(const auto part, reader.next());
    if (!part) continue;
    if (part->number == 1) {
      TRY(key, text_of(*part, field.name));
    } else if (part->number == 2) {
      TRY_VOID(decode_value(field, *part, depth, value));
    }
  }
  if (value.is_null() && field.type == Type::bytes) value = "";
  if (value.is_null() && field.type == Type::text_list) value = JsonArray();
  if (!into.is_object()) into = JsonObject();
  into.get_object().insert_or_assign(key, std::move(value));
  return {};
}

Result<void> decode_field(const Field& field, const WireField& found, int depth, Json& into) {
  switch (field.shape) {
    case Shape::single:
      return decode_value(field, found, depth, into);
    case Shape::list:
      return append_element(field, found, depth, into);
    case Shape::map:
      return add_entry(field, found, depth, into);
  }
  std::unreachable();
}

std::size_t slot_of(const Schema& schema, const Field& field) {
  return static_cast<std::size_t>(&field - schema.fields.data());
}

// An embedded message (a field without a name): its members become members of the message that
// embeds it, whose schema lists them with the number 0.
Result<void> merge_embedded(const Schema& schema, const Field& embedded, const WireField& found,
                            int depth, std::vector<Json>& slots) {
  TRY(const std::string_view bytes, bytes_of(found, embedded.schema->name));
  JsonObject earlier;
  for (const Field& field : schema.fields) {
    Json& slot = slots[slot_of(schema, field)];
    if (field.number == 0 && !slot.is_null()) earlier.emplace(field.name, std::move(slot));
  }
  Json members(std::move(earlier));
  TRY_VOID(merge_message(*embedded.schema, bytes, depth + 1, members));
  for (auto& member : members.get_object()) {
    const Field* field = schema.find(std::string_view(member.key()));
    if (field != nullptr) slots[slot_of(schema, *field)] = std::move(member.value());
  }
  return {};
}

// Reads `raw` on top of what `into` already holds, and leaves members in schema order.
Result<void> merge_message(const Schema& schema, std::string_view raw, int depth, Json& into) {
  if (depth > depth_max) return fail(ErrorKind::invalid, "protobuf: nested too deep");
  std::vector<Json> slots(schema.fields.size());
  if (JsonObject* earlier = into.if_object()) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (Json* value = earlier->if_contains(schema.fields[i].name)) slots[i] = std::move(*value);
    }
  }
  WireReader reader(raw);
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    const Field* field = found ? schema.find(found->number) : nullptr;
    if (field == nullptr) continue;
    if (field->name.empty()) {
      TRY_VOID(merge_embedded(schema, *field, *found, depth, slots));
      continue;
    }
    TRY_VOID(decode_field(*field, *found, depth, slots[slot_of(schema, *field)]));
  }
  JsonObject out;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Field& field = schema.fields[i];
    if (slots[i].is_null() || (field.emit == Emit::when_set && is_zero(slots[i]))) continue;
    out.emplace(field.name, std::move(slots[i]));
  }
  into = std::move(out);
  return {};
}

}  // namespace

Result<ProtobufEnvelope> open_envelope(std::string_view body) {
  if (!body.starts_with(magic)) {
    return fail(ErrorKind::invalid,
                "provided data does not appear to be a protobuf message, expected prefix "
                "[107 56 115 0]");
  }
  ProtobufEnvelope out;
  WireReader reader(body.substr(magic.size()));
  while (!reader.at_end()) {
    TRY(const auto found, reader.next());
    if (!found) continue;
    if (found->number == 1) {
      TRY(const std::string_view type_meta, bytes_of(*found, "typeMeta"));
      WireReader inner(type_meta);
      while (!inner.at_end()) {
        TRY(const auto part, inner.next());
        if (!part || part->number > 2) continue;
        TRY(const std::string_view text, text_of(*part, part->number == 1 ? "apiVersion" : "kind"));
        (part->number == 1 ? out.api_version : out.kind) = text;
      }
    } else if (found->number == 2) {
      TRY(out.raw, bytes_of(*found, "raw"));
    } else if (found->number == 3) {
      TRY(const std::string_view encoding, text_of(*found, "contentEncoding"));
      if (!encoding.empty()) {
        return fail(ErrorKind::invalid, "protobuf: a content encoding is not supported");
      }
    }
  }
  return out;
}

Result<Json> decode_protobuf(const Schema& schema, std::string_view raw) {
  Json out;
  TRY_VOID(merge_message(schema, raw, 1, out));
  return out;
}

}  // namespace signet::machinery
