#include "machinery/list_answer.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/cat.h"
#include "machinery/meta_schema.h"
#include "machinery/partial_metadata.h"
#include "machinery/protobuf_wire.h"
#include "machinery/protobuf_write.h"

namespace signet::machinery {
namespace {

struct ListType {
  std::string kind;
  std::string api_version;
};

ListType type_of(const Kind& kind, const Negotiated& form) {
  if (form.transform == Transform::metadata_list) {
    return {.kind = "PartialObjectMetadataList",
            .api_version = cat("meta.k8s.io/", form.transform_version)};
  }
  return {.kind = kind.list_kind(), .api_version = kind.api_version()};
}

}  // namespace

std::string list_json(const Kind& kind, std::span<const ObjectPtr> objects, const ListMeta& meta,
                      const Negotiated& form) {
  const auto type = type_of(kind, form);
  auto json = cat(R"({"kind":")", type.kind, R"(","apiVersion":")", type.api_version,
                  R"(","metadata":{"resourceVersion":")", meta.resource_version, '"');
  if (!meta.continue_token.empty()) append(json, R"(,"continue":")", meta.continue_token, '"');
  if (meta.remaining != 0) append(json, R"(,"remainingItemCount":)", meta.remaining);
  json += R"(},"items":[)";
  if (form.transform == Transform::none) {
    // Megabytes are not to be moved again and again while they grow.
    std::size_t bytes = json.size() + std::string_view("]}\n").size();
    for (const auto& object : objects) bytes += object->json().size();
    json.reserve(bytes);
  }
  bool first = true;
  for (const auto& object : objects) {
    if (!std::exchange(first, false)) json += ',';
    if (form.transform == Transform::metadata_list) {
      json += partial_metadata_json(*object, form.transform_version);
    } else {
      append(json, '{', object->list_item_tail());
    }
  }
  return json += "]}";
}

std::string list_protobuf(const Kind& kind, std::span<const ObjectPtr> objects,
                          const ListMeta& meta, const Negotiated& form) {
  std::string raw;
  WireWriter writer(raw);
  const auto head = writer.begin(1);
  writer.bytes(2, meta.resource_version);
  if (!meta.continue_token.empty()) writer.bytes(3, meta.continue_token);
  if (meta.remaining != 0) writer.varint(4, static_cast<std::uint64_t>(meta.remaining));
  writer.end(head);
  const bool metadata = form.transform == Transform::metadata_list;
  const Schema& schema = metadata ? partial_metadata_schema : *kind.schema;
  for (const auto& object : objects) {
    const auto item = writer.begin(2);
    append_protobuf(raw, schema, object->parse());
    writer.end(item);
  }
  const auto type = type_of(kind, form);
  return protobuf_envelope(type.api_version, type.kind, raw);
}

}  // namespace signet::machinery
